#!/usr/bin/env bash
# archive.sh BUILD PROTOC: a consumer and a provider with the parley that is in the archive of
# ./dev dist. PROTOC makes the Python code only; parley has its own.
set -euo pipefail
build=$1 protoc=$2
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$here/../../tools/dev/dist.sh" "$build" "$folder" >"$folder/log"
mkdir "$folder/parley"
tar -xzf "$folder"/parley-*.tar.gz -C "$folder/parley" --strip-components 1
"$here/run.sh" "$build" "$protoc" python consumer "$folder/parley"
"$here/run.sh" "$build" "$protoc" node provider "$folder/parley"
