#!/usr/bin/env bash
# parley stub --record, with a stub as the real server: record.sh BUILD PROTOC. What was recorded
# checks clean, and a stub of the recording answers as the real server did.
set -euo pipefail
build=$1
export PROTOC=$2
parley=$build/bin/parley
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
running=()
cleanup() {
    [ ${#running[@]} = 0 ] || kill "${running[@]}" 2>/dev/null || true
    [ ${#running[@]} = 0 ] || wait "${running[@]}" 2>/dev/null || true # they write until they end
    rm -rf "$folder"
}
trap cleanup EXIT
cp -r "$here/record/workspace" "$folder/workspace"
cd "$folder/workspace"
mkfifo "$folder/tick"
seen=contracts/notes.v1/seen.yaml

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

serve() { # NAME ARGUMENT...: starts a stub; sets pid and grpc
    local name=$1
    shift
    : >"$folder/$name.out"
    # By the program itself: a signal is for it.
    "$build/libexec/parley/stub" "$@" >"$folder/$name.out" 2>"$folder/$name.err" &
    pid=$!
    running+=("$pid")
    within 20000 grep -q ready "$folder/$name.out" || fail "$name: $(cat "$folder/$name.err")"
    grpc=$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/$name.out")
}

end() { # SIGNAL EXPECTED: the last one ends with this exit code
    local code=0
    kill "-$1" "$pid"
    wait "$pid" || code=$?
    unset 'running[-1]'
    [ "$code" = "$2" ] || fail "after $1: expected exit code $2, got $code"
}

call() { # ADDRESS METHOD MESSAGE...: with the status; times are not the same twice
    local address=$1 method=$2
    shift 2
    "$parley" call "$address" "NoteService.$method" "$@" -H 'authorization: Bearer abc' -H 'x-api-key: 4711' \
        -H 'x-tenant: acme' 2>&1 |
        sed 's/"written": .*/"written"/' || true
}

calls() { # ADDRESS: a call of every kind, some twice
    call "$1" GetNote '{"id": 7}'
    call "$1" GetNote '{"id": 7}'
    call "$1" GetNote '{"id": 999}'
    call "$1" WriteNote '{"text": "hello", "password": "hunter2"}'
    call "$1" ListNotes '{"writer": "Kim"}'
    call "$1" ListNotes '{"writer": "nobody"}'
    call "$1" CountNotes '{"id": 1}' '{"id": 2}'
    call "$1" Chat '{"text": "hello"}' '{"text": "bye"}'
}

has() { # TEXT: the recording has it
    grep -qF -e "$1" "$seen" || fail "no '$1' in $(cat "$seen")"
}

serve real notes.v1
real=$grpc
# Nothing to write to is said before the first call.
code=0
"$parley" stub notes.v1 --record "$real" --out "$folder/said/no.yaml" 2>"$folder/said" || code=$?
[ "$code" = 1 ] || fail "expected exit code 1, got $code"
grep -qF "$folder/said/no.yaml" "$folder/said" || fail "$(cat "$folder/said")"

serve recorder notes.v1 --record "$real" --out "$seen"
calls "$grpc" >"$folder/recorded"
# Once more, and it is answered otherwise.
call "$grpc" WriteNote '{"text": "hello", "password": "hunter3"}' >/dev/null
within 20000 test -f "$seen" || fail 'it is not written while it goes on'
end INT 130
"$parley" contract check 2>"$folder/said" || fail "$(cat "$seen" "$folder/said")"
"$parley" contract fmt --check "$seen" || fail 'it is not laid out'
[ "$(grep -c '^- name:' "$seen")" = 7 ] || fail "expected 7 contracts: $(cat "$seen")"
has 'written: !timestamp'
has 'key: !uuid 5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f60'
has 'authorization: !non_empty redacted'
has 'x-api-key: !non_empty redacted'
has 'x-tenant: acme'
has '#   status: ALREADY_EXISTS'
has '- close'
has "- { '@type': notes.v1.Why, reason: nobody }"
has '- id: 3'
! grep -qE 'hunter|Bearer|4711|010-1234' "$seen" || fail "a secret is in it: $(cat "$seen")"

# What it holds is not lost to another one.
code=0
"$parley" stub notes.v1 --record "$real" --out "$seen" 2>"$folder/said" || code=$?
[ "$code" = 1 ] || fail "expected exit code 1, got $code"
grep -qF 'is there already' "$folder/said" || fail "$(cat "$folder/said")"

# The recording alone, in the place of the real server.
serve again notes.v1 --consumer seen
calls "$grpc" >"$folder/played"
sed -i 's/"telephone": .*/"telephone"/' "$folder/recorded" "$folder/played"
diff -u "$folder/recorded" "$folder/played" || fail 'the recording answers otherwise'
! "$parley" stub unused | grep -qv '(reader)' || fail "$("$parley" stub unused)"
# The journal says where a stream left its contract.
call "$grpc" Chat '{"text": "hello"}' '{"text": "what"}' >/dev/null
"$parley" stub journal | grep -qF "message 2.text: expected 'bye', got 'what'" || fail "$("$parley" stub journal)"
end TERM 0

# A real server with TLS, of which nothing is believed without its CA.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$folder/key" -out "$folder/cert" \
    -subj /CN=it.test -addext subjectAltName=DNS:it.test -days 2 2>/dev/null
chmod 600 "$folder/key"
serve secret notes.v1 --consumer reader --tls-cert "$folder/cert" --tls-key "$folder/key"
secret=$grpc
serve recorder notes.v1 --record "$secret" --out "$folder/tls.yaml" --tls-ca "$folder/cert" --server-name it.test
call "$grpc" GetNote '{"id": 7}' | grep -q '"written"' || fail 'no answer over TLS'
end INT 130
[ "$(grep -c '^- name:' "$folder/tls.yaml")" = 1 ] || fail "over TLS: $(cat "$folder/tls.yaml")"
serve recorder notes.v1 --record "$secret" --out "$folder/other.yaml" --tls-ca "$folder/cert" --server-name other.test
call "$grpc" GetNote '{"id": 7}' | grep -q UNAVAILABLE || fail 'a server with another name is believed'
end INT 130

# It ends though the real server does not answer.
cat >contracts/notes.v1/slow.yaml <<'YAML'
consumer: slow
provider: notes.v1
access: [grpc]
contracts:
- name: the second note takes its time
  call: NoteService.ListNotes
  steps:
  - recv: { writer: Kim }
  - send: { text: first }
  - delay: 1h
  - send: { text: second }
YAML
serve slow notes.v1 --consumer slow
serve recorder notes.v1 --record "$grpc" --out "$folder/slow.yaml"
"$parley" call "$grpc" NoteService.ListNotes '{"writer": "Kim"}' >"$folder/said" 2>&1 &
within 20000 grep -q first "$folder/said" || fail 'nothing comes through'
kill -TERM "$pid"
within 20000 grep -q contracts "$folder/recorder.err" || fail 'it does not end'
wait "$pid" || fail "it ends with $?"
unset 'running[-1]'

# A real server that gives two answers where there is one.
mkdir "$folder/two" && cp -r parley.yaml proto "$folder/two"
sed -i 's/returns (CountNotesResponse)/returns (stream CountNotesResponse)/; /rpc GetNote/s/(Note)/(stream Note)/' \
    "$folder"/two/proto/*/*/*.proto
mkdir -p "$folder/two/contracts/notes.v1"
cat >"$folder/two/contracts/notes.v1/two.yaml" <<'YAML'
consumer: two
provider: notes.v1
access: [grpc]
contracts:
- name: two notes
  call: NoteService.GetNote
  steps:
  - recv: { id: 7 }
  - send: { id: 7 }
  - send: { text: merged }
- name: two counts
  call: NoteService.CountNotes
  steps:
  - recv: { id: 1 }
  - close
  - send: { count: 1 }
  - send: { count: 2 }
YAML
cd "$folder/two"
serve two notes.v1
cd "$folder/workspace"
serve recorder notes.v1 --record "$grpc" --out "$folder/two.yaml"
for asked in 'GetNote {"id":7}' 'CountNotes {"id":1}'; do
    call "$grpc" "${asked% *}" "${asked#* }" >"$folder/said"
    grep -q 'INTERNAL.*more than one answer' "$folder/said" || fail "two answers to $asked: $(cat "$folder/said")"
done
end INT 130
[ ! -e "$folder/two.yaml" ] || fail "it is recorded: $(cat "$folder/two.yaml")"

# Where the workspace has no protos, the server says what it is; one that is gone is no contract.
mkdir "$folder/empty" && cd "$folder/empty"
serve elsewhere notes.v1 --record "$real" --out "$seen"
call "$grpc" GetNote '{"id": 999}' | grep -q 'note: not kept' || fail 'no answer'
kill "${running[0]}"
wait "${running[0]}" || true
call "$grpc" GetNote '{"id": 7}' | grep -q "$real" || fail 'the address is not named'
end INT 130
[ "$(grep -c '^- name:' "$seen")" = 1 ] || fail "$(cat "$seen")"
