// Starts Better Auth from a profile: plain data under its own option names.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

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

// Options that take a function which sends something. In a profile they are
// true; here each puts its message into the outbox.
const senders = {
  "emailVerification.sendVerificationEmail": ({ user, url, token }) => ({ type: "verification-email", to: user.email, data: { url, token } }),
};

// Options of Gatehouse that upstream does not have.
const ours = ["compat", "production", "maxBodyBytes", "server", "database"];

function at(object, path) {
  return path.split(".").reduce((o, k) => o?.[k], object);
}

function put(object, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  at(object, keys.join("."))[last] = value;
}

// options turns a profile into upstream's options.
function options(profile, stops, outbox) {
  const out = structuredClone(profile);
  for (const name of ours) delete out[name];
  for (const [path, message] of Object.entries(senders)) {
    const given = at(out, path);
    if (given === false) put(out, path, undefined);
    if (given === true) put(out, path, async (data) => void outbox.push(message(data)));
  }
  if (out.plugins) throw new Error(`profile: plugins are not known to the recorder yet: ${Object.keys(out.plugins).join(", ")}`);
  if (stops.length) out.databaseHooks = {};
  for (const stop of stops) {
    const [model, operation] = stop.split(".");
    out.databaseHooks[model] ??= {};
    out.databaseHooks[model][operation] = { before: async () => false };
  }
  return { telemetry: { enabled: false }, ...out };
}

// start makes an instance on a database in memory, with its schema.
export async function start(packages, profile, stops) {
  const [{ betterAuth }, { getMigrations }, { getAuthTables }, { default: SQLite }, { toNodeHandler }, crypto] = await Promise.all(
    [
      "better-auth/dist/index.mjs",
      "better-auth/dist/db/get-migration.mjs",
      "@better-auth/core/dist/db/index.mjs",
      "better-sqlite3/lib/index.js",
      "better-auth/dist/integrations/node.mjs",
      "better-auth/dist/crypto/index.mjs",
    ].map(packages.load),
  );
  const outbox = [];
  const sqlite = new SQLite(":memory:");
  const auth = betterAuth({ ...options(profile, stops, outbox), database: sqlite });
  const { secret, secretConfig } = await auth.$context;
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  return { handler: toNodeHandler(auth), outbox, sqlite, tables: getAuthTables(auth.options), secret, secretConfig, crypto };
}
