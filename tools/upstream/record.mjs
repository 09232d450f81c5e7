// Records what Better Auth answers to the scenarios in reference/scenarios:
//
//	node tools/upstream/record.mjs              writes reference/recordings
//	node tools/upstream/record.mjs --check      writes nothing, fails if a file would change
//	node tools/upstream/record.mjs --newest     compares with the newest 1.6 release, writes nothing
//	                               --only TEXT  only topics that contain TEXT, such as core/sign-up
//
// The packages are those of reference/upstream-better-auth, or of the folder in
// GATEHOUSE_UPSTREAM. For --newest it is the folder that install.sh --newest
// fills, or the one in GATEHOUSE_UPSTREAM_NEWEST.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measure } from "./coverage.mjs";
import { differences } from "./differences.mjs";
import { encode } from "./json.mjs";
import { load } from "./scenarios.mjs";
import { open } from "./upstream.mjs";
import { playAll } from "./workers.mjs";

const reference = fileURLToPath(new URL("../../reference", import.meta.url));
const { values: flags } = parseArgs({
  options: { check: { type: "boolean" }, newest: { type: "boolean" }, only: { type: "string" } },
});

const pinned = process.env.GATEHOUSE_UPSTREAM ?? join(reference, "upstream-better-auth");
const newest = process.env.GATEHOUSE_UPSTREAM_NEWEST
  ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "gatehouse", "upstream-newest");

// The YAML reader is installed with upstream; a foreign folder may lack it.
const yaml = () => {
  for (const folder of [pinned, join(reference, "upstream-better-auth")]) {
    const packages = existsSync(folder) && (existsSync(join(folder, "better-auth")) || existsSync(join(folder, "node_modules"))) ? open(folder) : undefined;
    if (packages?.has("yaml")) return packages.load("yaml/dist/index.js");
  }
  throw new Error("the package yaml is not installed: run reference/upstream-better-auth/install.sh");
};


// recordAll plays every scenario and returns the recordings by topic.
async function recordAll(folder, files) {
  const all = files.flatMap(({ topic, scenarios }) => scenarios.map((scenario) => ({ topic, scenario })));
  const out = all.map(() => undefined);
  const began = performance.now();
  let failed = 0;
  let played = 0;
  await playAll(folder, all.map((a) => a.scenario), (index, recording, error) => {
    const { topic, scenario } = all[index];
    out[index] = recording;
    played++;
    if (error) {
      failed++;
      console.error(`FAILED ${topic}: ${scenario.name}\n${error.message.replace(/^/gm, "  ")}`);
    } else if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${played}/${all.length} ${topic}: ${scenario.name}`);
    }
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const { version } = open(folder);
  console.error(`${played - failed} of ${all.length} scenarios recorded with better-auth ${version} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  if (failed) process.exit(1);
  const byTopic = {};
  all.forEach(({ topic, scenario }, i) => {
    byTopic[topic] ??= { upstream: version, scenarios: {} };
    byTopic[topic].scenarios[scenario.name] = out[i];
  });
  return byTopic;
}

// keep writes a file, or with --check tells that it would change.
function keep(path, text) {
  const old = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (old === text) return true;
  if (flags.check) {
    console.error(`${path} is stale: ${old === undefined ? "it does not exist" : differences(JSON.parse(old), JSON.parse(text)).slice(0, 5).join("\n  ")}`);
    return false;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.error(`wrote ${path}`);
  return true;
}

// compare prints where two versions differ, each change once with the first
// scenario that shows it, and returns how many there are.
function compare(recordings, other) {
  const changes = new Map();
  for (const [topic, { scenarios }] of Object.entries(recordings)) {
    for (const [name, scenario] of Object.entries(scenarios)) {
      for (const line of differences(scenario, other[topic].scenarios[name])) {
        const text = line.replace(/^steps\[(\d+)\]\.?/, (_, i) => `${scenario.steps[i].step}, `);
        if (!changes.has(text)) changes.set(text, []);
        changes.get(text).push(`${topic}: ${name}`);
      }
    }
  }
  for (const [text, [first, ...more]] of changes) {
    console.log(`${text}\n  ${first}${more.length ? `, and ${more.length} more` : ""}`);
  }
  return changes.size;
}

async function main() {
  open(pinned); // or say that it is missing, before anything else
  if (flags.newest) open(newest);
  const { default: parser } = await yaml();
  const { defaults, files, unreachable } = load(join(reference, "scenarios"), parser);
  const chosen = files.filter(({ topic }) => topic.includes(flags.only ?? ""));
  if (!chosen.length) throw new Error(`--only ${flags.only}: no topic is called so; there are ${files.map((f) => f.topic).join(", ")}`);
  const recordings = await recordAll(pinned, chosen);
  if (flags.newest) {
    const other = await recordAll(newest, chosen);
    const count = compare(recordings, other);
    console.error(`${count} differences between ${open(pinned).version} and ${open(newest).version}`);
    return true;
  }
  let same = true;
  for (const [topic, recording] of Object.entries(recordings)) {
    same = keep(join(reference, "recordings", `${topic}.json`), encode(recording)) && same;
  }
  if (flags.only) {
    console.error("coverage.json is left alone: it needs all topics");
  } else {
    const coverage = await measure(recordings, { files, defaults, unreachable }, reference, (scenarios, done) => playAll(pinned, scenarios, done));
    same = keep(join(reference, "recordings", "coverage.json"), encode(coverage)) && same;
  }
  return same;
}

main().then(
  (fine) => process.exit(fine ? 0 : 1),
  (error) => {
    console.error(`record: ${error.message}`);
    process.exit(2);
  },
);
