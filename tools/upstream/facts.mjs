// Copies the inventory of upstream's facts into reference/facts, without
// upstream's prose.
//
//	node tools/upstream/facts.mjs FOLDER            writes reference/facts
//	node tools/upstream/facts.mjs FOLDER --check    fails if a file would change
import { readFileSync, readdirSync, writeFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "./json.mjs";
import { withoutProse } from "./prose.mjs";

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

let stale = 0;
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith(".json")) continue;
  const given = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const text = encode(withoutProse(given, prose[file] ?? prose[""]));
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
