// Starts Better Auth from a profile: plain data under its own option names.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Database, Stateless } from "./database.mjs";
import { connectCallbacks, connectSenders } from "./functions.mjs";
import { plugins } from "./plugins.mjs";
import { Storage } from "./storage.mjs";

// open loads the packages of a folder that has them in node_modules, or of
// such a folder itself.
export function open(folder) {
  const modules = existsSync(join(folder, "better-auth")) ? folder : join(folder, "node_modules");
  if (!existsSync(join(modules, "better-auth", "package.json"))) {
    throw new Error(`no better-auth in ${modules}: run reference/upstream-better-auth/install.sh, or name another folder in GATEHOUSE_UPSTREAM`);
  }
  return {
    version: JSON.parse(readFileSync(join(modules, "better-auth", "package.json"), "utf8")).version,
    has: (path) => existsSync(join(modules, path)),
    load: (path) => import(pathToFileURL(join(modules, path)).href),
  };
}

// What stands in a profile and is no option of upstream's, or is no data there.
const ours = ["compat", "production", "maxBodyBytes", "server", "database", "secondaryStorage"];

// options turns a profile into upstream's options, as far as they are data or
// what a scenario hears of.
function options({ profile, stops, calls, refuses }, { outbox, called, refusal }) {
  const out = structuredClone(profile);
  connectSenders(out, outbox);
  connectCallbacks(out, { calls, refuses }, called, refusal);
  for (const name of ours) delete out[name];
  if (stops.length) out.databaseHooks = {};
  for (const stop of stops) {
    const [model, operation] = stop.split(".");
    out.databaseHooks[model] ??= {};
    out.databaseHooks[model][operation] = { before: async () => false };
  }
  return { telemetry: { enabled: false }, ...out };
}

// storageOf is the storage that a profile asks for, if any.
function storageOf({ secondaryStorage }) {
  if (secondaryStorage === undefined) return undefined;
  if (secondaryStorage !== "memory") throw new Error("profile: secondaryStorage is memory or left out");
  return new Storage();
}

// start makes an instance on a database in memory, with its schema, or without
// a database where the profile says none.
export async function start(packages, scenario) {
  const { profile } = scenario;
  const [{ betterAuth }, { getMigrations }, { getAuthTables }, { APIError }, { default: SQLite }, { toNodeHandler }, crypto] = await Promise.all(
    [
      "better-auth/dist/index.mjs",
      "better-auth/dist/db/get-migration.mjs",
      "@better-auth/core/dist/db/index.mjs",
      "@better-auth/core/dist/error/index.mjs",
      "better-sqlite3/lib/index.js",
      "better-auth/dist/integrations/node.mjs",
      "better-auth/dist/crypto/index.mjs",
    ].map(packages.load),
  );
  const heard = { outbox: [], called: [], refusal: () => new APIError("BAD_REQUEST", { code: "REFUSED", message: "Refused by the scenario" }) };
  const given = options(scenario, heard);
  if (given.plugins) given.plugins = await plugins(packages, given.plugins);
  const storage = storageOf(profile);
  if (storage) given.secondaryStorage = storage.option;
  const sqlite = profile.database === "none" ? undefined : new SQLite(":memory:");
  const auth = betterAuth({ ...given, database: sqlite });
  const { adapter, secret, secretConfig } = await auth.$context;
  const tables = getAuthTables(auth.options);
  if (sqlite) await (await getMigrations(auth.options)).runMigrations();
  const database = sqlite ? new Database(sqlite, tables) : new Stateless(adapter, tables);
  return { handler: toNodeHandler(auth), api: auth.api, outbox: heard.outbox, called: heard.called, storage, database, secret, secretConfig, crypto };
}
