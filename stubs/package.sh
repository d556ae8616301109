#!/usr/bin/env bash
# Packs what a consumer of PROVIDER needs, in any language: package.sh PROVIDER PARLEY PROTOC OUT, in a
# workspace. OUT/PROVIDER/ and OUT/PROVIDER.tar.gz hold the bundle (OUT/PROVIDER.stub), the
# descriptors, the protos with what they import, its REST as OpenAPI, and a README with the commands.
set -euo pipefail
provider=$1 parley=$2 protoc=$3 out=$4
folder=$out/$provider
include=$(dirname "$parley")/../share/parley/include

# What no proto imports and consumers read all the same: details of a status, the frame of an event.
extra=(google/rpc/status.proto google/rpc/error_details.proto)
! grep -qE '^[- ] *event:' contracts/"$provider"/*.yaml || extra+=(parley/event/v1/envelope.proto)

mapfile -t protos < <(grep -rlE "^package $provider;" proto --include='*.proto' | sed 's|^proto/||' | LC_ALL=C sort)
rm -rf "$folder"
mkdir -p "$folder/proto"
cp "$out/$provider.stub" "$folder/"
[ ! -f "$out/$provider.verified.json" ] || cp "$out/$provider.verified.json" "$folder/"
"$protoc" -I proto -I "$include" --include_imports --include_source_info \
    --descriptor_set_out="$folder/$provider.binpb" "${protos[@]}" "${extra[@]}"
# All that is in it, but for what comes with every compiler.
"$protoc" --decode google.protobuf.FileDescriptorSet google/protobuf/descriptor.proto \
    <"$folder/$provider.binpb" | sed -nE 's/^  name: "(.*)"$/\1/p' | while read -r name; do
    for root in proto "$include"; do
        [[ -f $root/$name && $name != google/protobuf/* ]] || continue
        mkdir -p "$folder/proto/$(dirname "$name")"
        cp "$root/$name" "$folder/proto/$name"
        break
    done
done

# Of a provider without REST there is none.
openapi=false
if "$parley" contract openapi "$provider" >"$folder/openapi.json" 2>"$folder/why"; then
    openapi=true
else
    grep -q 'there is no REST' "$folder/why" || { cat "$folder/why" >&2 && exit 1; }
    rm "$folder/openapi.json"
fi
rm "$folder/why"

# ---- examples, out of the contracts ----

# The first unary call over gRPC whose request is flat: "METHOD REQUEST".
grpc_example() {
    local file
    for file in contracts/"$provider"/*.yaml; do
        grep -qE '^access: \[.*grpc' "$file" || continue
        "$parley" --json contract show "$file" |
            { grep -oE '"method":"[^"]*","given":[^]]*\],"metadata":\{\},"trailers":\{\},"steps":\[\{"recv":\{[^{}]*\}' || true; } |
            sed -E 's/^"method":"([^"]*)".*"recv":/\1 /' | head -n 1
    done
}

# The first GET over REST: its path.
rest_example() {
    awk '/^ *http: GET / { path = $3 }
        /^ *request: \{/ && path != "" {
            gsub(/[{},\047"]/, " ")
            query = ""
            for (i = 2; i < NF; i += 2) {
                if ($(i + 1) ~ /^!/) path = ""
                field = substr($i, 1, length($i) - 1)
                if (!gsub("\\{" field "\\}", $(i + 1), path))
                    query = query (query == "" ? "?" : "&") field "=" $(i + 1)
            }
            if (path != "") path = path query
        }
        /^ *response:/ && path != "" && path !~ /[{}]/ { print path; exit }
        /^- name:/ { path = "" }' contracts/"$provider"/*.yaml
}

example=$(grpc_example | sed -n 1p)
method=${example%% *} request=${example#* }
service=${method%.*} call=${method##*.}
path=$(rest_example)
proto=
for file in "${protos[@]}"; do
    ! grep -qE "^service ${service##*.} " "proto/$file" || proto=$file
done
types() { # REGEX: of the method, in its proto
    [ -z "$proto" ] || sed -nE "s/^ *rpc $call\($1.*/\\1/p" "proto/$proto" | sed -n 1p
}
input=$(types '([^)]*)\)') output=$(types '[^)]*\) returns \(([^)]*)\)')
module=$(dirname "$proto" | tr / .).$(basename "$proto" .proto)_pb2

# What its protos import, as pl_proto_library wants it.
libraries() {
    local name
    for name in google/api:google_api google/protobuf:google_protobuf parley/options:parley_options \
        parley/rest:parley_rest_v1; do
        ! grep -qrE "^import \"${name%:*}" "$folder/proto" || printf ' %s' "${name#*:}"
    done
}

readme() {
    cat <<TEXT
# $provider, for its consumers

What is here answers as $provider has promised to, without $provider: the contracts of all its consumers
($(for file in contracts/"$provider"/*.yaml; do sed -n 's/^consumer: //p' "$file"; done | paste -sd, | sed 's/,/, /g')).

| file | is |
|---|---|
| $provider.stub | contracts and protos, for \`parley stub\` |
| $provider.binpb | a FileDescriptorSet with imports, comments and routes |
| proto/ | the protos, what they import, and what details of a status and events are |$($openapi && printf '\n| openapi.json | its REST, as OpenAPI 3.1 |')

## Serve it

    parley stub $provider.stub --listen 127.0.0.1:9000 --http 127.0.0.1:9001

gRPC with reflection and health, and REST at the second address. What no contract covers is refused, and the message says
what differs from the closest contract; \`x-contract\` names the one that answered. What a test has not reached:
\`parley stub unused --at 127.0.0.1:9001\`.
TEXT
    [ -z "$path" ] || cat <<TEXT

## REST

    curl -i 'http://127.0.0.1:9001$path'
TEXT
    [ -n "$example" ] || {
        echo
        echo "No contract is about gRPC so far."
        return
    }
    cat <<TEXT

    parley call 127.0.0.1:9000 ${service##*.}.$call '$request'

## Python

With grpcio and protobuf:

\`\`\`sh
mkdir -p gen
protoc -I proto --python_out=gen \$(cd proto && find * -name '*.proto')
\`\`\`
\`\`\`python
import sys

import grpc
from google.protobuf import json_format

sys.path.insert(0, "gen")
import $module as api

channel = grpc.insecure_channel("127.0.0.1:9000")
call = channel.unary_unary("/$service/$call",
                           request_serializer=api.$input.SerializeToString,
                           response_deserializer=api.$output.FromString)
answer, about = call.with_call(json_format.Parse('$request', api.$input()), timeout=5)
print(json_format.MessageToJson(answer))
print(dict(about.trailing_metadata())["x-contract"])
\`\`\`

## Node

With @grpc/grpc-js and @grpc/proto-loader:

\`\`\`js
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const api = grpc.loadPackageDefinition(loader.loadSync('$proto', { includeDirs: ['proto'], keepCase: true }));
const client = new api.$service('127.0.0.1:9000', grpc.credentials.createInsecure());
client.$call($request, { deadline: Date.now() + 5000 }, (error, answer) => {
  if (error) throw error;
  console.log(JSON.stringify(answer));
  client.close();
});
\`\`\`

## C

With CMake and Parley's package, which generates a typed client:

\`\`\`cmake
find_package(Parley REQUIRED)
pl_proto_library(${provider//./_}
  RPC  $proto
  DEPS$(libraries)
  ROOT \${CMAKE_CURRENT_SOURCE_DIR}/proto)
target_link_libraries(consumer PRIVATE parley::proto_${provider//./_})
\`\`\`
TEXT
}
readme >"$folder/README.md"
tar -C "$out" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -czf "$out/$provider.tar.gz" "$provider"
