#!/usr/bin/env bash
# run.sh BUILD PROTOS SERVER CLIENT [tls|gzip]: all cases of CLIENT against SERVER, each of which is
# parley, python or node. BUILD is the build folder, PROTOS where grpc-proto has its files. Exit code
# 77: a peer could not be installed, nothing was tested. With gzip python and node compress what they
# send.
set -euo pipefail
build=$(cd "$1" && pwd)
protos=$2
server=$3
client=$4
mode=${5:-plain}
# shellcheck source=tests/interop/peers/install.sh
. "$(dirname "${BASH_SOURCE[0]}")/peers/install.sh"

for peer in "$server" "$client"; do
    need "$peer" || {
        echo "SKIPPED: $server as server, $client as client: $peer cannot be installed"
        exit 77
    }
done
export NODE_PATH=$build/interop/node/node_modules PYTHONDONTWRITEBYTECODE=1

program() { # NAME server|client
    case $1 in
    parley) echo "$build/bin/interop-$2" ;;
    python) echo "/usr/bin/python3 $peers/python/$2.py --proto_path=$protos" ;;
    node) echo "node $peers/node/$2.js --proto_path=$protos" ;;
    esac
}

work=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "FAILED: $*"
    exit 1
}

# A CA that lives as long as the test, and a certificate for the name that public test servers have.
certificate() { # NAME SUBJECT ARGUMENT...
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -keyout "$work/$1.key" -out "$work/$1.pem" -subj "/CN=$2" "${@:3}" 2>"$work/openssl.log" ||
        fail "openssl made no certificate: $(tail -n 1 "$work/openssl.log")"
}

server_flags=(--port=0)
client_flags=(--test_case=all)
if [ "$mode" = tls ]; then
    certificate ca testca
    certificate server test.google.fr -CA "$work/ca.pem" -CAkey "$work/ca.key" \
        -addext 'subjectAltName=DNS:*.test.google.fr' -addext 'basicConstraints=CA:false'
    server_flags+=(--use_tls=true "--tls_cert_file=$work/server.pem" "--tls_key_file=$work/server.key")
    client_flags+=(--use_tls=true "--ca_file=$work/ca.pem" --server_host_override=foo.test.google.fr)
fi

if [ "$mode" = gzip ]; then
    [ "$server" = parley ] || server_flags+=(--compress=true)
    [ "$client" = parley ] || client_flags+=(--compress=true)
fi

mkfifo "$work/port"
# shellcheck disable=SC2046
$(program "$server" server) "${server_flags[@]}" >"$work/port" &
pid=$!
exec 8<"$work/port"
read -r -t 120 port <&8 || fail "$server: the server ended, or told no port in 120 s"

status=0
# shellcheck disable=SC2046
timeout 240 $(program "$client" client) --server_port="$port" "${client_flags[@]}" |
    tee "$work/lines" || status=$?
[ "$status" != 124 ] || fail "$client: the client was not done after 240 s"
for name in $("$build/bin/interop-client" --list); do
    grep -q "^\(ok\|FAILED\)  *$name\(:\|\$\)" "$work/lines" || fail "$client: the client left $name out"
done

kill -TERM "$pid"
ended=0
wait "$pid" || ended=$?
pid=
[ "$ended" = 0 ] || fail "$server: the server ended with $ended"
exit "$status"
