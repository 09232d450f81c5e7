// Records what Better Auth 1.6.9 makes of a SQLite database: the schema that
// its migrations create for several configurations, and rows that it wrote.
//
// Copy this file and sqltest/testdata/configurations.mjs into a directory where
// better-auth@1.6.9 and better-sqlite3 are installed and run: node record.mjs >
// upstream-1.6.9.json
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import Database from "better-sqlite3";
import { cases, declared } from "./configurations.mjs";

const schema = (db) =>
  db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").all().map(({ name }) => ({
    name,
    columns: db.pragma(`table_info('${name.replaceAll("'", "''")}')`).map(({ cid, ...c }) => c).sort((a, b) => (a.name < b.name ? -1 : 1)),
    foreignKeys: db.pragma(`foreign_key_list('${name.replaceAll("'", "''")}')`)
      .map(({ id, seq, ...k }) => k).sort((a, b) => (a.from < b.from ? -1 : 1)),
    indexes: db.pragma(`index_list('${name.replaceAll("'", "''")}')`).map(({ name, unique, origin, partial }) => ({
      name: origin === "c" ? name : "", unique, origin, partial, columns: db.pragma(`index_info('${name}')`).map((c) => c.name),
    })).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  }));

const statements = (db) => db.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").all().map((r) => r.sql);

async function migrated(options) {
  const db = new Database(":memory:");
  const auth = betterAuth({ ...options, database: db });
  await (await getMigrations(auth.options)).runMigrations();
  return { db, auth };
}

async function rows() {
  const { db, auth } = await migrated(cases["every type"]);
  const { adapter } = await auth.$context;
  await auth.api.signUpEmail({ body: { name: "O'Brien 😀", email: "ann@example.com", password: "password123" } });
  const create = (data) => adapter.create({ model: "user", data: { name: "n", emailVerified: false, needed: "x", ...data }, forceAllowId: true });
  const moment = new Date("1969-12-31T23:59:59.999Z");
  await create({ id: "full", email: "full@example.com", emailVerified: true, text: "a'b\\\u2028", amount: 42, big: 9007199254740991, flag: true, moment,
    data: { z: 1, a: [1, 2.5, "x", null, true], s: "it's" }, words: ["b", "", "a,\"b"], numbers: [1, 2.5, -3], handle: "h", bestFriend: "full" });
  await create({ id: "falsy", email: "falsy@example.com", text: "", amount: 0, big: 0, flag: false, moment: new Date(0), data: [], words: [], numbers: [] });
  await create({ id: "fraction", email: "fraction@example.com", amount: 2.5, big: -1, data: {} });
  await create({ id: "nulls", email: "nulls@example.com", text: null, amount: null, big: null, flag: null, moment: null, data: null, words: null, numbers: null, handle: null });
  await create({ id: "json text", email: "json-text@example.com", data: "plain" });
  await create({ id: "json of text", email: "json-of-text@example.com", data: '{"a":"2026-11-21T12:00:00Z"}' });
  await create({ id: "json number", email: "json-number@example.com", data: 7 });
  await create({ id: "json false", email: "json-false@example.com", data: false });
  // Integers in date columns, as other adapters of upstream keep them.
  db.prepare(`INSERT INTO "verification" VALUES ('v', 'i', 'x', ?, ?, ?)`).run(1795262147024, "2026-11-21T21:55:47.024Z", "2026-11-21 21:55:47");
  const raw = {}, read = {};
  for (const table of ["user", "session", "account", "verification"]) {
    const names = db.pragma(`table_info("${table}")`).map((c) => c.name);
    raw[table] = db.prepare(`SELECT ${names.map((n) => `quote("${n}") AS "${n}"`).join(", ")} FROM "${table}" ORDER BY id`).all();
    read[table] = (await adapter.findMany({ model: table, limit: 100 })).sort((a, b) => (a.id < b.id ? -1 : 1));
  }
  return { raw, read };
}

const out = { version: "1.6.9", cases: {}, rows: {} };
for (const [name, options] of Object.entries(cases)) {
  const { db, auth } = await migrated(options);
  out.cases[name] = { ...declared(auth.options), schema: schema(db), sql: statements(db) };
}
out.rows["every type"] = await rows();
console.log(JSON.stringify(out, null, 1));
