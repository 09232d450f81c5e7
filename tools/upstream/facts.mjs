// Copies the inventory of upstream's facts into reference/facts, without
// upstream's prose: names, types, codes and literal messages are facts,
// descriptions are not.
//
//	node tools/upstream/facts.mjs FOLDER            writes reference/facts
//	node tools/upstream/facts.mjs FOLDER --check    fails if a file would change
import { readFileSync, readdirSync, writeFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "./json.mjs";

const target = fileURLToPath(new URL("../../reference/facts", import.meta.url));
const [folder, flag] = process.argv.slice(2);
if (!folder || (flag && flag !== "--check")) {
  console.error("usage: node tools/upstream/facts.mjs FOLDER [--check]");
  process.exit(2);
}

// What holds sentences, by file; "" is every other one. In error-codes.json a
// description is one that goes over the wire.
const prose = {
  "": ["description", "summary", "meaning"],
  "error-codes.json": ["summary", "meaning"],
};

// Below these the keys are names that upstream gave, not words about them.
const named = ["properties", "fields", "codes", "schemas"];

function facts(value, drop, parent) {
  if (Array.isArray(value)) return value.map((v) => facts(v, drop, parent));
  if (!value || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([key, v]) => named.includes(parent) || !drop.includes(key) || typeof v !== "string");
  return Object.fromEntries(kept.map(([key, v]) => [key, facts(v, drop, key)]));
}

let stale = 0;
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith(".json")) continue;
  const given = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const text = encode(facts(given, prose[file] ?? prose[""], ""));
  const path = join(target, file);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  stale++;
  if (flag) {
    console.error(`${path} is stale`);
  } else {
    writeFileSync(path, text);
    console.error(`wrote ${path}`);
  }
}
process.exit(flag && stale ? 1 : 0);
