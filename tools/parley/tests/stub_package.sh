#!/usr/bin/env bash
# The package of a stub, by its README: stub_package.sh BUILD PROTOC ROOT python|node. What
# the README says for this language, and its curl, is run against the stub that is in the package.
set -euo pipefail
build=$1 protoc=$2 root=$3 language=$4
provider=mall.products.v1
folder=$(mktemp -d)
stub=
cleanup() {
    [ -z "$stub" ] || kill "$stub" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT
export PROTOC=$protoc

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# shellcheck source=tests/interop/peers/install.sh
. "$root/tests/interop/peers/install.sh"
need "$language" || exit 77
cd "$root"
"$build/bin/parley" stub $provider --bundle "$folder/$provider.stub" -q
stubs/package.sh $provider "$build/bin/parley" "$protoc" "$folder"
mkdir "$folder/elsewhere"
tar -xzf "$folder/$provider.tar.gz" -C "$folder/elsewhere"
cd "$folder/elsewhere/$provider"
grep -q '"openapi":"3.1.0"' openapi.json || fail 'no OpenAPI'
mkfifo "$folder/ready"
"$build/libexec/parley/stub" $provider.stub >"$folder/ready" 2>"$folder/err" &
stub=$!
read -r -t 120 line <"$folder/ready" || fail "no stub: $(cat "$folder/err")"
grpc=$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' <<<"$line")
http=$(sed -n 's/.*http=\([^ ]*\).*/\1/p' <<<"$line")

block() { # LANGUAGE: what the README has in it, for the stub that runs
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" README.md | sed -e '/^```/d' -e "s/127\.0\.0\.1:9000/$grpc/"
}

case $language in
python)
    bash -c "PATH=$(dirname "$protoc"):\$PATH; $(block sh)"
    block python >consumer.py
    /usr/bin/python3 consumer.py >"$folder/said"
    PYTHONPATH=gen /usr/bin/python3 -c 'from google.rpc import error_details_pb2, status_pb2
from parley.event.v1 import envelope_pb2
from mall.products.v1 import events_pb2
status_pb2.Status().details.add().Pack(error_details_pb2.ErrorInfo(reason="NOT_FOUND"))' ||
        fail 'details and events cannot be read'
    grep -q '"name": "TV"' "$folder/said" || fail "$(cat "$folder/said")"
    grep -q 'contracts/mall.products.v1/' "$folder/said" || fail "$(cat "$folder/said")"
    ;;
node)
    block js >consumer.js
    NODE_PATH=$build/interop/node/node_modules node consumer.js >"$folder/said"
    grep -q '"name":"TV"' "$folder/said" || fail "$(cat "$folder/said")"
    ;;
esac
bash -c "$(sed -n "s/^    \(curl .*\)/\1/p" README.md | sed "s/127\.0\.0\.1:9001/$http/") -s" >"$folder/said"
grep -q '^HTTP/1.1 200' "$folder/said" || fail "$(cat "$folder/said")"
grep -q '^x-contract: ' "$folder/said" || fail "$(cat "$folder/said")"
