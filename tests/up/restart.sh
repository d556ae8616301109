#!/usr/bin/env bash
# A service that dies is started again, on its documented ports; clients that post while orders is restarted one by one see
# no failure.
# shellcheck source=tests/up/lib.sh
. "$(dirname "$0")/lib.sh"
lock_ports
start_up --set delivery.DELIVERY_TIME_MS=0

post() {
    local n
    for n in $(seq 1 "$1"); do # without a retry, and as fast as it goes
        curl -sS --max-time 60 -o /dev/null -w '%{http_code}\n' -H 'content-type: application/json' \
            -H "idempotency-key: $2-$n" -d '{"productId":5,"quantity":1,"customerId":"'"$2"'@example.org"}' \
            "http://127.0.0.1:$((base + 88))/orders"
    done >"$workspace/codes-$2"
}
request PATCH /products/5 '{"stock":1000,"price":1}' | grep -q '"stock":1000' || fail 'no stock'
posting=()
for client in a b c; do
    post 150 "$client" 9>&- &
    posting+=($!)
done
for _ in 1 2 3 4; do parley restart orders --rolling; done
wait "${posting[@]}"
codes=$(sort "$workspace"/codes-? | uniq -c | tr -s ' ')
[ "$codes" = ' 450 201' ] || fail "not every order was taken during a rolling restart: $codes"
[ "$(request GET '/orders?size=1' | grep -o '"totalElements":[0-9]*')" = '"totalElements":450' ] ||
    fail "other orders than the 450: $(request GET '/orders?size=1')"

# The replica of a rolling restart has free ports, until it is started again.
orders() { parley status --json | grep -o '"name":"orders[^}]*'; }
parley restart orders --rolling
! orders | grep -q ":$((base + 1081))" || fail "documented ports while the old one had them: $(orders)"
kill -9 "$(orders | grep -o '"pid":[0-9]*' | cut -d: -f2)"
on_documented() { orders | grep -q '"state":"ready".*"grpc":"127.0.0.1:'$((base + 1081))'"'; }
within 30000 on_documented || fail "not on its documented port: $(orders)"
orders | grep -q '"restarts":1,.*"ended":"signal 9, SIGKILL"' || fail "status does not say why: $(orders)"
grep -q '^  orders.*(ended: signal 9, SIGKILL)$' <<<"$(parley status)" || fail "status: $(parley status)"
grep -q 'error parley message=ended (signal 9, SIGKILL); again in' <<<"$(parley logs orders)" ||
    fail 'the crash is not among the errors'
echo ok
