#!/usr/bin/env bash
# parley call on all four kinds, against the server of gRPC's interoperability tests.
set -euo pipefail
bin=$1
[ -x "$bin/interop-server" ] || {
    echo 'skipped: there is no interop-server'
    exit 77
}
folder=$(mktemp -d)
servers=()
cleanup() {
    kill "${servers[@]}" 2>/dev/null || true
    wait "${servers[@]}" 2>/dev/null || true # the recorder writes its file at its end
    rm -rf "$folder"
}
trap cleanup EXIT
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

serve() { # FLAG...: $server is where it listens
    : >"$folder/port"
    "$bin/interop-server" --port 0 "$@" >"$folder/port" 2>"$folder/server" &
    servers+=($!)
    within 30000 test -s "$folder/port" || fail "no server: $(cat "$folder/server")"
    server=127.0.0.1:$(cat "$folder/port")
}

# check STATUS EXPECTED METHOD [ARGUMENT...]: what is printed on stdout, and TEXT on stderr where
# EXPECTED is "!TEXT".
check() {
    local status=$1 expected=$2 method=$3 got=0 out
    shift 3
    out=$("$bin/parley" --json call "$server" "TestService.$method" "$@" 2>"$folder/err") || got=$?
    [ "$got" = "$status" ] || fail "$method $*: expected status $status, got $got: $out $(cat "$folder/err")"
    case $expected in
    !*) grep -qF -- "${expected#!}" "$folder/err" || fail "$method $*: expected $expected, got $(cat "$folder/err")" ;;
    *) [ "$out" = "$expected" ] || fail "$method $*: expected $expected, got $out" ;;
    esac
}

answer() { printf '{"payload":{"body":"%s"}}' "$1"; }
ask() { printf '{"responseParameters":[{"size":%d}]}' "$1"; }
serve

# Each kind; messages as several arguments, as a list, one after the other, from standard input.
check 0 '{}' EmptyCall
check 0 "$(answer AAAA)" UnaryCall '{"responseSize":3}'
check 0 "$(answer AAA=)
$(answer AA==)" StreamingOutputCall '{"responseParameters":[{"size":2},{"size":1}]}'
one='{"payload":{"body":"aGk="}}'
check 0 '{"aggregatedPayloadSize":6}' StreamingInputCall "$one" "$one" "$one"
check 0 '{"aggregatedPayloadSize":6}' StreamingInputCall "[$one, $one]" "$one"
check 0 '{"aggregatedPayloadSize":4}' StreamingInputCall - <<<"$one$one"
check 0 '{"aggregatedPayloadSize":4}' StreamingInputCall "$one" - <<<"$one"
check 0 '{}' StreamingInputCall
check 0 "$(answer AAA=)
$(answer AAAA)" FullDuplexCall "$(ask 2)" "$(ask 3)"
check 0 '' FullDuplexCall
check 0 "$(answer AAA=)" StreamingOutputCall '{"responseParameters":[{"size":2},{"size":1}]}' --max-messages 1

# What is wrong is said with its place, before anything is sent where it is on the command line.
wrong() { printf '{"error":{"code":"INVALID_ARGUMENT","message":"%s","violations":[]}}' "$1"; }
check 1 "$(wrong 'line 1, column 4: a second message; grpc.testing.TestService.EmptyCall takes one')" EmptyCall '{} {}'
check 1 "$(wrong 'line 2, column 3: x: grpc.testing.Empty has no such field')" EmptyCall $'{\n  "x":1}'
check 1 "$(wrong 'message 2, line 2, column 3: x: grpc.testing.StreamingOutputCallRequest has no such field')" \
    FullDuplexCall $'{}\n{ "x":1}'
check 1 "$(wrong 'line 1, column 5: expected , or ] behind a message of the list')" FullDuplexCall '[{} {}]'
check 1 "$(wrong 'message 2, line 2, column 12: payload: expected an object (grpc.testing.Payload), got a number')" \
    StreamingInputCall - <<<"$one"$'\n{"payload":7}'

# The status of the call, its metadata, its deadline.
status='{"responseStatus":{"code":5,"message":"gone"}}'
check 1 "$(answer AAA=)
{\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"gone\",\"violations\":[]}}" FullDuplexCall "$(ask 2)" "$status"
echo=(-H 'x-grpc-test-echo-initial: hello' -H 'x-grpc-test-echo-trailing-bin: AQID' -v)
check 0 '!x-grpc-test-echo-initial: hello' UnaryCall '{}' "${echo[@]}"
check 0 '!x-grpc-test-echo-trailing-bin: AQID' FullDuplexCall '{}' "${echo[@]}"
check 0 '!OK, 2 sent, 2 received' FullDuplexCall "$(ask 2)" "$(ask 3)" -v
check 0 '!trace 4bf92f3577b34da6a3ce929d0e0e4736' UnaryCall '{}' -v \
    -H 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
out=$("$bin/parley" call "$server" TestService.UnaryCall '{}' -v 2>&1)
grep -qE '^trace [0-9a-f]{32}$' <<<"$out" || fail "no trace of its own: $out"
got=0
out=$("$bin/parley" call "$server" Health.Watch --timeout 2s 2>&1) || got=$?
{ [ $got = 1 ] && grep -q SERVING <<<"$out" && grep -q DEADLINE_EXCEEDED <<<"$out"; } || fail "deadline: $out"
grep -qF 'FullDuplexCall(stream grpc.testing.StreamingOutputCallRequest) returns (stream ' <<<"$("$bin/parley" ls "$server")" ||
    fail 'ls does not mark streams'

# What a server says is not obeyed by the terminal.
escape='{"responseStatus":{"code":5,"message":"a\u001b[2Jb\u009b"}}'
out=$("$bin/parley" call "$server" TestService.UnaryCall "$escape" 2>&1) && fail "no status: $out"
[ "$out" = 'NOT_FOUND: a\x1b[2Jb\x9b' ] || fail "escapes: $out"

# A message that is too large ends the call, however many are to come.
got=0
printf '{"payload":{"body":"%s"}}' "$(head -c 6000000 /dev/zero | tr '\0' A)" |
    timeout 120 "$bin/parley" call "$server" TestService.FullDuplexCall - 2>"$folder/err" || got=$?
{ [ $got = 1 ] && grep -qF RESOURCE_EXHAUSTED "$folder/err"; } || fail "too large: $got, $(cat "$folder/err")"

# Standard input that is closed is not read.
got=0
timeout 120 "$bin/parley" call "$server" TestService.FullDuplexCall - <&- 2>"$folder/err" || got=$?
{ [ $got = 1 ] && grep -qF 'standard input' "$folder/err"; } || fail "closed: $got, $(cat "$folder/err")"

# A conversation: each answer comes before the next question is asked; Ctrl-C ends it with 130.
coproc talk { exec "$bin/parley" --json call "$server" TestService.FullDuplexCall -; }
for n in 1 2 3; do
    ask $n >&"${talk[1]}"
    read -r -t 60 line <&"${talk[0]}" || fail 'no answer within 60 s'
    grep -q payload <<<"$line" || fail "answer: $line"
done
# shellcheck disable=SC2154 # set by coproc
kill -INT "$talk_PID"
got=0
wait "$talk_PID" || got=$?
[ $got = 130 ] || fail "Ctrl-C: expected 130, got $got"

# Over TLS; who does not know the server is not talked to.
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${key[@]}" -keyout "$folder/key" -out "$folder/cert" -subj /CN=it.test \
    -addext subjectAltName=DNS:it.test -days 2 2>/dev/null
chmod 600 "$folder/key"
serve --use_tls --tls_cert_file "$folder/cert" --tls_key_file "$folder/key"
tls=(--tls-ca "$folder/cert" --server-name it.test)
check 0 '{}' EmptyCall "${tls[@]}"
check 0 "$(answer AAA=)" FullDuplexCall "$(ask 2)" "${tls[@]}"
for flags in '--timeout 2s' "--timeout 2s --tls-ca $folder/cert --server-name other.test"; do
    read -ra flags <<<"$flags"
    got=0
    "$bin/parley" call "$server" TestService.EmptyCall "${flags[@]}" >/dev/null 2>&1 || got=$?
    [ $got = 1 ] || fail "${flags[*]}: expected 1, got $got"
done

# A server that asks for a certificate talks to those who show one of its CA's.
certificate() { # NAME CA
    openssl req -x509 "${key[@]}" -keyout "$folder/$1.key" -out "$folder/$1.pem" -subj "/CN=$1" -days 2 \
        -CA "$folder/$2.pem" -CAkey "$folder/$2.key" -addext subjectAltName=DNS:it.test \
        -addext basicConstraints=critical,CA:false 2>/dev/null
    chmod 600 "$folder/$1.key"
}
for ca in ca other-ca; do
    openssl req -x509 "${key[@]}" -keyout "$folder/$ca.key" -out "$folder/$ca.pem" -subj "/CN=$ca" -days 2 2>/dev/null
done
certificate server ca
certificate client ca
certificate stranger other-ca
serve --use_tls --tls_cert_file "$folder/server.pem" --tls_key_file "$folder/server.key" --tls_ca_file "$folder/ca.pem"
tls=(--tls-ca "$folder/ca.pem" --server-name it.test)
shown() { printf -- '--tls-cert\n%s\n--tls-key\n%s\n' "$folder/$1.pem" "$folder/$1.key"; }
mapfile -t client < <(shown client)
mapfile -t stranger < <(shown stranger)
check 0 '{}' EmptyCall "${tls[@]}" "${client[@]}"
check 0 "$(answer AAA=)" FullDuplexCall "$(ask 2)" "${tls[@]}" "${client[@]}"
"$bin/parley" ls "$server" "${tls[@]}" "${client[@]}" | grep -qF EmptyCall || fail 'ls with a certificate'
# So is a recording one of its clients.
"$bin/parley" stub grpc.testing --record "$server" --out "$folder/seen.yaml" "${tls[@]}" "${client[@]}" \
    >"$folder/ready" 2>"$folder/recorder" &
servers+=($!)
within 30000 grep -q ready "$folder/ready" || fail "no recording: $(cat "$folder/recorder")"
at=$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/ready")
"$bin/parley" call "$at" TestService.UnaryCall '{"responseSize":3}' "${tls[@]}" | grep -q AAAA ||
    fail "not recorded: $(cat "$folder/recorder")"

refused() { # TEXT FLAG...
    got=0
    "$bin/parley" call "$server" TestService.EmptyCall "${tls[@]}" --timeout 2s "${@:2}" >/dev/null 2>"$folder/err" || got=$?
    { [ $got = 1 ] && grep -qF "$1" "$folder/err"; } || fail "${*:2}: expected $1, got $got: $(cat "$folder/err")"
}
refused UNAVAILABLE
refused UNAVAILABLE "${stranger[@]}"
refused 'stranger.key: the key does not belong to' --tls-cert "$folder/client.pem" --tls-key "$folder/stranger.key"
echo ok
