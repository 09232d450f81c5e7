// Records what Better Auth 1.6.9 makes of a MariaDB database: the schema that its
// migrations create for several configurations, and rows that it wrote.
//
// Copy this file and sqltest/testdata/configurations.mjs into a directory where
// better-auth@1.6.9 and mysql2 are installed, let MYSQL_URL name a server on which
// databases may be created, and run: node record.mjs > upstream-1.6.9.json
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { createPool } from "mysql2/promise";
import { cases, declared, withRows } from "./configurations.mjs";

const server = process.env.MYSQL_URL ?? "mysql://root@127.0.0.1:3306/";

async function schema(pool) {
  const all = async (sql) => (await pool.query(sql))[0];
  const tables = await all("SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1");
  const by = (rows) => (name) => rows.filter((r) => r.t === name).map(({ t, ...r }) => r);
  const columns = by(await all(`SELECT TABLE_NAME AS t, COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS standard,
    EXTRA AS extra, COLUMN_KEY = 'PRI' AS pk FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1, 2`));
  const indexes = by(await all(`SELECT TABLE_NAME AS t, INDEX_NAME AS name, 1 - NON_UNIQUE AS \`unique\`, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) AS columns
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() GROUP BY 1, 2, 3 ORDER BY 1, 2`));
  const keys = by(await all(`SELECT k.TABLE_NAME AS t, k.COLUMN_NAME AS \`from\`, k.REFERENCED_TABLE_NAME AS \`table\`, k.REFERENCED_COLUMN_NAME AS \`to\`,
    r.UPDATE_RULE AS onUpdate, r.DELETE_RULE AS onDelete
    FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
    ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
    WHERE k.TABLE_SCHEMA = DATABASE() ORDER BY 1, 2`));
  return tables.map(({ name }) => ({ name, columns: columns(name), foreignKeys: keys(name), indexes: indexes(name) }));
}

let made = 0;
async function migrated(options) {
  const name = `gatehouse_record_${process.pid}_${made++}`;
  const root = createPool({ uri: server });
  await root.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
  const uri = new URL(server);
  uri.pathname = `/${name}`;
  const pool = createPool({ uri: uri.href, timezone: "Z" });
  // As upstream's documentation connects: with the session's own zone.
  pool.on("connection", (c) => c.query("SET time_zone = '+00:00'"));
  const auth = betterAuth({ ...options, database: pool });
  const migrations = await getMigrations(auth.options);
  const sql = (await migrations.compileMigrations()).split(/;\s*/).filter(Boolean);
  await migrations.runMigrations();
  const drop = async () => {
    await pool.end();
    await root.query(`DROP DATABASE ${name}`);
    await root.end();
  };
  return { pool, auth, sql, drop };
}

async function rows(options) {
  const { pool, auth, drop } = await migrated(options);
  const { adapter } = await auth.$context;
  const serial = declared(options).ids === "serial";
  await auth.api.signUpEmail({ body: { name: "O'Brien 😀", email: "ann@example.com", password: "password123" } });
  const id = (text, n) => (serial ? String(n) : options.advanced ? `018f0000-0000-4000-8000-00000000000${n}` : text);
  const create = (data) => adapter.create({ model: "user", data: { name: "n", emailVerified: false, needed: "x", ...data }, forceAllowId: true });
  const moment = new Date("2038-01-19T03:14:07.999Z");
  await create({ id: id("full", 2), email: "full@example.com", emailVerified: true, text: "a'b\\\u2028", amount: 42, big: 9007199254740991, flag: true, moment,
    data: { z: 1, a: [1, 2.5, "x", null, true], s: "it's" }, words: ["b", "", "a,\"b"], numbers: [1, 2.5, -3], handle: "h" });
  await create({ id: id("falsy", 3), email: "falsy@example.com", text: "", amount: 0, big: 0, flag: false, moment: new Date(1000), data: [], words: [], numbers: [],
    bestFriend: id("full", 2) });
  await create({ id: id("negative", 4), email: "negative@example.com", big: -1, data: {} });
  await create({ id: id("nulls", 5), email: "nulls@example.com", text: null, amount: null, big: null, flag: null, moment: null, data: null, words: null, numbers: null, handle: null });
  const raw = {}, read = {};
  for (const table of ["user", "session", "account", "verification"]) {
    const names = (await pool.query(`SHOW COLUMNS FROM \`${table}\``))[0].map((c) => c.Field);
    raw[table] = (await pool.query(`SELECT ${names.map((n) => `QUOTE(\`${n}\`) AS \`${n}\``).join(", ")} FROM \`${table}\` ORDER BY id`))[0];
    read[table] = (await adapter.findMany({ model: table, limit: 100 })).sort((a, b) => (a.id < b.id ? -1 : 1));
  }
  await drop();
  return { raw, read };
}

const out = { version: "1.6.9", cases: {}, rows: {} };
for (const [name, options] of Object.entries(cases)) {
  const { pool, auth, sql, drop } = await migrated(options);
  out.cases[name] = { ...declared(auth.options), schema: await schema(pool), sql };
  await drop();
}
for (const name of withRows) out.rows[name] = await rows(cases[name]);
console.log(JSON.stringify(out, null, 1));
process.exit(0);
