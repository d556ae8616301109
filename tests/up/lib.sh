# shellcheck shell=bash
# What the tests of `parley up` share. Sourced with the folder of the binaries and that of the
# repository as arguments of the test.
set -euo pipefail
bin=$1
root=$2
workspace=$(mktemp -d)
chmod 755 "$workspace" # PostgreSQL and Redis run as users of their own
touch "$workspace/parley.yaml"
ln -s "$root/services" "$root/proto" "$workspace/"
up=0

parley() { "$bin/parley" -C "$workspace" "$@"; }

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 20 "$workspace/out" >&2 || true
    exit 1
}

cleanup() {
    parley down --volumes --yes >/dev/null 2>&1 || true
    [ "$up" = 0 ] || kill -9 "$up" 2>/dev/null || true
    rm -rf "$workspace"
}
trap cleanup EXIT

# A range of ports that no other test takes, as the scenario runner does it.
lock_ports() {
    for base in 10{0..9}00; do
        exec 9>"/tmp/parley-scenario-ports-$base"
        flock -n 9 && return
    done
    fail 'all ranges of ports are taken'
}

# BASE and the ranges above it are this test's alone. A range has gRPC 1000 and admin ports 10000 above
# it, so BASE is chosen with those of the others: 10000 to 10900 above, 22000 and 22400 in tests/new.
own_ports() { # BASE
    base=$1
    exec 9>"/tmp/parley-scenario-ports-$base"
    flock -w 240 9 || fail "the ranges of ports from $base are taken"
}

# within MS COMMAND...: the command succeeds before MS milliseconds are over.
within() {
    local deadline=$(($(date +%s%N) / 1000000 + $1))
    shift
    until "$@"; do
        [ $(($(date +%s%N) / 1000000)) -lt $deadline ] || return 1
        read -r -t 0.02 <>"$workspace/tick" || true
    done
}
mkfifo "$workspace/tick"

# Not by a pipe to grep -q, which ends before the command has written the rest.
is_running() { grep -q '"state":"running"' <<<"$(parley status --json)"; }

start_up() {
    "$bin/parley" -C "$workspace" up mall --port-base "$base" "$@" >"$workspace/out" 2>&1 9>&- &
    up=$!
    within 30000 is_running || fail 'not ready after 30 s'
}

# The processes of the system, services and stores.
pids() { parley status --json | grep -o '"pid":[0-9]*' | cut -d: -f2 | grep -v '^0$'; }

# One that has ended and waits for its parent is gone, too.
is_gone() {
    local state
    state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 0
    [ -z "$state" ] || [ "$state" = Z ] || [ "$state" = X ]
}

# What is left of these processes, for a message.
left_of() {
    local pid
    for pid in $1; do
        is_gone "$pid" || printf '%s %s; ' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-80)"
    done
}

all_gone() {
    local pid
    for pid in $1; do
        is_gone "$pid" || return 1
    done
}

request() { # METHOD PATH [BODY]
    curl -sS --max-time 60 -X "$1" "http://127.0.0.1:$((base + 88))$2" \
        ${3:+-H 'content-type: application/json' -d "$3"}
}
