// Reads scenario files. README.md beside them describes the form.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { callbacks } from "./functions.mjs";

const isMapping = (v) => v !== null && typeof v === "object" && !Array.isArray(v);

// merge lays one profile over another. Null takes an option away.
export function merge(under, over) {
  if (!isMapping(under) || !isMapping(over)) return over;
  const out = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete out[key];
    else out[key] = merge(isMapping(out[key]) ? out[key] : isMapping(value) ? {} : undefined, value);
  }
  return out;
}

// A request is for a path, a URL or a saved one; a call is for an endpoint.
const request = /^([A-Z]+) (\/\S*|https?:\/\/\S+|\$\{\S+)$/;
const call = /^CALL (\w+)$/;
const besides = {
  scenario: ["profile", "environment", "stops", "calls", "refuses", "schema", "steps", "follows", "because", "expect"],
  request: ["as", "headers", "form", "cookies", "save", "times", "follows", "because", "expect"],
  call: ["as", "headers", "cookies", "save", "times", "follows", "because", "expect"],
  input: ["body", "query", "params"],
  alone: ["advance", "set", "delete", "fault"],
};

function step(where, given) {
  if (typeof given === "string") given = { [given]: undefined };
  if (!isMapping(given)) throw new Error(`${where}: a step is a mapping such as "GET /ok:"`);
  const keys = Object.keys(given);
  const asked = keys.filter((k) => request.test(k) || call.test(k));
  if (!asked.length) {
    if (keys.length !== 1 || !besides.alone.includes(keys[0])) {
      throw new Error(`${where}: expected a request such as "GET /ok", or one of ${besides.alone.join(", ")}; found ${keys.join(", ")}`);
    }
    return given;
  }
  const [, name] = call.exec(asked[0]) ?? [];
  const unknown = keys.filter((k) => k !== asked[0] && !(name ? besides.call : besides.request).includes(k));
  if (unknown.length) throw new Error(`${where}: ${unknown.join(", ")} is not known beside a ${name ? "call" : "request"}`);
  const { [asked[0]]: body, ...rest } = given;
  if (rest.expect && !rest.follows) throw new Error(`${where}: expect needs follows, which says what it follows instead of upstream`);
  if (name) {
    const wrong = Object.keys(body ?? {}).filter((k) => !besides.input.includes(k));
    if (wrong.length) throw new Error(`${where}: a call takes ${besides.input.join(", ")}; found ${wrong.join(", ")}`);
    return { ...rest, request: asked[0], call: name, input: body ?? {} };
  }
  const [, method, path] = request.exec(asked[0]);
  return { ...rest, request: asked[0], method, path, body: body ?? undefined };
}

function scenario(where, name, given, base) {
  if (Array.isArray(given)) given = { steps: given };
  if (!isMapping(given) || !Array.isArray(given.steps)) throw new Error(`${where}: a scenario is a list of steps, or a mapping with steps`);
  const unknown = Object.keys(given).filter((k) => !besides.scenario.includes(k));
  if (unknown.length) throw new Error(`${where}: ${unknown.join(", ")} is not known here`);
  for (const name of [...(given.calls ?? []), ...(given.refuses ?? [])]) {
    if (!callbacks.includes(name)) throw new Error(`${where}: ${name} is no callback, only ${callbacks.join(", ")}`);
  }
  for (const part of [given, ...given.steps]) {
    if (isMapping(part) && part.follows && !part.because) throw new Error(`${where}: follows needs because`);
  }
  return {
    name,
    profile: merge(base, given.profile ?? {}),
    own: given.profile ?? {},
    environment: given.environment ?? {},
    stops: given.stops ?? [],
    calls: given.calls ?? [],
    refuses: given.refuses ?? [],
    schema: given.schema ?? false,
    steps: given.steps.map((s, i) => step(`${where}, step ${i + 1}`, s)),
  };
}

// load returns the files below a folder, each {topic, scenarios}, in order.
export function load(folder, yaml) {
  const parse = (file) => yaml.parse(readFileSync(file, "utf8"), { merge: true, maxAliasCount: -1 });
  const defaults = parse(join(folder, "defaults.yaml")).profile;
  const out = [];
  for (const module of readdirSync(folder).sort()) {
    if (!statSync(join(folder, module)).isDirectory()) continue;
    for (const file of readdirSync(join(folder, module)).sort()) {
      if (!file.endsWith(".yaml")) continue;
      const path = join(folder, module, file);
      const where = relative(folder, path);
      let given;
      try {
        given = parse(path);
      } catch (error) {
        throw new Error(`${where}: ${error.message}`);
      }
      const unknown = Object.keys(given).filter((k) => !["profile", "let", "scenarios"].includes(k));
      if (unknown.length) throw new Error(`${where}: ${unknown.join(", ")} is not known here`);
      const base = merge(defaults, given.profile ?? {});
      const topic = where.replace(/\.yaml$/, "");
      const scenarios = Object.entries(given.scenarios ?? {}).map(([name, s]) => scenario(`${where}: ${name}`, name, s, base));
      if (!scenarios.length) throw new Error(`${where}: no scenarios`);
      out.push({ topic, shared: given.profile ?? {}, scenarios });
    }
  }
  return { defaults, files: out, unreachable: parse(join(folder, "unreachable.yaml")) };
}
