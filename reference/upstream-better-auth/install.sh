#!/usr/bin/env bash
# Installs upstream from npm, for the recorder:
#
#   install.sh [FOLDER]            the pinned packages; FOLDER is this one unless it is given
#   install.sh --newest [FOLDER]   the newest release of the 1.6 line, for record.mjs --newest;
#                                  FOLDER is ~/.cache/gatehouse/upstream-newest unless it is given
#
# Both are used from another folder with GATEHOUSE_UPSTREAM and
# GATEHOUSE_UPSTREAM_NEWEST. Needs Node 20 and, where there is no ready-made
# better-sqlite3, a C++ compiler and two minutes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

newest=
if [[ ${1:-} == --newest ]]; then
  newest=1
  shift
fi
default=$here
if [[ $newest ]]; then default=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse/upstream-newest; fi
folder=${1:-$default}

mkdir -p "$folder"
cd "$folder"
if [[ ! $here -ef $folder ]]; then
  cp "$here/package.json" "$here/.npmrc" .
  if [[ ! $newest ]]; then cp "$here/package-lock.json" .; fi
fi

# Scripts of dependencies stay off, but for the one that builds SQLite.
if [[ $newest ]]; then
  version=$(npm view better-auth@1.6 version --json 2>/dev/null | node -p '
    const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    [given].flat().sort((a, b) => a.split(".")[2] - b.split(".")[2]).at(-1)')
  echo "the newest 1.6 release is $version"
  rm -rf package-lock.json node_modules
  # The satellites follow; what better-auth itself needs, it brings along.
  node -e '
    const fs = require("node:fs");
    const p = JSON.parse(fs.readFileSync("package.json", "utf8"));
    p.name = "gatehouse-upstream-newest";
    const kept = ["better-sqlite3", "yaml"];
    p.dependencies = Object.fromEntries(Object.entries(p.dependencies).filter(([n]) => kept.includes(n)));
    p.dependencies["better-auth"] = process.argv[1];
    fs.writeFileSync("package.json", JSON.stringify(p, null, 2) + "\n");' "$version"
  npm install --ignore-scripts --loglevel=error
else
  npm ci --ignore-scripts --loglevel=error
fi
npm rebuild better-sqlite3 --loglevel=error
node -e 'new (require("better-sqlite3"))(":memory:").close()'
echo "better-auth $(node -p 'require("./node_modules/better-auth/package.json").version') is in $folder/node_modules"
