// The databases that the proof runs on, and Redis. Each run makes what it needs
// (a schema, a database, a file, a prefix of keys) and removes it.
import { randomBytes } from "node:crypto";
import net from "node:net";
import { join } from "node:path";

// Where the services are: the variables are those of the Go tests.
const addresses = {
  PostgreSQL: process.env.GATEHOUSE_TEST_POSTGRES || "postgres://postgres@127.0.0.1:5432/test?sslmode=disable",
  MariaDB: process.env.GATEHOUSE_TEST_MYSQL || "mysql://root@127.0.0.1:3306/test",
  Redis: process.env.GATEHOUSE_TEST_REDIS || "redis://127.0.0.1:6379",
};
const variables = { PostgreSQL: "GATEHOUSE_TEST_POSTGRES", MariaDB: "GATEHOUSE_TEST_MYSQL", Redis: "GATEHOUSE_TEST_REDIS" };
const ports = { PostgreSQL: 5432, MariaDB: 3306, Redis: 6379 };

// absent says what to do about a service that does not answer, or nothing.
export async function absent(service) {
  if (!addresses[service]) return undefined;
  const { hostname, port } = new URL(addresses[service]);
  const reached = await new Promise((done) => {
    const socket = net.connect({ host: hostname, port: Number(port) || ports[service], timeout: 2000 });
    const end = (answer) => (socket.destroy(), done(answer));
    socket.once("connect", () => end(true)).once("error", () => end(false)).once("timeout", () => end(false));
  });
  if (reached) return undefined;
  return `${service} does not answer at ${hostname}:${Number(port) || ports[service]}: start it, or name another one in ${variables[service]}`;
}

// makeDatabase makes an empty database {kind, url, name, schema} of a kind:
// PostgreSQL, with a schema that is not the default one, MariaDB or SQLite. Folder
// is for files.
export async function makeDatabase(kind, folder) {
  const name = `gatehouse_shared_${randomBytes(6).toString("hex")}`;
  switch (kind) {
    case "PostgreSQL":
    case "MariaDB": {
      // Better Auth's migrations look at all schemas of a database: it is one of
      // the round's own.
      await atOnce({ kind, url: addresses[kind] }, `CREATE DATABASE ${name}`);
      const url = new URL(addresses[kind]);
      url.pathname = `/${name}`;
      if (kind === "MariaDB") return { kind, url: url.href, name, schema: name };
      await atOnce({ kind, url: url.href }, `CREATE SCHEMA ${name}`);
      return { kind, url: url.href, name, schema: name };
    }
    case "SQLite":
      return { kind, url: join(folder, `${name}.db`) };
  }
  throw new Error(`no kind of database is called ${kind}`);
}

// dropDatabase removes what makeDatabase made. Files go with their folder.
export async function dropDatabase({ kind, name }) {
  // A server that did not end still has connections, for which PostgreSQL would
  // refuse.
  const force = kind === "PostgreSQL" ? " WITH (FORCE)" : "";
  if (name) await atOnce({ kind, url: addresses[kind] }, `DROP DATABASE ${name}${force}`);
}

// configuration is what the configuration of Gatehouse says of a database.
export function configuration({ kind, url, schema }) {
  switch (kind) {
    case "PostgreSQL": {
      const dsn = new URL(url);
      dsn.searchParams.set("search_path", schema);
      return { dialect: "postgres", dsn: dsn.href };
    }
    case "MariaDB":
      return { dialect: "mysql", dsn: url };
    case "SQLite":
      return { dialect: "sqlite", dsn: url };
  }
}

// connectBetterAuth opens a database for Better Auth: {database, close}, the
// first as its option of the name takes it.
export async function connectBetterAuth({ kind, url, schema }) {
  switch (kind) {
    case "PostgreSQL": {
      const { default: pg } = await import("pg");
      const pool = new pg.Pool({ connectionString: url, options: schema && `-c search_path=${schema}` });
      return { database: pool, close: () => pool.end() };
    }
    case "MariaDB": {
      const { createPool } = await import("mysql2/promise");
      const pool = createPool({ uri: url, timezone: "Z" });
      return { database: pool, close: () => pool.end() };
    }
    case "SQLite": {
      // To Kysely it is better-sqlite3, and it needs no compiler.
      const { default: Database } = await import("libsql");
      const { SqliteDialect } = await import("kysely");
      const database = new Database(url);
      database.exec("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000");
      const dialect = new SqliteDialect({ database });
      return { database: { dialect, type: "sqlite" }, connection: database, close: async () => database.close() };
    }
  }
}

// connect opens a database for looking and meddling: {query, close}. query takes
// one statement with ? for values, and returns rows in which every value is the
// text that the database makes of it, or null.
export async function connect(database) {
  const { database: pool, connection, close } = await connectBetterAuth(database);
  const asText = (row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, v === null ? null : String(v)]));
  switch (database.kind) {
    case "PostgreSQL": {
      const types = { getTypeParser: () => (text) => text };
      return {
        close,
        query: async (text, values = []) => {
          let n = 0;
          return (await pool.query({ text: text.replace(/\?/g, () => `$${++n}`), values, types })).rows;
        },
      };
    }
    case "MariaDB":
      return {
        close,
        query: async (sql, values = []) => {
          const [rows] = await pool.query({ sql: sql.replaceAll('"', "`"), values, typeCast: (field) => field.string() });
          return Array.isArray(rows) ? rows.map((row) => ({ ...row })) : [];
        },
      };
    case "SQLite":
      return {
        close,
        query: async (text, values = []) => {
          const statement = connection.prepare(text);
          if (!statement.reader) return void statement.run(values) ?? [];
          return statement.all(values).map(asText);
        },
      };
  }
}

async function atOnce(database, statement) {
  const { query, close } = await connect(database);
  try {
    await query(statement);
  } finally {
    await close();
  }
}

// columns lists the columns of all tables, as {"user.email": "text NOT NULL"}.
export async function columns({ kind, schema }, query) {
  const rows =
    kind === "SQLite"
      ? await query(
          `SELECT m.name AS "table", c.name AS "column", c.type || CASE c."notnull" WHEN 1 THEN ' NOT NULL' ELSE '' END AS "type"
             FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`,
        )
      : await query(
          `SELECT table_name AS "table", column_name AS "column",
                  concat(data_type, CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END) AS "type"
             FROM information_schema.columns WHERE table_schema = ?`,
          [schema],
        );
  return Object.fromEntries(rows.map((row) => [`${row.table}.${row.column}`, row.type]));
}

// makeRedis names a part of Redis {url, prefix} that nobody else uses.
export const makeRedis = () => ({ url: addresses.Redis, prefix: `gatehouse-shared-${randomBytes(6).toString("hex")}:` });

async function client(url) {
  const { Redis } = await import("ioredis");
  return new Redis(url);
}

// redisOfBetterAuth is Better Auth's secondary storage: {storage, close}.
export async function redisOfBetterAuth({ url, prefix }) {
  const { redisStorage } = await import("@better-auth/redis-storage");
  const redis = await client(url);
  return { storage: redisStorage({ client: redis, keyPrefix: prefix }), close: () => redis.quit() };
}

// connectRedis is for looking and meddling: {get, set, keys, clear, close}, keys
// without the prefix.
export async function connectRedis({ url, prefix }) {
  const redis = await client(url);
  const keys = async () => (await redis.keys(`${prefix}*`)).map((key) => key.slice(prefix.length));
  return {
    keys,
    get: (key) => redis.get(prefix + key),
    set: (key, value) => redis.set(prefix + key, value, "KEEPTTL"),
    clear: async () => {
      for (const key of await keys()) await redis.del(prefix + key);
    },
    close: () => redis.quit(),
  };
}
