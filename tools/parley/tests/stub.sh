#!/usr/bin/env bash
# parley stub as people use it: stub.sh BUILD PROTOC words|python. `python` is a consumer in Python
# that develops against the stub of a service that nobody has written.
set -euo pipefail
build=$1
protoc=$2
parley=$build/bin/parley
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
stub=
cleanup() {
    [ -z "$stub" ] || kill "$stub" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT
export PROTOC=$protoc
cp -r "$here/stub/workspace" "$folder/workspace"
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

serve() { # ARGUMENT...: starts the stub; its line of readiness is in $folder/out
    : >"$folder/out"
    # By the program itself: a signal is for it.
    "$build/libexec/parley/stub" "$@" >"$folder/out" 2>"$folder/err" &
    stub=$!
    within 20000 grep -q ready "$folder/out" || fail "no stub: $(cat "$folder/out" "$folder/err")"
}

end() { # SIGNAL EXPECTED: the stub ends with this exit code
    local code=0
    kill "-$1" "$stub"
    wait "$stub" || code=$?
    stub=
    [ "$code" = "$2" ] || fail "after $1: expected exit code $2, got $code"
}

expect() { # EXPECTED TEXT ARGUMENT...: parley ARGUMENT... ends with this exit code and says TEXT
    local code=0 expected=$1 text=$2
    shift 2
    "$parley" "$@" >"$folder/said" 2>&1 || code=$?
    [ "$code" = "$expected" ] || fail "parley $*: expected $expected, got $code: $(cat "$folder/said")"
    grep -qF -e "$text" "$folder/said" || fail "parley $*: $(cat "$folder/said")"
}

has_contract() { # NAME: the stub has it
    "$parley" stub unused 2>/dev/null | grep -q "^$1  contracts"
}

# What does not know the field `shelf`, which the proto has now, refuses it.
knows_shelf() {
    "$parley" call "$(sed -n '1s/.*grpc=\([^ ]*\).*/\1/p' "$folder/out")" BookService.GetBook \
        '{"id": 7, "shelf": ""}' >/dev/null 2>&1
}

watch() {
    local was
    # A folder of protos above another one.
    printf 'syntax = "proto3";\npackage books;\nmessage Shelf {}\n' >proto/books/shelf.proto
    serve books.v1 --watch
    was=$(cat "$folder/out")
    # What cannot be compiled is said, and the stub goes on as it was.
    sed 's/GetBook$/GetBock/' contracts/books.v1/reader.yaml >"$folder/wrong"
    cp "$folder/wrong" contracts/books.v1/reader.yaml
    within 20000 grep -qF GetBock "$folder/out" || fail 'what is wrong is not said'
    within 20000 grep -qF 'goes on with the contracts from before' "$folder/err" || fail 'does it go on?'
    has_contract 'a book' || fail 'it forgot its contracts'
    sed 's/GetBock$/GetBook/; s/name: a book$/name: one book/' "$folder/wrong" >"$folder/renamed"
    mv "$folder/renamed" contracts/books.v1/reader.yaml
    within 20000 has_contract 'one book' || fail "no change is seen: $(cat "$folder/err")"
    # git takes a folder away, and puts another in its place.
    mv contracts/books.v1 "$folder/gone"
    cp -r "$folder/gone" contracts/books.v1
    sed -i 's/name: one book/name: another book/' contracts/books.v1/reader.yaml
    within 20000 has_contract 'another book' || fail "the new folder is not seen: $(cat "$folder/err")"
    # A proto alone is enough: the one in either folder, with what fits no longer and what fits.
    sed -i 's/string title/string heading/' proto/books/v1/books.proto
    within 20000 grep -qF "no field 'title'" "$folder/out" || fail "no proto is seen: $(cat "$folder/out" "$folder/err")"
    within 20000 has_contract 'another book' || fail 'it forgot its contracts'
    echo 'message Shelf {}' >>proto/books/shelf.proto
    sed -i 's/string heading/string title/' proto/books/v1/books.proto
    within 20000 grep -qF 'proto/books/shelf.proto:4:' "$folder/out" || fail 'nor the folder above'
    sed -i '$d' proto/books/shelf.proto
    sed -i 's/^  int64 id = 1;/&\n  string shelf = 9;/' proto/books/v1/books.proto
    within 20000 knows_shelf || fail "the new proto is not served: $(cat "$folder/err")"
    printf '\nmessage Shelf {}\n' >>proto/books/shelf.proto
    within 20000 grep -qF 'proto/books/shelf.proto:5:' "$folder/out" || fail 'it is not watched any more'
    rm proto/books/shelf.proto
    [ "$(head -n 1 "$folder/out")" = "$was" ] || fail 'its addresses have changed'
    end TERM 0
}

tls() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -keyout "$folder/key" -out "$folder/cert" -subj /CN=it.test \
        -addext subjectAltName=IP:127.0.0.1 2>/dev/null
    chmod 600 "$folder/key"
    serve books.v1 --tls-cert "$folder/cert" --tls-key "$folder/key"
    expect 0 Emma call "$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/out")" BookService.GetBook \
        '{"id": 7}' --tls-ca "$folder/cert"
    end TERM 0
}

http() { # STATUS TEXT PATH [CURL OPTION]...: what the HTTP address answers
    local status
    status=$(curl -s -i -o "$folder/said" -w '%{http_code}' "${@:4}" \
        "http://$(sed -n 's/.*http=\([^ ]*\).*/\1/p' "$folder/out")$3")
    [ "$status" = "$1" ] || fail "$3: expected $1, got $status: $(cat "$folder/said")"
    grep -qF -e "$2" "$folder/said" || fail "$3: $(cat "$folder/said")"
}

rest() {
    mkdir -p contracts/books.v1
    cat >contracts/books.v1/page.yaml <<'YAML'
consumer: page
provider: books.v1
access: [rest]

contracts:
- name: the page shows a book
  call: BookService.GetBook
  http: GET /books/{id}
  request: { id: 7 }
  response: { title: !non_empty Emma }
YAML
    serve books.v1 --clock 2026-01-31T12:00:00Z
    http 200 '"title":"Emma"' /books/7
    grep -q '^x-contract: the page shows a book, contracts/books.v1/page.yaml:6' "$folder/said" ||
        fail "$(cat "$folder/said")"
    http 501 'id: expected 7, got 8' /books/8
    http 404 '"status":"NOT_FOUND"' /cooks/8
    http 200 '{"_links":{}}' / # no link to where nothing is
    http 400 '"status":"INVALID_ARGUMENT"' /books/%zz
    http 405 '"status":"UNIMPLEMENTED"' /books/7 -X DELETE
    http 200 '"http":{"method":"GET","path":"/books/8"}' /__parley/journal
    http 200 '{"now":"2026-01-31T12:00:00.000000Z","set":true}' /__parley/clock
    http 200 '{"now":"2027-01-31T12:00:00.000000Z","set":true}' /__parley/clock -d '{"now":"2027-01-31T12:00:00Z"}'
    http 400 'expected {' /__parley/clock -d '{"now":"yesterday"}'
    http 200 '"set":false' /__parley/clock -d '{"now":null}'
    expect 0 'GET /books/8  books.v1.BookService.GetBook' stub journal
    expect 0 'GET /cooks/8  404  nothing has this path' stub journal
    end TERM 0
    expect 2 "--clock: expected a time" stub books.v1 --clock noon
    rm contracts/books.v1/page.yaml
}

bundle() {
    local hash
    expect 0 'books.stub: 3 contracts' stub books.v1 --bundle "$folder/books.stub"
    expect 0 '{"contracts":3}' stub books.v1 --bundle "$folder/books.stub" --json
    # Field 2 of a bundle, behind its version, is the hash.
    hash=$(head -c 36 "$folder/books.stub" | tail -c 32 | base64 -w 0)
    printf '{"hash":"%s","provider":"books.v1","version":"1.4.0","contracts":[%s]}' "$hash" \
        '{"name":"a book","consumer":"reader","verdict":"VERDICT_PASSED"}' >"$folder/books.verified.json"
    cd /
    serve "$folder/books.stub"
    grep -q 'contracts=3$' "$folder/out" || fail "$(cat "$folder/out")"
    expect 0 'x-contract-verified: 1.4.0' call -v "$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/out")" \
        BookService.GetBook '{"id": 7}'
    end TERM 0
    printf '{}' >"$folder/books.verified.json"
    expect 1 'books.verified.json: no report of a verification' stub "$folder/books.stub"
    rm "$folder/books.verified.json"
    cd "$folder/workspace"
    expect 2 'not served together' stub "$folder/books.stub" books.v1
    printf x >"$folder/bad.stub"
    expect 1 "$folder/bad.stub: " stub "$folder/bad.stub"
}

words() {
    expect 2 'of which provider' stub
    expect 2 "no code 'UNAVAILABEL', did you mean 'UNAVAILABLE'?" stub books.v1 --fault UNAVAILABEL:1
    expect 2 'a rate from 0 to 1' stub books.v1 --fault UNAVAILABLE:2
    expect 2 '--tls-cert and --tls-key belong together' stub books.v1 --tls-cert cert.pem
    expect 2 '--tls-ca and --server-name are for --record' stub books.v1 --tls-ca cert.pem
    expect 2 '--server-name needs --tls-ca' stub books.v1 --record localhost:1 --out o --server-name it.test
    expect 2 "there is no folder contracts/book.v1, did you mean 'books.v1'?" stub book.v1
    expect 1 "a file of contracts, and no bundle; did you mean their provider, 'books.v1'?" stub contracts/books.v1/reader.yaml
    (cd contracts/books.v1 && expect 2 "did you mean their provider, 'books.v1'?" stub reader.yaml)
    expect 1 "books.proto: bundle: it is none, or cut off; expected a provider such as mall.products.v1, a bundle" \
        stub proto/books/v1/books.proto
    expect 2 'there is no folder contracts/weather.v1 (a folder of bundles' stub weather.v1
    expect 2 '{"error":"weather.v1: no contracts' stub weather.v1 --json
    expect 2 'nobody-at-all has no contract about a call of it' stub books.v1 --consumer nobody-at-all
    expect 2 "readr has no contract about a call of it, did you mean 'reader'?" stub books.v1 --consumer readr
    expect 1 'no stub runs in this workspace' stub unused
    expect 1 '{"error":"no stub runs in this workspace' stub unused --json
    expect 1 'there is no workspace here; --at HTTP-ADDRESS names the stub' -C / stub unused
    serve books.v1
    grep -qE '^ready grpc=127\.0\.0\.1:[0-9]+ http=127\.0\.0\.1:[0-9]+ contracts=3$' "$folder/out" ||
        fail "$(cat "$folder/out")"
    expect 0 'a book  contracts/books.v1/reader.yaml:6  (reader)' stub unused
    expect 0 '{"calls":[],"dropped":0,' stub journal --json
    end INT 130
    expect 1 'no stub runs in this workspace' stub journal
    serve books.v1 --json
    grep -qE '^\{"ready":true,"grpc":"[0-9.:]+","http":"[0-9.:]+","contracts":3,"left_out":0\}$' "$folder/out" ||
        fail "$(cat "$folder/out")"
    end TERM 0
    rest
    bundle
    tls
    watch
    sed -i 's/id: 999/di: 999/' contracts/books.v1/reader.yaml
    expect 10 "contracts/books.v1/reader.yaml:13:14: error: " stub books.v1
}

python() {
    "$protoc" -I proto -I "$build/share/parley/include" --python_out="$folder" \
        books/v1/books.proto parley/options.proto google/api/annotations.proto google/api/http.proto \
        google/rpc/error_details.proto
    # Of which contracts speak, and which an old copy lacks.
    PYTHONPATH=$folder /usr/bin/python3 -c \
        'from google.rpc import error_details_pb2 as d; d.ErrorInfo(reason="X", metadata={"a": "b"})'
    serve books.v1
    PYTHONPATH=$folder /usr/bin/python3 "$here/stub/consumer.py" \
        "$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/out")" \
        "$(sed -n 's/.*http=\([^ ]*\).*/\1/p' "$folder/out")"
    end TERM 0
}

if [ "$3" = python ]; then
    # shellcheck source=tests/interop/peers/install.sh
    . "$here/../../../tests/interop/peers/install.sh"
    need python || exit 77
fi
"$3"
