// One round: a fresh database, made by one of the servers, and the steps that
// both take on it.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { columns, connect, connectRedis, dropDatabase, makeDatabase, makeRedis } from "./databases.mjs";
import { makeServers } from "./servers.mjs";
import cache from "./steps/cache.mjs";
import changeEmail from "./steps/change-email.mjs";
import changePassword from "./steps/change-password.mjs";
import deleteUser from "./steps/delete-user.mjs";
import devices from "./steps/devices.mjs";
import endings from "./steps/endings.mjs";
import limits from "./steps/limits.mjs";
import resetPassword from "./steps/reset-password.mjs";
import rows from "./steps/rows.mjs";
import sessions from "./steps/sessions.mjs";
import tokens, { audience, issuer } from "./steps/tokens.mjs";
import verifyEmail from "./steps/verify-email.mjs";

// How many plays go on at once. More would wait for passwords to be hashed, and in
// vain where the machine is busy. On MySQL and MariaDB, 1.6.9 with serial ids takes
// the row with the highest id for the one that it has just written, so that of two
// sign-ups at once one gets the user of the other.
const playsAtOnce = ({ kind, ids }) => (kind === "MariaDB" && ids === "serial" ? 1 : 3);
const stepTime = 60_000; // ms, many times what the longest one takes

const all = [sessions, devices, endings, changePassword, resetPassword, verifyEmail, changeEmail, deleteUser, limits, tokens, rows];
// Those that depend on the form of ids and tables.
const some = [sessions, devices, deleteUser, tokens, rows];

// What both servers are configured with; each adds its database.
const optionsOf = ({ secret, ids, strategy, redis }) => ({
  secret,
  emailAndPassword: { enabled: true, sendResetPassword: true },
  emailVerification: { sendVerificationEmail: true },
  user: {
    additionalFields: {
      nickname: { type: "string", required: false },
      age: { type: "number", required: false },
      newsletter: { type: "boolean", required: false, defaultValue: false },
      born: { type: "date", required: false },
      tags: { type: "string[]", required: false },
      plan: { type: "string", input: false, defaultValue: "free" },
    },
    changeEmail: { enabled: true, sendChangeEmailConfirmation: true },
    deleteUser: { enabled: true, sendDeleteAccountVerification: true },
  },
  session: {
    additionalFields: { theme: { type: "string", required: false } },
    ...(strategy && { cookieCache: { enabled: true, maxAge: 300, strategy } }),
    ...(redis === "both" && { storeSessionInDatabase: true }),
  },
  ...(redis === "both" && { verification: { storeInDatabase: true } }),
  plugins: { jwt: { jwt: { issuer, audience } } },
  rateLimit: { enabled: true, storage: "database", customRules: { "/ok": { window: 60, max: 3 }, "/**": false } },
  advanced: ids === "default" || !ids ? {} : { database: { generateId: ids } },
});

// What the rounds under way have to remove.
const cleanUps = new Set();

// cleanUpRounds removes what the rounds under way have made. They cannot go on.
export const cleanUpRounds = () => Promise.all([...cleanUps].map((cleanUp) => cleanUp()));

// playRound returns what came of each step, {name, error}, in their order. Made
// tells whose migrations make the database; short leaves plays out that another
// round on the same kind of database has.
export async function playRound({ kind, made, ids = "default", strategy, short, alternate, redis: storage, binary, secret, folder: parent }) {
  const folder = mkdtempSync(join(parent, "round-"));
  const outcomes = [];
  const step = async (name, run) => {
    const outcome = { name };
    outcomes.push(outcome);
    await run().catch((error) => (outcome.error = error));
    return !outcome.error;
  };
  const closing = [];
  let servers;
  // Each part of it is taken, whatever comes of the others, and all once only.
  let cleaned;
  const cleanUp = () =>
    (cleaned ??= (async () => {
      for (const end of [...(servers ?? []).map((server) => () => server.stop()), ...closing.toReversed()]) {
        await Promise.resolve()
          .then(end)
          .catch((error) => outcomes.push({ name: "the round removes what it made", error }));
      }
    })());
  cleanUps.add(cleanUp);
  try {
    const database = await makeDatabase(kind, folder);
    closing.push(() => dropDatabase(database));
    const redis = storage && makeRedis();
    if (redis) {
      const looking = await connectRedis(redis);
      closing.push(async () => (await looking.clear(), await looking.close()));
      redis.looking = looking;
    }
    const { query, close } = await connect(database);
    closing.push(close);
    const { migrate, ...pair } = makeServers({
      binary, folder, database,
      options: optionsOf({ secret, ids, strategy, redis: storage }),
      redis: redis && { url: redis.url, prefix: redis.prefix },
    });
    servers = [pair.betterAuth, pair.gatehouse];
    const tables = ["user", "account", ...(storage === "alone" ? [] : ["session", "verification"]), "rateLimit", "jwks"];
    if (!(await makeSchema({ step, made, tables, database, query, migrate, ...pair }))) return outcomes;

    const stage = {
      kind, ids, strategy, tables, query, redis: redis?.looking,
      renameUser: (email, name) => query(`UPDATE "user" SET name = ? WHERE email = ?`, [name, email]),
      ageSession: (token) => age({ kind, query, redis: redis?.looking, database: storage !== "alone" }, token),
    };
    const plays = strategy ? [cache] : short ? some : all;
    const runs = [];
    for (const [first, second] of [servers, servers.toReversed()]) {
      for (const play of plays) {
        const steps = play({ ...stage, first, second });
        runs.push({ steps: steps.map(([server, name, run]) => ({ server, name: `${server.name}: ${name}`, run })), outcomes: [] });
      }
    }
    await (alternate ? inTurn : atOnce)(servers, runs, playsAtOnce({ kind, ids }));
    outcomes.push(...runs.flatMap((run) => run.outcomes));
  } catch (error) {
    outcomes.push({ name: "the round goes on to its end", error });
  } finally {
    cleanUps.delete(cleanUp);
    await cleanUp();
  }
  return outcomes;
}

async function take(run) {
  const { name, run: act } = run.steps.shift();
  const outcome = { name };
  run.outcomes.push(outcome);
  let deadline;
  const late = new Promise((_, fail) => {
    deadline = setTimeout(() => fail(new Error(`no end after ${stepTime / 1000} s`)), stepTime);
  });
  try {
    await Promise.race([act(), late]);
  } catch (error) {
    outcome.error = error;
  }
  clearTimeout(deadline);
}

// atOnce takes all steps with both servers up, and several plays at once.
async function atOnce(servers, runs, plays) {
  for (const server of servers) if (!server.running) await server.start();
  const waiting = [...runs];
  const work = async () => {
    for (let run; (run = waiting.shift()); ) while (run.steps.length) await take(run);
  };
  await Promise.all(Array.from({ length: plays }, work));
}

// inTurn takes all steps with one server up at a time: each takes what it can
// before the other one is started.
async function inTurn(servers, runs, plays) {
  let server = servers[0];
  for (const other of servers) await other.stop();
  while (runs.some(({ steps }) => steps.length)) {
    await server.start();
    const waiting = [...runs];
    const work = async () => {
      for (let run; (run = waiting.shift()); ) while (run.steps[0]?.server === server) await take(run);
    };
    await Promise.all(Array.from({ length: plays }, work));
    await server.stop();
    server = servers.find((other) => other !== server);
  }
}

// makeSchema has one of the servers make the tables, and then the other one add
// what it misses: nothing that is there may change.
async function makeSchema({ step, made, tables, database, query, migrate, betterAuth, gatehouse }) {
  const schema = () => columns(database, query);
  const migrateBetterAuth = async () => {
    if (!betterAuth.running) await betterAuth.start();
    await betterAuth.dev("POST", "migrate");
  };
  const migrateGatehouse = async () => {
    const { code, output } = await migrate();
    assert.equal(code, 0, `gatehouse migrate ends with ${code}:\n${output}`);
  };
  const [one, two] = made === "Better Auth" ? [migrateBetterAuth, migrateGatehouse] : [migrateGatehouse, migrateBetterAuth];
  let before;
  return (
    (await step(`the migrations of ${made} make the tables`, async () => {
      await one();
      before = await schema();
      const found = new Set(Object.keys(before).map((column) => column.split(".")[0]));
      assert.deepEqual([...found].sort(), tables.toSorted());
    })) &&
    (await step("the migrations of the other one change nothing that is there", async () => {
      await two();
      const after = await schema();
      const kept = Object.fromEntries(Object.keys(before).map((column) => [column, after[column]]));
      assert.deepEqual(kept, before);
    })) &&
    (await step("Better Auth misses nothing", async () => {
      if (!betterAuth.running) await betterAuth.start();
      assert.deepEqual(await betterAuth.dev("GET", "missing"), { tables: [], columns: [] });
    })) &&
    (await step("Gatehouse misses nothing", async () => {
      const { code, output } = await migrate("status", "--check");
      assert.equal(code, 0, output);
      await gatehouse.start();
    }))
  );
}

// age makes a session five days older than it is.
async function age({ kind, query, redis, database }, token) {
  const earlier = {
    PostgreSQL: `"expiresAt" - interval '5 days'`,
    MariaDB: `"expiresAt" - INTERVAL 5 DAY`,
    SQLite: `strftime('%Y-%m-%dT%H:%M:%fZ', "expiresAt", '-5 days')`,
  };
  if (database) await query(`UPDATE session SET "expiresAt" = ${earlier[kind]} WHERE token = ?`, [token]);
  if (!redis) return;
  const stored = JSON.parse(await redis.get(token));
  stored.session.expiresAt = new Date(new Date(stored.session.expiresAt) - 5 * 86_400_000).toISOString();
  await redis.set(token, JSON.stringify(stored));
}
