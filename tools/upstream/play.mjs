// A worker that plays scenarios against upstream, one at a time. It has a clock,
// an environment and module state of its own.
import { createHash } from "node:crypto";
import http from "node:http";
import { parentPort, workerData } from "node:worker_threads";
import { clock, duration, install } from "./clock.mjs";

install(); // before upstream is loaded

const { decodeJWT } = await import("./cookies.mjs");
const { KeyPairs, revealed } = await import("./key-pairs.mjs");
const { Names } = await import("./names.mjs");
const { Player, record } = await import("./steps.mjs");
const { open, start } = await import("./upstream.mjs");

const packages = open(workerData.upstream);

// listen serves a handler on a free port. An error that leaves the handler is
// what most frameworks make of it: a bare 500. Upstream's adapter for Node never
// ends an answer that fills the buffer, so that is large.
function listen(handler) {
  const server = http.createServer({ highWaterMark: 16 << 20 }, (request, response) => {
    Promise.resolve(handler(request, response)).catch(() => response.writeHead(500).end());
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const leaves = (v) => (v && typeof v === "object" ? Object.values(v).flatMap(leaves) : [v]);

// lookAt keeps facts of a page, not its text: which of the values that the
// request or the profile put into it are there, and a fingerprint, by which a
// page can be told from another one.
function lookAt(html, target, profile) {
  const query = new URL(target, "http://localhost").searchParams;
  const given = [...query.values(), ...leaves(profile.onAPIError?.customizeDefaultErrorPage ?? {})];
  const escape = (s) => s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;");
  const texts = [...new Set(given.filter((s) => typeof s === "string" && s))];
  return {
    shows: texts.filter((s) => html.includes(s) || html.includes(escape(s))),
    raw: texts.filter((s) => escape(s) !== s && html.includes(s)),
    fingerprint: createHash("sha256").update(html).digest("hex").slice(0, 12),
  };
}

const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

// surroundings does what a step wants with what is around the server.
function surroundings({ advance, set, delete: model, fault = {} }, { database, storage }) {
  if (advance) clock.advance(duration(advance));
  if (set) database.set(set);
  const { secondaryStorage, ...rows } = fault;
  if ((model === "secondaryStorage" || secondaryStorage) && !storage) throw new Error("the profile has no secondaryStorage");
  if (model) (model === "secondaryStorage" ? storage : database).empty(model);
  if (secondaryStorage) storage.fault(secondaryStorage);
  if (Object.keys(rows).length) database.fault(rows);
}

// ask plays the request of a step and returns what is recorded of it.
async function ask(step, scenario, player, upstream, names, pairs) {
  const { api, outbox, called, database, storage } = upstream;
  const [sent, heard] = [outbox.length, called.length];
  storage?.mark();
  const answer = await player.play(step, api);
  await settle();
  player.save(step, answer, outbox.slice(sent));
  await database.nameValues(names);
  await pairs.see(upstream, names);
  storage?.nameValues(names);
  names.messages(outbox);
  names.codes(answer.json);
  const out = await record(step, answer, upstream, (html) => lookAt(html, answer.target, scenario.profile));
  if (called.length > heard) out.calls = called.slice(heard);
  const changes = storage?.changes() ?? {};
  if (Object.keys(changes).length) out.storage = changes;
  return names.in(out);
}

async function play(scenario) {
  clock.reset();
  const upstream = await start(packages, scenario);
  const names = new Names();
  const pairs = new KeyPairs();
  const { database, outbox } = upstream;
  const server = await listen(upstream.handler);
  const player = new Player(server.address().port, scenario.profile.baseURL?.fallback ?? baseURL(scenario), scenario.profile.basePath ?? "/api/auth");
  const out = { steps: [] };
  try {
    for (const step of scenario.steps) {
      surroundings(step, upstream);
      if (!step.request) continue;
      for (let i = 0; i < (step.times ?? 1); i++) {
        out.steps.push(await ask(step, scenario, player, upstream, names, pairs));
        clock.advance(1000);
      }
    }
    if (outbox.length) out.outbox = names.in(outbox);
    const rows = names.in(await revealed(database.rows(), upstream));
    if (Object.keys(rows).length) out.rows = rows;
    if (scenario.schema) out.schema = database.schema();
    if (names.jwts.size) {
      out.jwts = Object.fromEntries([...names.jwts].map(([name, token]) => [name, names.in(decodeJWT(token, upstream.secret) ?? pairs.open(token) ?? "of another secret")]));
    }
    return out;
  } finally {
    player.close();
    server.closeAllConnections();
    server.close();
    database.close();
  }
}

// baseURL is what requests are for: the configured one, else what a local
// server would be called.
function baseURL({ profile, environment }) {
  if (typeof profile.baseURL === "string") return profile.baseURL;
  return environment.BETTER_AUTH_URL ?? "http://localhost:3000";
}

parentPort.on("message", async ({ id, scenario }) => {
  try {
    parentPort.postMessage({ id, recording: await play(scenario), version: packages.version });
  } catch (error) {
    parentPort.postMessage({ id, error: error.stack ?? String(error) });
  }
});
parentPort.postMessage({ ready: true });
