// Starts Better Auth itself, to ask it what it does and to try scenario.mjs on it:
//
//	node upstream-server.mjs <folder with better-auth in node_modules> [host:port]
//
// Prints the base URL when it answers. Users live in memory, in SQLite where
// better-sqlite3 is installed beside better-auth. Rate limits are off.
import http from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, address = "localhost:0"] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node upstream-server.mjs <folder with better-auth in node_modules> [host:port]");
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

const sqlite = installed("better-sqlite3");
const { memoryAdapter } = await load("better-auth/adapters/memory");
const options = {
  baseURL,
  secret: "a-secret-for-trying-things-out-only-Zq8",
  database: sqlite
    ? new (await load("better-sqlite3")).default(":memory:")
    : memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};
const auth = betterAuth(options);
if (sqlite) {
  const { getMigrations } = await load("better-auth/db/migration");
  await (await getMigrations(auth.options)).runMigrations();
}
server.on("request", toNodeHandler(auth));
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
console.log(`${baseURL}/api/auth`);
