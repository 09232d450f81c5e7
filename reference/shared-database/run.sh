#!/usr/bin/env bash
# Shows that Better Auth 1.6.9 and Gatehouse work on one database:
#
#   reference/shared-database/run.sh               every round, as CI does
#   reference/shared-database/run.sh --only TEXT   the rounds whose name holds the text
#
# Needs Node 20 or newer, and PostgreSQL, MariaDB and Redis: on their default local
# ports, or where GATEHOUSE_TEST_POSTGRES, _MYSQL and _REDIS say. What it makes
# there it removes. Installs its packages beside this file, as the lockfile says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! cmp -s package-lock.json node_modules/.gatehouse-lock; then
  npm ci --ignore-scripts --loglevel=error
  cp package-lock.json node_modules/.gatehouse-lock
fi
(cd ../.. && CGO_ENABLED=0 go build -o "$work/gatehouse" ./cmd/gatehouse)
node prove.mjs "$work/gatehouse" "$@"
