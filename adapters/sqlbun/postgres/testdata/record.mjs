// Records what Better Auth 1.6.9 makes of a PostgreSQL database: the schema that
// its migrations create for several configurations, and rows that it wrote.
//
// Copy this file and describe.sql into a directory where better-auth@1.6.9 and pg
// are installed and run: PGHOST=… PGUSER=… PGDATABASE=… TZ=UTC node record.mjs >
// upstream-1.6.9.json. It makes schemas in that database and drops them.
import { readFileSync } from "node:fs";
import { betterAuth } from "better-auth";
import { getAuthTables } from "@better-auth/core/db";
import { getMigrations } from "better-auth/db/migration";
import { admin, anonymous, deviceAuthorization, jwt, oidcProvider, organization, phoneNumber, siwe, twoFactor, username } from "better-auth/plugins";
import pg from "pg";

const base = (extra) => ({
  secret: "0123456789abcdef0123456789abcdef-Zz",
  baseURL: "http://localhost:3999",
  emailAndPassword: { enabled: true },
  logger: { disabled: true },
  ...extra,
});
const ids = (generateId) => (generateId ? { advanced: { database: { generateId } } } : {});
const everyType = {
  user: {
    additionalFields: {
      text: { type: "string", required: false },
      needed: { type: "string", required: true, defaultValue: "d" },
      amount: { type: "number", required: false },
      big: { type: "number", required: false, bigint: true },
      flag: { type: "boolean", required: false },
      moment: { type: "date", required: false },
      since: { type: "date", required: true, defaultValue: () => new Date() },
      data: { type: "json", required: false },
      words: { type: "string[]", required: false },
      numbers: { type: "number[]", required: false },
      handle: { type: "string", required: false, unique: true, index: true },
      bestFriend: { type: "string", required: false, references: { model: "user", field: "id", onDelete: "set null" } },
      choice: { type: ["a", "b"], required: false },
    },
  },
};
const plugins = () => [
  organization({ teams: { enabled: true }, dynamicAccessControl: { enabled: true }, sendInvitationEmail() {} }),
  twoFactor(), username(), phoneNumber({ sendOTP() {} }), admin(), anonymous(), jwt(), deviceAuthorization({ schema: {} }),
  oidcProvider({ loginPage: "/login" }), siwe({ domain: "localhost", getNonce: async () => "n", verifyMessage: async () => true }),
];
const strategies = ["", "uuid", "serial"];
const cases = {
  core: base(),
  "rate limits in the database": base({ rateLimit: { storage: "database" } }),
  "many plugins": base({ plugins: plugins() }),
  "many plugins with uuid ids": base({ plugins: plugins(), ...ids("uuid") }),
  "many plugins with serial ids": base({ plugins: plugins(), ...ids("serial") }),
  "every type": base(everyType),
  "every type with uuid ids": base({ ...everyType, ...ids("uuid") }),
  "every type with serial ids": base({ ...everyType, ...ids("serial") }),
  "renamed tables and columns": base({
    user: { modelName: "app users", fields: { email: "e-mail", name: "select" } },
    session: { modelName: "order", fields: { userId: "user_id", expiresAt: "group" } },
    account: { modelName: "app_accounts", fields: { userId: "owner.id" } },
  }),
};

const pick = (f) => ({
  type: f.type, required: f.required, unique: f.unique, index: f.index, sortable: f.sortable, bigint: f.bigint,
  fieldName: f.fieldName, references: f.references, computed: typeof f.defaultValue === "function" || undefined,
});
const declared = (options) =>
  Object.entries(getAuthTables(options)).map(([model, t]) => ({
    model, modelName: t.modelName,
    fields: Object.entries(t.fields).map(([name, f]) => ({ name, ...pick(f) })),
  }));

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

async function rows(strategy, pool) {
  const { auth } = await migrated(base({ ...everyType, ...ids(strategy) }), pool);
  const { adapter } = await auth.$context;
  await auth.api.signUpEmail({ body: { name: "O'Brien 😀", email: "ann@example.com", password: "password123" } });
  await auth.api.requestPasswordReset?.({ body: { email: "ann@example.com" } }).catch(() => {});
  let made = 0;
  const named = {};
  const id = (name) => (named[name] ??= { "": name, uuid: `018f0000-0000-4000-8000-${String(++made).padStart(12, "0")}`, serial: String(100 + ++made) }[strategy]);
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
    const columns = fields.map((f) => `"${f.name}"::text AS "${f.name}"`).join(", ");
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
    out.cases[name] = { ids: options.advanced?.database?.generateId ?? "", declared: declared(auth.options), schema, sql };
  });
for (const strategy of strategies) out.rows[strategy] = await within((pool) => rows(strategy, pool));
console.log(JSON.stringify(out, null, 1));
