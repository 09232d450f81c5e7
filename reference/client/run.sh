#!/usr/bin/env bash
# Runs the scenario of the published better-auth clients against a server:
#
#   reference/client/run.sh                 a fresh Gatehouse for each of profiles/: dev with
#                                           `gatehouse dev`, the others with `gatehouse serve --dev`
#   reference/client/run.sh upstream        Better Auth 1.6.9 and 1.7.25, each with both clients:
#                                           shows that the scenario is right
#   reference/client/run.sh URL [PROFILE]   a server that runs already, by the base URL of its
#                                           API, with the configuration of profiles/PROFILE.json (dev)
#   reference/client/run.sh install         none: the clients are installed, and no more
#
# Needs Node 20 or newer. Installs the clients beside this file, as their
# lockfiles say.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

target=${1:-gatehouse}
clients=(1.6.9 1.7.25)
profiles=(dev direct verified cached bare jwt organization two-factor)
work=$(mktemp -d)
server=
failed=0

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

# start COMMAND...: runs a server, and sets url to the base URL that it prints or
# to that of the address in its log.
start() {
  local printed='s|.*\(http://[^ ]*/api/auth\).*|\1|p' logged='s|.*"address":"[^"]*:\([0-9]*\)".*|http://localhost:\1/api/auth|p'
  "$@" >"$work/out" 2>"$work/err" &
  server=$!
  for _ in {1..100}; do
    url=$(sed -n -e "$printed" -e "$logged" "$work/out" "$work/err" | head -1) || true
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

# play PROFILE OPTION...: both clients at once against the server at url.
play() {
  local profile=$1 client runs=()
  shift
  for client in "${clients[@]}"; do
    node scenario.mjs "$client" "$url" --profile "$profile" "$@" >"$work/$client" 2>&1 &
    runs+=($!)
  done
  for client in "${clients[@]}"; do
    wait "${runs[0]}" || failed=1
    runs=("${runs[@]:1}")
    echo "--- client $client against $name, $profile"
    cat "$work/$client"
  done
  if [[ -n $server ]]; then
    if ((failed)); then cat "$work/err" >&2; fi
    stop
  fi
  if ((failed)); then exit 1; fi
}

for client in "${clients[@]}"; do install "$client"; done

case $target in
  gatehouse)
    name=Gatehouse
    (cd ../.. && go build -o "$work/gatehouse" ./cmd/gatehouse)
    (cd .. && go build -o "$work/link" ./client/link)
    BETTER_AUTH_SECRET=$("$work/gatehouse" secret)
    GATEHOUSE_DB=gatehouse.db # where it runs, as with `dev`
    export BETTER_AUTH_SECRET GATEHOUSE_DB
    for profile in "${profiles[@]}"; do
      command=(serve --dev --config "$PWD/profiles/$profile.json")
      if [[ $profile == dev ]]; then command=(dev); fi
      mkdir "$work/$profile"
      start env -C "$work/$profile" "$work/gatehouse" "${command[@]}" --addr localhost:0
      play "$profile" --link "$work/link" --link "$work/$profile/gatehouse.db"
    done
    ;;
  upstream)
    for version in "${clients[@]}"; do
      name="Better Auth $version"
      for profile in "${profiles[@]}"; do
        start node upstream-server.mjs "$version" localhost:0 "profiles/$profile.json"
        play "$profile" --server "$version" --link "${url%/api/auth}/dev/accounts"
      done
    done
    ;;
  http://* | https://*)
    name=$target url=$target
    play "${2:-dev}"
    ;;
  install) ;;
  *)
    echo "usage: run.sh [gatehouse | upstream | URL [PROFILE] | install]" >&2
    exit 2
    ;;
esac
