#!/usr/bin/env bash
# What the command line refuses and with which words, and what it prints by itself. No system runs.
set -euo pipefail
parley=$1/parley
workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT
mkdir -p "$workspace/ws/services/mall" "$workspace/ws/below" "$workspace/outside"
touch "$workspace/ws/parley.yaml"
cat >"$workspace/ws/services/mall/system.yaml" <<'YAML'
system: mall
services:
  orders: { port: 8081 }
  payment: { port: 8087 }
YAML
cd "$workspace/ws"
wrong=0

# check STATUS TEXT ARGUMENT...: parley ends with STATUS, and TEXT is in what it prints.
check() {
    local status=$1 text=$2 got=0 out
    shift 2
    out=$("$parley" "$@" 2>&1 </dev/null) || got=$?
    [ "$got" = "$status" ] && grep -qF -- "$text" <<<"$out" && return
    wrong=1
    printf 'parley %s: expected status %s and "%s", got %s:\n%s\n' "$*" "$status" "$text" "$got" "$out"
}

# Help and version, on each level with an example.
check 0 'parley up mall' --help
check 0 'parley 0.' --version
for command in up status logs stop start restart scale down call ls coverage graph doctor completion; do
    check 0 "parley $command" "$command" --help
    check 0 "example:" "$command" -h
    check 0 "usage: parley $command" help "$command"
done
check 0 'usage: parley up' -C "$workspace/ws" --json up --help
check 2 'commands:'

# Wrong words.
check 2 "no command 'stauts', did you mean 'status'?" stauts
check 2 "no command 'frobnicate'; parley --help lists them" frobnicate
check 2 "did you mean 'logs'?" help log
check 2 "no option '--jsn', did you mean --json?" --jsn status
check 2 "no option '--detch', did you mean --detach?" up mall --detch
check 2 '--since wants a value' logs --since
check 2 '--json takes no value' logs --json=yes
check 2 '--color is auto, always or never' --color sometimes status
check 2 '-C wants a value' -C
check 2 "cannot enter the folder 'nowhere'" -C nowhere status
check 0 'the way out:' explain FIELD_NO_DELETE
check 0 'RESERVED_MESSAGE_NO_DELETE' explain
check 0 'No two contracts of a consumer' explain AMBIGUOUS
check 2 "no rule 'AMBIGUOS', did you mean 'AMBIGUOUS'?" explain AMBIGUOS
check 2 "no rule 'FIELD_NO_DELET', did you mean 'FIELD_NO_DELETE'?" explain FIELD_NO_DELET
check 2 "what is 'main'? The other side is said with --against" breaking main
check 2 "--format is text, json, sarif or markdown, not 'xml'" breaking --format xml
check 2 'which system?' up
check 2 "no system 'mal' in" up mal
check 2 'did you mean mall?' up mal
check 2 'mall is named twice' up mall mall
check 2 'did you mean orders' up mall --without order
check 2 '--replicas orders=0: expected 1 to 16' up mall --replicas orders=0
check 2 '--set SERVICE.KEY=VALUE' up mall --set orders.LIMIT
check 2 "got 'orders'" up mall --set orders
check 2 '--port-base: expected 1024 to 53000' up mall --port-base 80
check 2 'which service?' stop
check 2 'one service at a time' stop orders payment
check 2 'expected SERVICE=N with N from 1 to 16' scale orders=0
check 2 'expected a duration such as 90s or 5m' logs --since yesterday
check 2 '--since: 5 of what? Write 5s or 5m' logs --since 5
check 2 '--timeout: 5 of what? Write 5s or 5m' call --timeout 5 A.B
check 2 'which method? Service.Method' call
check 2 "expected JSON or -, got 'x'" call orders A.B x
check 2 "expected JSON or -, got 'x'" call orders A.B '{}' x
check 2 "-H token-bin: expected base64, got 'a*b'" call -H token-bin:a*b A.B
check 2 '--max-messages: expected a number from 1' call --max-messages 0 A.B
check 2 'need --tls-ca' call --tls-cert a --tls-key b A.B
check 2 '--tls-cert and --tls-key go together' call --tls-ca a --tls-key b A.B
check 2 "no option '--max-messages'" ls --max-messages 1
check 2 "expected Service.Method, got 'GetOrder'" call orders GetOrder '{}'
check 2 '-H NAME:VALUE' call -H nothing A.B
check 2 '--timeout: expected a duration' call --timeout soon A.B
check 2 'which shell?' completion
check 2 'which shell?' completion tcsh

# What cannot be done now is a failure, not a wrong word.
check 1 'no system of this workspace runs' stop orders
check 1 'no system of this workspace runs' call OrderService.GetOrder '{}'
check 1 'no logs yet' logs
check 1 "no system 'mall' was started here" down mall
check 1 'UNAVAILABLE' call 127.0.0.1:1 OrderService.GetOrder '{}'
check 1 '"code":"UNAVAILABLE"' --json ls 127.0.0.1:1
check 0 '{"systems":[]}' status --json
check 0 'nothing runs' down

# The workspace: -C may be relative and is obeyed once, whatever stands around it.
check 0 '{"systems":[]}' -C below status --json
check 0 '{"systems":[]}' status -C below --json
check 1 'no parley.yaml here or in a folder above' -C ../outside status
check 1 'hint: parley new system NAME makes one' -C ../outside doctor
echo 'protoss: []' >../outside/parley.yaml
check 1 "outside/parley.yaml:1:1: unknown key 'protoss', did you mean 'protos'?" -C ../outside status

# Completion knows every command and option, and is a script.
for word in up status logs doctor --detach --rolling --volumes --trace; do
    check 0 "$word" completion bash
    check 0 "${word#--}" completion fish
done
check 0 '#compdef parley' completion zsh
"$parley" completion bash | bash -n
check 0 "the workspace'\\''s contracts" completion fish
words=$(bash -c 'eval "$("$1" completion bash)"; COMP_WORDS=(parley lo); COMP_CWORD=1; _parley; echo "${COMPREPLY[@]}"' - "$parley")
[ "$words" = logs ] || { echo "completion of 'lo': $words"; wrong=1; }

# The names of systems and services are those of the workspace's files.
completes() { # EXPECTED WORD...: the last of which is being written
    local expected=$1 got
    shift
    got=$(PATH="${parley%/*}:$PATH" bash -c 'eval "$(parley completion bash)"
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _parley; echo "${COMPREPLY[@]}"' - parley "$@")
    [ "$got" = "$expected" ] || { echo "completion of '$*': $got"; wrong=1; }
}
completes 'orders payment' stop ''
completes orders -v restart o
completes orders= scale o
completes mall up ''
completes --rolling restart --r
completes 'show schema' contract s
completes 'journal' stub j
completes --listen stub --li
completes 'scc' import ''
completes 'bash' completion ba
mkdir -p contracts/mall.orders.v1 contracts/mall.payment.v1
completes 'mall.orders.v1 mall.payment.v1' verify ''
completes 'mall.payment.v1' contract schema mall.p
completes 'trigger' stub t
completes 'TAG_MISPLACED TAG_UNKNOWN' explain TAG
mkdir -p proto/a proto/b
for package in a b; do
    cat >proto/$package/$package.proto <<PROTO
syntax = "proto3";
package $package.v1;
message M {}
service BothService { rpc Ask(M) returns (M); }
service ${package^^}Service { rpc Get(M) returns (M); rpc List(M) returns (stream M); }
PROTO
done
completes 'AService.Get AService.List' call AS
completes 'BService.List' call orders BService.L
completes 'a.v1.BothService.Ask' call a
completes 'orders' call o
echo 'message {' >proto/a/a.proto
completes 'payment' call p
completes 'orders payment' call ''
completes '' -C ../outside verify ''
rm -r proto
completes 'orders payment' -C "$workspace/ws" stop ''
mkdir ../ws/services/annex
echo '{system: annex, services: {orders: {port: 8181}, desk: {port: 8182}}}' >services/annex/system.yaml
completes 'annex/orders desk mall/orders payment' logs ''
completes 'annex mall' status ''
rm -r services/annex

# What could not be written is no success.
status=0
"$parley" explain FIELD_NO_DELETE >/dev/full 2>"$workspace/said" || status=$?
[ "$status" = 1 ] && grep -q 'could not be written' "$workspace/said" || {
    echo "a full disk: exit $status"
    wrong=1
}

# Colours only where they are asked for.
! "$parley" --color never doctor | grep -q $'\033' || { echo 'colours in spite of --color never'; wrong=1; }
exit $wrong
