#!/usr/bin/env bash
# `parley up` is killed: its children end, within 2 s where nothing else runs, and the next start
# works with the same data.
# shellcheck source=tests/up/lib.sh
. "$(dirname "$0")/lib.sh"
lock_ports
start_up
order=$(request POST /orders '{"productId":1,"quantity":1,"customerId":"killed@example.org"}')
grep -q '"state":"OrderPlaced"' <<<"$order" || fail "no order: $order"
children=$(pids)
[ "$(wc -w <<<"$children")" -ge 7 ] || fail "expected seven processes, got $children"

kill -9 "$up"
within 20000 all_gone "$children" || fail "processes are left after 20 s: $(left_of "$children")"

# Its control socket goes with the next command, once it is old enough to be nobody's who starts.
run=$(cat "$workspace/.parley/mall/run")
touch "$run/control.sock" # where the start took long
[ "$(parley status --json)" = '{"systems":[]}' ] || fail 'status shows a system that was killed'
[ -e "$run/control.sock" ] || fail 'a young socket was swept'
touch -d '1 minute ago' "$run/control.sock"
parley status --json >/dev/null
[ ! -e "$run" ] || fail "$run is left"

start_up
request GET /orders/1 | grep -q '"customerId":"killed@example.org"' || fail 'the order is lost'
request POST /orders '{"productId":1,"quantity":1,"customerId":"killed@example.org"}' |
    grep -q '"state":"OrderPlaced"' || fail 'no order after the restart'
echo ok
