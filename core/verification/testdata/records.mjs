// Records how upstream stores verifications.
//
//	node records.mjs /path/to/node_modules > records.json
//
// The first argument is a node_modules folder that holds the pinned
// better-auth and better-sqlite3. Time stands still.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [now]));
  }
  static now() {
    return now;
  }
};

const modules = process.argv[2];
const load = (file) => import(pathToFileURL(join(modules, file)).href);
const { version } = JSON.parse(readFileSync(join(modules, "better-auth/package.json"), "utf8"));
const { betterAuth } = await load("better-auth/dist/index.mjs");
const { getMigrations } = await load("better-auth/dist/db/get-migration.mjs");
const { getStorageOption, processIdentifier } = await load("better-auth/dist/db/verification-token-storage.mjs");
const { default: SQLite } = await load("better-sqlite3/lib/index.js");

const identifiers = [];
for (const identifier of ["reset-password:abc", "a", "", "ä-鍵-🔑", "with spaces\nand lines", "x".repeat(1000)]) {
  identifiers.push({ identifier, hashed: await processIdentifier(identifier, "hashed") });
}

// Which of several ways of storing is taken: each names itself.
const named = (name) => ({ hash: async (identifier) => `${name}(${identifier})` });
const choices = [];
for (const [option, config] of Object.entries({
  "one for all": named("all"),
  "a default and overrides": { default: named("default"), overrides: { "reset-password:": named("reset"), "reset-": named("shorter"), "magic-link:": "plain", "otp-": "hashed" } },
  "the shorter prefix first": { default: "plain", overrides: { "reset-": named("shorter"), "reset-password:": named("reset") } },
})) {
  for (const identifier of ["reset-password:abc", "reset-abc", "magic-link:abc", "otp-abc", "abc", "xreset-password:abc", "Reset-password:abc"]) {
    choices.push({ option, identifier, stored: await processIdentifier(identifier, getStorageOption(identifier, config)) });
  }
}

const additionalFields = {
  note: { type: "string", required: false },
  count: { type: "number", required: false, defaultValue: 7 },
  until: { type: "date", required: false },
};
const records = [];
for (const [mode, verification, more] of [
  ["secondary", {}, {}],
  ["secondary", { storeIdentifier: "hashed" }, {}],
  ["secondary", { additionalFields }, { note: "n", until: new Date(now + 1000) }],
  ["both", { storeInDatabase: true }, {}],
  ["both", { storeInDatabase: true, storeIdentifier: "hashed" }, {}],
  ["both", { storeInDatabase: true, additionalFields }, { note: "n", until: new Date(now + 1000) }],
  ["database", {}, {}],
  ["database", { storeIdentifier: "hashed" }, {}],
]) {
  const values = new Map();
  const database = new SQLite(":memory:");
  const auth = betterAuth({
    baseURL: "http://localhost:3000",
    secret: "a secret of forty characters for recording",
    telemetry: { enabled: false },
    advanced: { database: { generateId: () => "verification-1" } },
    database,
    verification,
    secondaryStorage: mode === "database" ? undefined : { get: async (k) => values.get(k)?.text ?? null, set: async (k, text, ttl) => void values.set(k, { text, ttl }), delete: async (k) => void values.delete(k) },
  });
  const { internalAdapter } = await auth.$context;
  await (await getMigrations(auth.options)).runMigrations();
  await internalAdapter.createVerificationValue({ identifier: "reset-password:token", value: "user-1", expiresAt: new Date(now + 3_600_500), ...more });
  const [key] = values.keys();
  const row = mode === "secondary" ? undefined : database.prepare("select * from verification").get();
  records.push({ mode, hashed: verification.storeIdentifier === "hashed", fields: Object.keys(verification.additionalFields ?? {}), key, ...values.get(key), row });
}

const lines = (list) => `[\n${list.map((x) => `  ${JSON.stringify(x)}`).join(",\n")}\n ]`;
const parts = { identifiers, choices, records };
process.stdout.write(`{\n "version": ${JSON.stringify(version)},\n "now": ${JSON.stringify(new Date().toISOString())},\n${Object.entries(parts).map(([k, v]) => ` "${k}": ${lines(v)}`).join(",\n")}\n}\n`);
