#!/usr/bin/env bash
# What parley contract openapi writes is OpenAPI, by its JSON Schema, and a document that is not is
# refused: openapi.sh BUILD ROOT PROVIDER...
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1 root=$2
shift 2
# shellcheck source=tests/interop/peers/install.sh
. "$root/tests/interop/peers/install.sh"
need node || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

valid() { node "$here/openapi.mjs" "$build/interop/node/node_modules" "$1"; }

for provider; do
    "$build/bin/parley" -C "$root" contract openapi "$provider" >"$folder/openapi.json"
    valid "$folder/openapi.json"
    sed 's/"description"/"descriptoin"/g' "$folder/openapi.json" >"$folder/wrong.json"
    if valid "$folder/wrong.json" >/dev/null; then
        echo "$provider: a document without descriptions of its answers is accepted" >&2
        exit 1
    fi
done
