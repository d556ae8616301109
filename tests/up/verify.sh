#!/usr/bin/env bash
# A running system keeps its contracts: `parley verify` with the states of each service, which are a
# program beside it with the service's own settings.
# shellcheck source=tests/up/lib.sh
. "$(dirname "$0")/lib.sh"
ln -s "$root/contracts" "$workspace/"
lock_ports
start_up --set delivery.DELIVERY_TIME_MS=0 # nothing is under way

status=$(parley status --json)
store() { grep -o "\"stores\":{.*" <<<"$status" | grep -o "\"$1\":\"[^\"]*" | cut -d'"' -f4; }
postgres=$(store postgres)
redis=$(store redis)

states=
end_states() { [ -z "$states" ] || kill "$states" 2>/dev/null || true; }
trap 'end_states; cleanup' EXIT

for service in products:8085 payment:8087 delivery:8082; do
    name=${service%:*}
    mkfifo "$workspace/ready-$name"
    DATABASE_URL="host=$postgres dbname=mall_$name user=mall_$name" \
        "$bin/mall-$name-states" >"$workspace/ready-$name" 9>&- &
    states=$!
    read -r _ address <"$workspace/ready-$name"
    parley verify "mall.$name.v1" --target "127.0.0.1:$((base + ${service#*:} - 8000 + 1000))" \
        --states "${address#states=}" --redis "$redis" >"$workspace/verified" 2>&1 ||
        fail "mall.$name.v1 does not keep its contracts: $(cat "$workspace/verified")"
    end_states
    wait "$states" || fail "mall-$name-states did not end well"
    states=
done
