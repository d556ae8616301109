#!/usr/bin/env bash
# parley verify as people use it: verify.sh BUILD PROTOC words|python. The provider is a stub, of the
# contracts themselves or of others; or one in Python.
set -euo pipefail
build=$1
export PROTOC=$2
parley=$build/bin/parley
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
provider=
verifier=
bundled=
cleanup() {
    [ -z "$bundled" ] || kill "$bundled" 2>/dev/null || true
    [ -z "$provider" ] || kill "$provider" 2>/dev/null || true
    [ -z "$verifier" ] || kill -KILL "$verifier" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT
cp -r "$here/stub/workspace" "$folder/workspace"
cp -r "$here/stub/workspace" "$folder/provider"
cd "$folder/workspace"
mkfifo "$folder/tick"

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

provide() { # ARGUMENT...: serves the provider's folder; its address is $target
    if [ -n "$provider" ]; then
        kill "$provider"
        wait "$provider" || true
    fi
    : >"$folder/out"
    (cd "$folder/provider" && exec "$build/libexec/parley/stub" books.v1 "$@") \
        >"$folder/out" 2>"$folder/err" &
    provider=$!
    within 20000 grep -q ready "$folder/out" || fail "no stub: $(cat "$folder/out" "$folder/err")"
    target=$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/out")
}

expect() { # EXPECTED TEXT ARGUMENT...: parley ARGUMENT... ends with this exit code and says TEXT
    local code=0 expected=$1 text=$2
    shift 2
    "$parley" "$@" >"$folder/said" 2>&1 || code=$?
    [ "$code" = "$expected" ] || fail "parley $*: expected $expected, got $code: $(cat "$folder/said")"
    grep -qF -e "$text" "$folder/said" || fail "parley $*: expected $text: $(cat "$folder/said")"
}

said() { # TEXT: the last one said it, too
    grep -qF -e "$1" "$folder/said" || fail "expected $1: $(cat "$folder/said")"
}

usage() {
    expect 2 'which provider' verify
    expect 2 'where does it run?' verify books.v1
    said 'no system that runs here serves books.v1'
    expect 2 "no system 'mall' runs here" verify books.v1 --system mall
    expect 2 'one provider at a time' verify books.v1 cooks.v1 --target "$target"
    expect 2 '--timeout 1200h: at most' verify books.v1 --target "$target" --timeout 1200h
    expect 2 'TLS needs --tls-ca' verify books.v1 --target "$target" --server-name it.test
}

success() {
    expect 0 'books.v1: 3 passed, 0 failed; ' verify books.v1 --target "$target"
    grep -q $'\r' "$folder/said" && fail 'progress is shown where there is no terminal'
    expect 0 'passed: reader: a book  (contracts/books.v1/reader.yaml:6)' -v verify books.v1 \
        --target "$target"
    expect 0 '{"provider":"books.v1","passed":3,"failed":0,"skipped":0,' --json verify books.v1 \
        --target "$target" --report "$folder/report" --junit "$folder/junit" \
        --sarif "$folder/sarif" --markdown "$folder/markdown" --provider-version 7
    said '"name":"a book","consumer":"reader","file":"contracts/books.v1/reader.yaml","line":6,"verdict":"passed"'
    grep -q '"version":"7"' "$folder/report" || fail "$(cat "$folder/report")"
    grep -q 'tests="3" failures="0"' "$folder/junit" || fail "$(cat "$folder/junit")"
    grep -q '"version":"2.1.0"' "$folder/sarif" || fail "$(cat "$folder/sarif")"
    grep -q '^\*\*Passed' "$folder/markdown" || fail "$(cat "$folder/markdown")"
}

nothing() { # where nothing is verified nothing succeeds
    expect 12 'nothing was verified' verify books.v1 --target "$target" --filter 'no such name'
    expect 2 "no consumer 'raeder', did you mean 'reader'?" verify books.v1 --target "$target" --consumer raeder
    expect 2 '"contracts":[],"message":"no consumer' --json verify books.v1 --target "$target" --consumer writer
    expect 2 "no provider 'boks.v1', did you mean 'books.v1'?" verify boks.v1 --target "$target"
    expect 2 '{"provider":"boks.v1","passed":0,"failed":0,' --json verify boks.v1 --target "$target"
    said '"message":"no provider '
    # A provider that nobody has contracts with.
    mkdir proto/cooks
    printf 'syntax = "proto3";\npackage cooks.v1;\n' >proto/cooks/cooks.proto
    expect 12 'there is no folder' verify cooks.v1 --target "$target"
    said '0 comparisons: nothing was verified'
    expect 12 '{"provider":"cooks.v1","passed":0,"failed":0,' --json verify cooks.v1 --target "$target"
    said '"message":"cooks.v1: no contracts, '
    rm -r proto/cooks
    expect 1 'none.stub' verify ./none.stub --target "$target"
    expect 12 'GetBook at 127.0.0.1:1: UNAVAILABLE' verify books.v1 --target 127.0.0.1:1
    said 'the connection is TRANSIENT_FAILURE'
    said 'Connection refused'
    said '0 passed, 1 failed, 2 skipped'
    expect 1 '"contracts":[],"message":"nothing was verified: the catalogue' --json verify books.v1 \
        --target "$target" --states 127.0.0.1:1
    expect 1 'the states at 127.0.0.1:1' verify books.v1 --target "$target" --states 127.0.0.1:1
}

difference() {
    sed -i 's/left: !type 3/left: 3/; s/title: !non_empty Emma/title: ""/' \
        "$folder/provider/contracts/books.v1/reader.yaml"
    provide
    expect 12 "response.title: expected not empty, got ''" verify books.v1 --target "$target" --github
    said 'contracts/books.v1/reader.yaml:9:29'
    said '::error file=contracts/books.v1/reader.yaml,line=9,col=29,title=reader::a book: response.title'
    said '2 passed, 1 failed'
    # A file that cannot be written keeps nothing else from being written.
    rm .parley/.verify-books.v1
    expect 1 '/dev/full: No space left' verify books.v1 --target "$target" --junit /dev/full \
        --report "$folder/beside"
    grep -q VERDICT_FAILED "$folder/beside" || fail "$(cat "$folder/beside")"
    expect 12 '0 passed, 1 failed, 2 skipped' verify books.v1 --target "$target" --last-failed
    cp contracts/books.v1/reader.yaml "$folder/provider/contracts/books.v1/reader.yaml"
    provide
    expect 0 '1 passed, 0 failed, 2 skipped' verify books.v1 --target "$target" --last-failed
    expect 0 'nothing of books.v1 failed last time' verify books.v1 --target "$target" --last-failed
    said '3 passed'
    printf 'reader\tby another name\n' >.parley/.verify-books.v1
    expect 0 'nothing of books.v1 that failed last time is there now' verify books.v1 \
        --target "$target" --last-failed
    said '3 passed'
}

bundle() {
    expect 0 '' stub books.v1 --bundle "$folder/books.stub"
    cd /
    expect 0 '3 passed' verify "$folder/books.stub" --target "$target" \
        --report "$folder/books.verified.json" --provider-version 1.4.0
    # What was verified, a stub of the same bundle tells with every answer.
    : >"$folder/bundle"
    "$build/libexec/parley/stub" "$folder/books.stub" >"$folder/bundle" 2>&1 &
    bundled=$!
    within 20000 grep -q ready "$folder/bundle" || fail "$(cat "$folder/bundle")"
    expect 0 'x-contract-verified: 1.4.0' call -v \
        "$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/bundle")" BookService.GetBook '{"id": 7}'
    kill "$bundled"
    wait "$bundled" || true
    bundled=
    cd "$folder/workspace"
}

tls() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -keyout "$folder/key" -out "$folder/cert" -subj /CN=it.test \
        -addext subjectAltName=IP:127.0.0.1 2>/dev/null
    chmod 600 "$folder/key"
    provide --tls-cert "$folder/cert" --tls-key "$folder/key"
    expect 0 '3 passed' verify books.v1 --target "$target" --tls-ca "$folder/cert"
    expect 12 'UNAVAILABLE' verify books.v1 --target "$target"
}

rest() { # over HTTP, by what a stub serves there
    local folders="$folder/workspace $folder/provider" one
    for one in $folders; do
        sed -i 's|\(rpc BuyBook.*\);|\1 { option (google.api.http) = { post: "/books/{id}:buy" body: "*" }; }|' \
            "$one/proto/books/v1/books.proto"
        cat >"$one/contracts/books.v1/page.yaml" <<'YAML'
consumer: page
provider: books.v1
access: [rest]
contracts:
- name: it is shown
  call: BookService.GetBook
  http: GET /books/{id}
  request: { id: 7 }
  response: { id: 7, title: !non_empty Emma }
- name: it is gone
  call: BookService.GetBook
  http: GET /books/{id}
  request: { id: 999 }
  status: { code: NOT_FOUND, message: book 999 is not kept, details: [{ "@type": books.v1.Book, id: 999, left: 0 }] }
- name: it is bought
  call: BookService.BuyBook
  http: POST /books/{id}:buy
  request: { id: 7, copies: 2, card_number: a/b }
  response: { left: 3 }
  must_not_contain: [card_number]
  idempotent: true
YAML
    done
    provide
    http=$(sed -n 's/.*http=\([^ ]*\).*/\1/p' "$folder/out")
    expect 0 'passed: page: it is bought' -v verify books.v1 --target "$target" --rest "$http" --consumer page
    said '3 passed, 0 failed, 3 skipped'
    if grep -q 'over gRPC' "$folder/said"; then fail "not over HTTP: $(cat "$folder/said")"; fi
    expect 12 '3 contracts with "http:" went over gRPC; --rest' verify books.v1 --target "$target" --consumer page
    # Only what has a binding goes there.
    expect 12 "page: it is shown  (contracts/books.v1/page.yaml:5)" verify books.v1 --target "$target" --rest 127.0.0.1:1
    said 'GET /books/7 at 127.0.0.1:1: UNAVAILABLE'
    said '3 passed, 3 failed'
    sed -i 's/title: !non_empty Emma/title: ""/; s/left: 0/left: 1/; s/left: 3/left: 4/; s/message: book 999 is not kept/message: book 999 was/' \
        "$folder/provider/contracts/books.v1/page.yaml"
    provide
    http=$(sed -n 's/.*http=\([^ ]*\).*/\1/p' "$folder/out")
    expect 12 "response.title: expected not empty, got ''" verify books.v1 --target "$target" --rest "$http" --consumer page
    said "status.message: expected 'book 999 is not kept', got 'book 999 was'"
    said 'status.details[books.v1.Book].left: expected 0, got 1'
    said 'response.left: expected 3, got 4'
    sed -i 's/code: NOT_FOUND/code: ABORTED/' "$folder"/provider/contracts/books.v1/*.yaml
    provide
    http=$(sed -n 's/.*http=\([^ ]*\).*/\1/p' "$folder/out")
    expect 12 'status.code: expected NOT_FOUND, got ABORTED' verify books.v1 --target "$target" --rest "$http" --consumer page
    rm "$folder"/*/contracts/books.v1/page.yaml
    cp contracts/books.v1/reader.yaml "$folder/provider/contracts/books.v1/reader.yaml"
}

interrupt() { # SIGNAL
    local code=0
    provide --latency 2s
    # By the program itself: a signal is for it.
    "$build/libexec/parley/verify" books.v1 --target "$target" >"$folder/said" 2>&1 &
    verifier=$!
    within 20000 has_threads || fail 'it does not call'
    kill "-$1" "$verifier"
    wait "$verifier" || code=$?
    verifier=
    [ "$code" = 130 ] || fail "after $1: expected exit code 130, got $code: $(cat "$folder/said")"
    grep -q 'interrupted after [0-3] of 3' "$folder/said" || fail "$(cat "$folder/said")"
}

has_threads() { # it has got as far as its channels, and listens to Ctrl-C by then
    [ "$(sed -n 's/^Threads:[[:space:]]*//p' "/proc/$verifier/status")" -gt 1 ]
}

reach() { # 100 contracts, protoc included; 2 s where nothing else runs
    local i start took
    sed '/^contracts:/q' contracts/books.v1/reader.yaml >"$folder/many"
    for i in $(seq 100); do
        printf -- '- name: book %d\n  call: BookService.GetBook\n  request: { id: %d }\n' "$i" "$i"
        printf '  response: { id: %d, title: !non_empty Emma }\n' "$i"
    done >>"$folder/many"
    cp contracts/books.v1/reader.yaml "$folder/few"
    cp "$folder/many" contracts/books.v1/reader.yaml
    cp "$folder/many" "$folder/provider/contracts/books.v1/reader.yaml"
    provide
    start=$(date +%s%N)
    expect 0 '100 passed, 0 failed; 300 comparisons' verify books.v1 --target "$target"
    took=$((($(date +%s%N) - start) / 1000000))
    [ "$took" -lt 20000 ] || fail "100 contracts took $took ms"
    cp "$folder/few" contracts/books.v1/reader.yaml
    cp "$folder/few" "$folder/provider/contracts/books.v1/reader.yaml"
}

words() {
    provide
    usage
    success
    nothing
    difference
    bundle
    reach
    rest
    tls
    interrupt INT
    interrupt TERM
    sed -i 's/id: 999/di: 999/' contracts/books.v1/reader.yaml
    expect 10 'contracts/books.v1/reader.yaml:13:14: error: ' verify books.v1 --target "$target"
}

python() { # a provider that is none of ours
    cp "$here/verify/reader.yaml" contracts/books.v1/reader.yaml
    /usr/bin/python3 "$here/verify/provider.py" >"$folder/out" 2>"$folder/err" &
    provider=$!
    within 20000 grep -q ready "$folder/out" || fail "no provider: $(cat "$folder/err")"
    target=$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/out")
    expect 12 'passed: reader: a book  (' -v verify books.v1 --target "$target"
    said 'passed: reader: it is busy'
    said 'passed: reader: it gives up'
    # It ends in the middle of the call.
    said 'failed: reader: it falls over'
    said "GetBook at $target: UNAVAILABLE"
    said 'the transport said: '
    provider=
}

if [ "$3" = python ]; then
    # shellcheck source=tests/interop/peers/install.sh
    . "$here/../../../tests/interop/peers/install.sh"
    need python || exit 77
fi
"$3"
