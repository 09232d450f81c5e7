// A worker that plays scenarios against upstream, one at a time. It has a clock,
// an environment and module state of its own.
import { createHash } from "node:crypto";
import http from "node:http";
import { parentPort, workerData } from "node:worker_threads";
import { clock, duration, install } from "./clock.mjs";

install(); // before upstream is loaded

const { decodeJWT } = await import("./cookies.mjs");
const { Database } = await import("./database.mjs");
const { Names } = await import("./names.mjs");
const { Player, record } = await import("./steps.mjs");
const { open, start } = await import("./upstream.mjs");

const packages = open(workerData.upstream);

// listen serves a handler on a free port. An error that leaves the handler is
// what most frameworks make of it: a bare 500.
function listen(handler) {
  const server = http.createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch(() => response.writeHead(500).end());
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const leaves = (v) => (v && typeof v === "object" ? Object.values(v).flatMap(leaves) : [v]);

// lookAt keeps facts of a page, not its text: which of the values that the
// request or the profile put into it are there, and a fingerprint, by which a
// page can be told from another one.
function lookAt(html, step, profile) {
  const query = new URL(step.path, "http://localhost").searchParams;
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

async function play(scenario) {
  clock.reset();
  const upstream = await start(packages, scenario.profile, scenario.stops);
  const names = new Names();
  const database = new Database(upstream.sqlite, upstream.tables);
  const server = await listen(upstream.handler);
  const player = new Player(server.address().port, scenario.profile.baseURL?.fallback ?? baseURL(scenario), scenario.profile.basePath ?? "/api/auth");
  const out = { steps: [] };
  try {
    for (const step of scenario.steps) {
      if (step.advance) clock.advance(duration(step.advance));
      if (step.set) database.set(step.set);
      if (step.delete) database.empty(step.delete);
      if (step.fault) database.fault(step.fault);
      if (!step.request) continue;
      for (let i = 0; i < (step.times ?? 1); i++) {
        const answer = await player.play(step);
        await settle();
        database.nameValues(names);
        const recorded = await record(step, answer, upstream, (html) => lookAt(html, step, scenario.profile));
        out.steps.push(names.in(recorded));
        clock.advance(1000);
      }
    }
    if (upstream.outbox.length) out.outbox = names.in(upstream.outbox);
    const rows = names.in(database.rows());
    if (Object.keys(rows).length) out.rows = rows;
    if (scenario.schema) out.schema = database.schema();
    if (names.jwts.size) {
      out.jwts = Object.fromEntries([...names.jwts].map(([name, token]) => [name, names.in(decodeJWT(token, upstream.secret) ?? "of another secret")]));
    }
    return out;
  } finally {
    player.close();
    server.closeAllConnections();
    server.close();
    upstream.sqlite.close();
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
