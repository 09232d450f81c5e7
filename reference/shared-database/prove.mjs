// Shows that Better Auth 1.6.9 and Gatehouse work on one database with one secret:
//
//	node prove.mjs <gatehouse> [--only TEXT]
//
// The first argument is the built program. A round is a fresh database with the
// two servers on it; --only runs the rounds whose name holds the text. Prints a
// line a step; the exit code is 1 if a step failed. Where a service is missing,
// its rounds are skipped and counted, or fail if GATEHOUSE_REQUIRE_SERVICES is 1.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { absent } from "./databases.mjs";
import { cleanUpRounds, playRound } from "./round.mjs";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { only: { type: "string", default: "" } } });
if (positionals.length !== 1) {
  console.error("usage: node prove.mjs <gatehouse> [--only TEXT]");
  process.exit(2);
}

// The servers end with the program, however it ends, and what a round has made is
// removed. Who cannot wait for that asks twice.
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (interrupted) process.exit(1);
    interrupted = true;
    console.error("interrupted: what this round has made is being removed");
    cleanUpRounds().finally(() => process.exit(1));
  });
}

const rounds = [];
const round = (name, settings) => rounds.push({ name, needs: [settings.kind, ...(settings.redis ? ["Redis"] : [])], ...settings });
round("PostgreSQL, made by Better Auth", { kind: "PostgreSQL", made: "Better Auth" });
round("PostgreSQL, made by Gatehouse, serial ids", { kind: "PostgreSQL", made: "Gatehouse", ids: "serial" });
for (const [made, ids] of [["Better Auth", "serial"], ["Better Auth", "uuid"], ["Gatehouse", "default"], ["Gatehouse", "uuid"]]) {
  round(`PostgreSQL, made by ${made}, ${ids} ids, in short`, { kind: "PostgreSQL", made, ids, short: true });
}
for (const strategy of ["compact", "jwt", "jwe"]) {
  round(`PostgreSQL, sessions in cookies (${strategy})`, { kind: "PostgreSQL", made: "Better Auth", strategy });
}
round("PostgreSQL and Redis", { kind: "PostgreSQL", made: "Better Auth", redis: "alone" });
round("PostgreSQL and Redis, sessions in both, in short", { kind: "PostgreSQL", made: "Gatehouse", redis: "both", short: true });
round("MariaDB, made by Better Auth", { kind: "MariaDB", made: "Better Auth" });
round("MariaDB, made by Gatehouse, serial ids, in short", { kind: "MariaDB", made: "Gatehouse", ids: "serial", short: true });
round("SQLite, made by Better Auth, one after the other", { kind: "SQLite", made: "Better Auth", alternate: true });
round("SQLite, made by Gatehouse, uuid ids, one after the other", { kind: "SQLite", made: "Gatehouse", ids: "uuid", alternate: true });

const count = { passed: 0, failed: 0, skipped: 0 };
const folder = mkdtempSync(join(tmpdir(), "gatehouse-shared-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const secret = randomBytes(32).toString("base64");
for (const settings of rounds.filter(({ name }) => name.includes(values.only))) {
  if (interrupted) break;
  const began = Date.now();
  const missing = (await Promise.all(settings.needs.map(absent))).find(Boolean);
  console.log(`--- ${settings.name}`);
  if (missing && process.env.GATEHOUSE_REQUIRE_SERVICES !== "1") {
    count.skipped++;
    console.log(`skip  ${missing}`);
    continue;
  }
  const outcomes = missing
    ? [{ name: "the services of this round", error: new Error(missing) }]
    : await playRound({ ...settings, folder, secret, binary: resolve(positionals[0]) });
  for (const { name, error } of outcomes) {
    count[error ? "failed" : "passed"]++;
    if (!error) console.log(`ok    ${name}`);
    else console.log(`FAIL  ${name} ${place(error)}\n      ${String(error.message ?? error).replaceAll("\n", "\n      ")}`);
  }
  console.log(`      ${((Date.now() - began) / 1000).toFixed(1)} s`);
}
const skipped = count.skipped ? `, ${count.skipped} rounds skipped for want of a service` : "";
console.log(`Better Auth 1.6.9 and Gatehouse on one database: ${count.passed} passed, ${count.failed} failed${skipped}`);
// A round that is not found shows nothing.
process.exit(interrupted || count.failed || count.passed + count.skipped === 0 ? 1 : 0);

// place is the line of a step that failed.
function place(error) {
  const stack = String(error?.stack);
  return `(${stack.match(/steps\/[\w-]+\.mjs:\d+/)?.[0] ?? stack.match(/[\w-]+\.mjs:\d+/)?.[0] ?? "no line"})`;
}
