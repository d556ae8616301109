#!/usr/bin/env bash
# parley stub --redis and parley stub trigger as people use them: stub_events.sh BUILD PROTOC.
set -euo pipefail
build=$1
export PROTOC=$2
parley=$build/bin/parley
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
redis=
running=()
cleanup() {
    [ ${#running[@]} = 0 ] || kill "${running[@]}" 2>/dev/null || true
    [ -z "$redis" ] || kill "$redis" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT
cp -r "$here/record/workspace" "$folder/workspace"
cd "$folder/workspace"
mkfifo "$folder/tick"
url=unix://$folder/redis.sock

# An event, beside the calls of the notes.
cat >proto/notes/v1/events.proto <<'PROTO'
// What notes tells.
syntax = "proto3";

package notes.v1;

import "parley/options.proto";

option (parley.stream) = "notes";

// A note was written.
message NoteWritten {
  option (parley.event_type) = { aggregate: "id" };
  // The note.
  int64 id = 1;
  // What it says.
  string text = 2 [(parley.limits) = { max_length: 100 }];
}
PROTO
cat >contracts/notes.v1/search.yaml <<'YAML'
consumer: search
provider: notes.v1
access: [events]

contracts:
- name: a note is new
  trigger: written
  event: NoteWritten
  stream: notes
  payload: { id: !range { min: 1, example: 7 }, text: !non_empty hello }
YAML

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

within() { # MS COMMAND...: it succeeds before MS milliseconds are over
    local deadline=$(($(date +%s%N) / 1000000 + $1))
    shift
    until "$@"; do
        [ $(($(date +%s%N) / 1000000)) -lt $deadline ] || return 1
        read -r -t 0.02 <>"$folder/tick" || true
    done
}

start_redis() {
    redis-server --port 0 --unixsocket "$folder/redis.sock" --dir "$folder" --save '' >/dev/null &
    redis=$!
    within 30000 redis PING >/dev/null || fail 'no Redis'
}

redis() {
    redis-cli -s "$folder/redis.sock" "$@" 2>/dev/null
}

serve() { # NAME ARGUMENT...: starts a stub; sets pid, grpc and http
    local name=$1
    shift
    : >"$folder/$name.out"
    "$build/libexec/parley/stub" "$@" >"$folder/$name.out" 2>"$folder/$name.err" &
    pid=$!
    running+=("$pid")
    within 20000 grep -q ready "$folder/$name.out" || fail "$name: $(cat "$folder/$name.err")"
    grpc=$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/$name.out")
    http=$(sed -n 's/.*http=\([^ ]*\).*/\1/p' "$folder/$name.out")
}

expect() { # EXPECTED TEXT ARGUMENT...: parley stub trigger ARGUMENT... ends so and says TEXT
    local code=0 expected=$1 text=$2
    shift 2
    "$parley" stub trigger "$@" >"$folder/said" 2>&1 || code=$?
    [ "$code" = "$expected" ] || fail "trigger $*: expected $expected, got $code: $(cat "$folder/said")"
    grep -qF -e "$text" "$folder/said" || fail "trigger $*: $(cat "$folder/said")"
}

length() { # N: the stream has so many entries
    [ "$(redis XLEN notes)" = "$1" ] || fail "expected $1 entries, got $(redis XLEN notes)"
}

expect 2 'expected FIELD=VALUE' written --set text
expect 2 'text stands twice' written --set text=a --set text=b
expect 1 'no stub runs in this workspace' written

# Without Redis, or with none that is there, the stub goes on.
serve plain notes.v1
expect 1 '--redis URL' written
grep -qF '1 contract about events left out; --redis URL' "$folder/plain.err" || fail "$(cat "$folder/plain.err")"
kill "$pid"
serve first notes.v1 --redis "$url"
grep -q 'contracts=9$' "$folder/first.out" || fail "$(cat "$folder/first.out")"
expect 1 "Redis at $url" written
"$parley" call "$grpc" NoteService.GetNote '{"id": 7}' >/dev/null || fail 'it no longer answers'

start_redis
expect 0 'notes.v1.NoteWritten ' written
length 2
expect 0 '"subject":"9007199254740993","version":1' written --json --set id=9007199254740993
expect 0 '"version":2' written --json --set 'text=two
lines'
expect 1 "no field 'tetx', did you mean 'text'?" written --set tetx=a
expect 1 'id: expected a whole number (int64), got "many"' written --set id=many
expect 1 'text: expected not empty' written --set text=
expect 1 'text: has 101 characters, an event at most 100' written --set "text=$(printf '%0101d' 1)"
expect 1 "did you mean 'written'?; there is: written" writen
expect 1 'no contract of nobody has the trigger' written --consumer nobody
head -c 70000 /dev/zero | tr '\0' x >"$folder/huge"
expect 1 'more than 65536 bytes' written --set "text=$(cat "$folder/huge")"
head -c 262145 /dev/zero | tr '\0' x >"$folder/huge"
curl -s --data-binary "@$folder/huge" "http://$http/__parley/triggers/written" |
    grep -qF 'the overrides are larger than 262144 bytes' || fail 'overrides have no limit'
length 4
! "$parley" stub unused | grep -q 'a note is new' || fail 'a trigger is no use'

# What the stream has lost, the stub has.
"$parley" call "$grpc" EventLogService.Read '{"stream": "notes"}' >"$folder/log"
[ "$(grep -c '"envelope"' "$folder/log")" = 4 ] || fail "$(cat "$folder/log")"

# A stub that is killed while it publishes: the next one takes over what has arrived.
(for _ in 1 2 3 4 5 6 7 8; do
    "$parley" stub trigger written --at "$http" >/dev/null 2>&1 || true
done) &
burst=$!
more() { [ "$(redis XLEN notes)" -gt 4 ]; }
within 30000 more || fail 'nothing is published'
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
wait "$burst"
was=$(redis XLEN notes)
serve second notes.v1 --redis "$url"
second=$http
expect 0 notes.v1.NoteWritten written --at "$second"
length $((was + 2)) # the generation, and the event

# Of two stubs on one stream the later one publishes, and the other says so.
serve third notes.v1 --redis "$url"
expect 0 notes.v1.NoteWritten written --at "$http"
expect 1 'another parley.stub publishes there now' written --at "$second"

# Somebody else's stream is left alone.
redis DEL notes >/dev/null
redis XADD notes '*' hello world >/dev/null
serve fourth notes.v1 --redis "$url"
expect 1 'was written by no publisher' written
length 1
