// Starts Better Auth itself, to ask it what it does and to try the scenario on it:
//
//	node upstream-server.mjs <folder with better-auth in node_modules> [host:port] [profile.json]
//
// Prints the base URL when it answers. Users live in memory, in SQLite where
// better-sqlite3 is installed beside better-auth. Rate limits are off. Beside the
// API there are GET /dev/outbox, as of Gatehouse, and POST /dev/accounts, which
// gives a user an account {userId, providerId, accountId, scope}.
import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { connectSenders } from "../../tools/upstream/functions.mjs";
import { plugins } from "../../tools/upstream/plugins.mjs";
import { open } from "../../tools/upstream/upstream.mjs";

const [folder, address = "localhost:0", profile] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node upstream-server.mjs <folder with better-auth in node_modules> [host:port] [profile.json]");
  process.exit(2);
}
const require = createRequire(join(resolve(folder), "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const installed = (name) => {
  try {
    return Boolean(require.resolve(name));
  } catch {
    return false;
  }
};

const { betterAuth } = await load("better-auth");
const { toNodeHandler } = await load("better-auth/node");

const server = http.createServer();
const [host, port] = address.split(":");
await new Promise((listening) => server.listen(Number(port), host, listening));
const baseURL = `http://${host}:${server.address().port}`;

const outbox = [];
const given = profile ? JSON.parse(readFileSync(profile, "utf8")) : { emailAndPassword: { enabled: true } };
connectSenders(given, outbox);
if (given.plugins) given.plugins = await plugins(open(folder), given.plugins);

const sqlite = installed("better-sqlite3");
const { memoryAdapter } = await load("better-auth/adapters/memory");
const { getAuthTables } = await load("better-auth/db");
const options = {
  ...given,
  baseURL,
  secret: "a-secret-for-trying-things-out-only-Zq8",
  database: sqlite
    ? new (await load("better-sqlite3")).default(":memory:")
    : memoryAdapter(Object.fromEntries(Object.keys(getAuthTables(given)).map((model) => [model, []]))),
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};
const auth = betterAuth(options);
if (sqlite) {
  const { getMigrations } = await load("better-auth/db/migration");
  await (await getMigrations(auth.options)).runMigrations();
}

const answer = toNodeHandler(auth);
server.on("request", async (request, response) => {
  const json = (status, value) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  switch (`${request.method} ${request.url}`) {
    case "GET /dev/outbox":
      return json(200, outbox);
    case "POST /dev/accounts": {
      const account = JSON.parse(Buffer.concat(await request.toArray()).toString());
      const { internalAdapter } = await auth.$context;
      return json(200, { id: (await internalAdapter.createAccount(account)).id });
    }
  }
  return answer(request, response);
});
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
console.log(`${baseURL}/api/auth`);
