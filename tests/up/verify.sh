#!/usr/bin/env bash
# A running system keeps its contracts: `parley verify` finds the service that runs, and its states,
# a program beside it that is given the service's own database. By hand it is the same.
# shellcheck source=tests/up/lib.sh
. "$(dirname "$0")/lib.sh"
ln -s "$root/contracts" "$workspace/"
lock_ports
start_up --set delivery.DELIVERY_TIME_MS=0 # nothing is under way

states=
end_states() { [ -z "$states" ] || kill "$states" 2>/dev/null || true; }
trap 'end_states; cleanup' EXIT

expect() { # CODE TEXT ARGUMENT...: parley verify ARGUMENT... ends with it and says it
    local code=0 expected=$1 text=$2
    shift 2
    parley verify "$@" >"$workspace/verified" 2>&1 || code=$?
    [ "$code" = "$expected" ] && grep -qF -- "$text" "$workspace/verified" && return
    fail "parley verify $*: expected $expected and '$text', got $code: $(cat "$workspace/verified")"
}

for name in products payment delivery; do
    expect 0 "mall.$name.v1 is mall/$name at 127.0.0.1:" -v "mall.$name.v1"
    if grep -q 'was set up\|over gRPC' "$workspace/verified"; then fail "$(cat "$workspace/verified")"; fi
    if pgrep -f "$bin/mall-$name-states" >/dev/null; then fail "mall-$name-states was left behind"; fi
done
expect 0 ', 0 failed' mall.products.v1 --system mall
expect 2 "no system 'mill' runs here, did you mean 'mall'?" mall.products.v1 --system mill
expect 2 '--system or --target' mall.products.v1 --system mall --target 127.0.0.1:1

# By hand, with what status says.
setting() { parley -v status | sed -n "/^ *$1 /,\$s/^ *$2=\"\(.*\)\"\$/\1/p" | head -n 1; }
mkfifo "$workspace/ready"
DATABASE_URL=$(setting products DATABASE_URL) "$bin/mall-products-states" >"$workspace/ready" 9>&- &
states=$!
read -r _ address <"$workspace/ready"
expect 0 ', 0 failed' mall.products.v1 --target "127.0.0.1:$((base + 1085))" \
    --states "${address#states=}" --redis "$(setting products REDIS_URL)"
end_states
wait "$states" || fail 'mall-products-states did not end well'
states=
