// Counts what the recordings show: of each endpoint its successes, errors and
// redirects, and each option whose absence changes what is recorded.
import { readFileSync } from "node:fs";
import { STATUS_CODES } from "node:http";
import { join } from "node:path";
import { merge } from "./scenarios.mjs";

// answers goes through all recorded answers with the scenario of each.
function* answers(recordings) {
  for (const [topic, { scenarios }] of Object.entries(recordings)) {
    for (const [name, { steps }] of Object.entries(scenarios)) {
      for (const step of steps) yield [step, `${topic}: ${name}`];
    }
  }
}

// finder tells which of upstream's endpoints a request is for.
function finder(reference) {
  const patterns = JSON.parse(readFileSync(join(reference, "facts", "endpoints.json"), "utf8"))
    .filter((e) => e.path && !e.serverOnly)
    .flatMap((e) => e.methods.map((method) => ({
      name: `${method} ${e.path}`,
      method,
      path: new RegExp(`^${e.path.replaceAll(/:\w+/g, "[^/]+")}$`),
      literal: !e.path.includes(":"),
    })))
    .sort((a, b) => b.literal - a.literal);
  return (request) => {
    const [method, target] = request.split(" ");
    const path = target.replace(/\?.*/, "").replace(/^https?:\/\/[^/]+\/api\/auth/, "");
    return patterns.find((p) => p.method === method && p.path.test(path))?.name;
  };
}

// countEndpoints names for each kind of answer the first scenario that has it.
function countEndpoints(recordings, reference) {
  const find = finder(reference);
  const out = {};
  for (const [step, where] of answers(recordings)) {
    const name = find(step.to ? `${step.step.split(" ")[0]} ${step.to}` : step.step);
    if (!name) continue;
    const shown = (out[name] ??= { successes: {}, errors: {}, redirects: {} });
    if (step.headers?.location && step.status >= 300 && step.status < 400) shown.redirects[step.headers.location] ??= where;
    else if (step.status < 400) shown.successes[step.status] ??= where;
    else shown.errors[[step.status, step.body?.code].filter(Boolean).join(" ")] ??= where;
  }
  const sorted = (o) => Object.fromEntries(Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(Object.fromEntries(Object.entries(out).map(([k, v]) => [k, Object.fromEntries(Object.entries(v).map(([k, v]) => [k, sorted(v)]))])));
}

// withMissing adds the errors that the inventory lists for an endpoint and no
// recording has, but for those that cannot be brought about.
function withMissing(counted, unreachable, reference) {
  const facts = JSON.parse(readFileSync(join(reference, "facts", "endpoints.json"), "utf8"));
  // BAD_REQUEST is 400 and so on: Node's texts, written as upstream writes them.
  const status = Object.fromEntries(Object.entries(STATUS_CODES).map(([n, text]) => [text.toUpperCase().replaceAll(/[ -]/g, "_").replaceAll("'", ""), n]));
  for (const [name, shown] of Object.entries(counted)) {
    const [method, path] = name.split(" ");
    const endpoint = facts.find((e) => e.path === path && e.methods.includes(method));
    const listed = endpoint.errors.map((e) => [status[e.status] ?? e.status, e.code].filter(Boolean).join(" "));
    // Where an endpoint takes two methods, either shows an error.
    const seen = endpoint.methods.flatMap((m) => Object.keys(counted[`${m} ${path}`]?.errors ?? {}));
    const excused = unreachable.filter((u) => u.endpoint === name).map((u) => u.error);
    shown.missing = [...new Set(listed)].filter((e) => !seen.includes(e) && !excused.includes(e));
    if (excused.length) shown.unreachable = excused;
  }
  return counted;
}

// Options whose members have names of the user's choice.
const named = [
  [/^(user|session|account|verification)\.additionalFields\.[^.]+/, "$1.additionalFields.<field>"],
  [/^advanced\.cookies\.[^.]+/, "advanced.cookies.<cookie>"],
  [/^rateLimit\.customRules\.(\/[^.]*)/, "rateLimit.customRules.<path>"],
];

const optionName = (keys) => named.reduce((path, [from, to]) => path.replace(from, to), keys.join("."));

// leaves lists the places of a profile that hold a value.
function leaves(profile, keys = []) {
  if (!profile || typeof profile !== "object" || Array.isArray(profile)) return [keys];
  return Object.entries(profile).flatMap(([k, v]) => leaves(v, [...keys, k]));
}

const nested = (keys, value) => keys.reduceRight((v, k) => ({ [k]: v }), value);
const without = (profile, keys) => (keys.length ? merge(profile, nested(keys, null)) : profile);

// Not upstream's options.
const ours = ["compat", "production", "maxBodyBytes"];

// candidates lists, for each option, the scenarios that set it and the same
// without it.
function candidates(files) {
  const out = new Map();
  const add = (option, where, scenario, keys, given) => {
    if (!out.has(option)) out.set(option, []);
    out.get(option).push({ where, scenario: { ...scenario, profile: without(scenario.profile, keys) }, given });
  };
  for (const { topic, shared, scenarios } of files) {
    for (const scenario of scenarios) {
      const where = `${topic}: ${scenario.name}`;
      for (const keys of leaves(merge(shared, scenario.own))) {
        if (ours.includes(keys[0]) || !keys.length) continue;
        add(optionName(keys), where, scenario, keys);
        // A field, a cookie or a rule counts as a whole too.
        const whole = keys.findIndex((_, i) => /<\w+>$/.test(optionName(keys.slice(0, i + 1))));
        if (whole >= 0 && whole < keys.length - 1) add(optionName(keys.slice(0, whole + 1)), where, scenario, keys.slice(0, whole + 1));
      }
      for (const option of [...scenario.calls, ...scenario.refuses]) {
        const others = (list) => list.filter((name) => name !== option);
        add(option, where, { ...scenario, calls: others(scenario.calls), refuses: others(scenario.refuses) }, []);
      }
    }
  }
  return out;
}

// restored is the scenario with a default option back that it had taken away.
function takenAway(files, defaults) {
  const out = [];
  for (const { topic, scenarios } of files) {
    for (const scenario of scenarios) {
      for (const keys of leaves(scenario.own)) {
        const value = keys.reduce((v, k) => v?.[k], scenario.own);
        const usual = keys.reduce((v, k) => v?.[k], defaults);
        if (value === null && usual !== undefined) {
          out.push({ option: optionName(keys), where: `${topic}: ${scenario.name}`, scenario: { ...scenario, profile: merge(scenario.profile, nested(keys, usual)) } });
        }
      }
    }
  }
  return out;
}

// measure returns {endpoints, options, unshown}: for each endpoint what is shown
// of it and the listed errors that are not, for each option the scenario that
// shows it, and the options that some scenario sets without any effect.
export async function measure(recordings, { files, defaults, unreachable }, reference, play) {
  const recorded = (where) => {
    const at = where.indexOf(": ");
    return JSON.stringify(recordings[where.slice(0, at)].scenarios[where.slice(at + 2)]);
  };
  const options = {};
  const tried = new Set();
  // Each round tries one more scenario for every option that none has shown.
  let left = candidates(files);
  for (const { option, where, scenario } of takenAway(files, defaults)) {
    left.set(option, [...(left.get(option) ?? []), { where, scenario }]);
  }
  let rounds = 0;
  while (left.size && rounds++ < 12) {
    const round = [...left].map(([option, [first]]) => ({ option, ...first }));
    await play(round.map((r) => r.scenario), (i, recording) => {
      const { option, where } = round[i];
      tried.add(option);
      // A server that does not start without it shows that it is needed.
      if (JSON.stringify(recording) !== recorded(where)) options[option] = where;
    });
    left = new Map([...left].filter(([option, list]) => !options[option] && list.length > 1).map(([option, list]) => [option, list.slice(1)]));
    console.error(`coverage, round ${rounds}: ${Object.keys(options).length} options shown, ${left.size} still tried`);
  }
  const names = Object.keys(options).sort();
  return {
    endpoints: withMissing(countEndpoints(recordings, reference), unreachable, reference),
    options: Object.fromEntries(names.map((n) => [n, options[n]])),
    unshown: [...tried].filter((o) => !options[o]).sort(),
  };
}
