// Records what Better Auth 1.6.9 makes of a PostgreSQL database: the schema that
// its migrations create for several configurations, and rows that it wrote.
//
// Copy this file, describe.sql and sqltest/testdata/configurations.mjs into a
// directory where better-auth@1.6.9 and pg are installed and run: PGHOST=… PGUSER=…
// PGDATABASE=… TZ=UTC node record.mjs > upstream-1.6.9.json. It makes schemas in that
// database and drops them.
import { readFileSync } from "node:fs";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import pg from "pg";
import { base, cases, declared, ids, plugins, withRows } from "./configurations.mjs";

// Only here are ids of this kind of another type than text.
cases["many plugins with uuid ids"] = base({ plugins: plugins(), ...ids("uuid") });

const describe = readFileSync(new URL("describe.sql", import.meta.url), "utf8");

// within runs work on a pool whose only schema is new and empty.
async function within(work) {
  const name = `gatehouse_record_${process.pid}`;
  const one = async (statement) => {
    const client = new pg.Client();
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await one(`CREATE SCHEMA ${name}`);
  const pool = new pg.Pool({ options: `-c search_path=${name} -c timezone=UTC` });
  try {
    return await work(pool);
  } finally {
    await pool.end();
    await one(`DROP SCHEMA ${name} CASCADE`);
  }
}

async function migrated(options, pool) {
  const auth = betterAuth({ ...options, database: pool });
  const migrations = await getMigrations(auth.options);
  const sql = await migrations.compileMigrations();
  await migrations.runMigrations();
  return { auth, sql };
}

const tables = ["user", "session", "account", "verification"];

async function rows(options, pool) {
  const { auth } = await migrated(options, pool);
  const { adapter } = await auth.$context;
  await auth.api.signUpEmail({ body: { name: "O'Brien 😀", email: "ann@example.com", password: "password123" } });
  await auth.api.requestPasswordReset?.({ body: { email: "ann@example.com" } }).catch(() => {});
  let made = 0;
  const named = {};
  const id = (name) => (named[name] ??= { "": name, uuid: `018f0000-0000-4000-8000-${String(++made).padStart(12, "0")}`, serial: String(100 + ++made) }[declared(options).ids]);
  const create = (name, data) => adapter.create({
    model: "user", forceAllowId: true,
    data: { id: id(name), email: `${name.replaceAll(" ", "-")}@example.com`, name: "n", emailVerified: false, needed: "x", ...data },
  });
  await create("full", { emailVerified: true, text: "a'b\\\u2028%_", amount: 42, big: 9007199254740991, flag: true,
    moment: new Date("1969-12-31T23:59:59.999Z"), data: { z: 1, a: [1, 2.5, "x", null, true, 1e21, {}], s: "it's \\ \"q\"" },
    words: ["b", "", "a,\"b"], numbers: [1, 2.5, -3], handle: "h" });
  await create("friend", { bestFriend: id("full"), choice: "a" });
  await create("falsy", { text: "", amount: 0, big: 0, flag: false, moment: new Date(0), data: {}, words: [], numbers: [] });
  await create("edge", { amount: -2147483648, big: -9007199254740991, moment: new Date("9999-12-31T23:59:59.999Z") });
  await create("nulls", { text: null, amount: null, big: null, flag: null, moment: null, data: null, words: null, numbers: null, handle: null });
  await create("json text", { data: '"plain"' });
  await create("json number", { data: 7 });
  await create("json false", { data: false });
  await adapter.create({ model: "verification", data: { identifier: "i", value: "v", expiresAt: new Date("2026-11-21T21:55:47.024Z") } });
  const raw = {}, read = {};
  for (const table of tables) {
    const { fields } = await pool.query(`SELECT * FROM "${table}" LIMIT 0`);
    const columns = fields.map((f) => `quote_nullable("${f.name}"::text) AS "${f.name}"`).join(", ");
    raw[table] = (await pool.query(`SELECT ${columns} FROM "${table}" ORDER BY "id"`)).rows;
    read[table] = await adapter.findMany({ model: table, limit: 100, sortBy: { field: "id", direction: "asc" } });
  }
  return { raw, read };
}

const out = { version: "1.6.9", cases: {}, rows: {} };
for (const [name, options] of Object.entries(cases))
  await within(async (pool) => {
    const { auth, sql } = await migrated(options, pool);
    const schema = Object.values((await pool.query(describe)).rows[0])[0];
    out.cases[name] = { ...declared(auth.options), schema, sql: [sql] };
  });
for (const name of withRows) out.rows[name] = await within((pool) => rows(cases[name], pool));
console.log(JSON.stringify(out, null, 1));
