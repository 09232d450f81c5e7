#!/usr/bin/env bash
# Runs the scenario of the published better-auth clients against a server:
#
#   reference/client/run.sh              a fresh Gatehouse, started with `gatehouse dev`
#   reference/client/run.sh upstream     Better Auth 1.6.9: shows that the scenario is right
#   reference/client/run.sh URL          a server that runs already, by the base URL of its API
#   reference/client/run.sh install      none: the clients are installed, and no more
#
# Needs Node 20 or newer. Installs the clients beside this file, as their
# lockfiles say.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

target=${1:-gatehouse}
clients=(1.6.9 1.7.25)
work=$(mktemp -d)
server=

cleanup() {
  if [[ -n $server ]]; then kill -KILL "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT

# install CLIENT: node_modules as the lockfile says, unless they are already.
install() {
  local lock=$1/package-lock.json done=$1/node_modules/.gatehouse-lock
  cmp -s "$lock" "$done" && return
  (cd "$1" && npm ci --loglevel=error)
  cp "$lock" "$done"
}

# start COMMAND...: runs a server that prints its base URL, and sets url.
start() {
  "$@" >"$work/out" 2>"$work/err" &
  server=$!
  for _ in {1..100}; do
    url=$(grep -o 'http://[^ ]*/api/auth' "$work/out" | head -1) || true
    if [[ -n $url ]] && node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$url/ok"; then
      return
    fi
    if ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.1
  done
  echo "the server does not answer: $*" >&2
  cat "$work/out" "$work/err" >&2
  exit 1
}

# stop: ends the server as an init system does, which must be clean.
stop() {
  local code=0
  kill -TERM "$server"
  wait "$server" || code=$?
  server=
  if ((code != 0)); then
    echo "the server ended with exit code $code after SIGTERM" >&2
    cat "$work/err" >&2
    exit 1
  fi
}

for client in "${clients[@]}"; do install "$client"; done

case $target in
  gatehouse)
    (cd ../.. && go build -o "$work/gatehouse" ./cmd/gatehouse)
    mkdir "$work/data"
    # A directory of its own: `dev` keeps its database where it runs.
    start env -C "$work/data" "$work/gatehouse" dev --addr localhost:0
    ;;
  upstream) start node upstream-server.mjs 1.6.9 ;;
  http://* | https://*) url=$target ;;
  install) exit 0 ;;
  *)
    echo "usage: run.sh [gatehouse | upstream | URL | install]" >&2
    exit 2
    ;;
esac

failed=0
for client in "${clients[@]}"; do
  echo "--- client $client against $target"
  node scenario.mjs "$client" "$url" || failed=1
done
if [[ -n $server ]]; then stop; fi
if ((failed)); then
  cat "$work/err" >&2 2>/dev/null || true
  exit 1
fi
