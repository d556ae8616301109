#!/usr/bin/env bash
# Ctrl-C stops everything in order and keeps the data; `parley down --volumes` leaves nothing.
# shellcheck source=tests/up/lib.sh
. "$(dirname "$0")/lib.sh"
lock_ports
start_up
request POST /orders '{"productId":1,"quantity":1,"customerId":"kept@example.org"}' |
    grep -q '"state":"OrderPlaced"' || fail 'no order'
children=$(pids)

kill -INT "$up"
status=0
wait "$up" || status=$?
[ $status = 130 ] || fail "Ctrl-C: exit status 130 expected, got $status"
all_gone "$children" || fail "processes are left after Ctrl-C: $(left_of "$children")"
! request GET / 2>/dev/null || fail 'the gateway still answers'

start_up
request GET /orders/1 | grep -q '"customerId":"kept@example.org"' || fail 'the order is lost'
children=$(pids)
parley down --volumes --yes
within 20000 all_gone "$children $up" || fail "processes are left after down: $(left_of "$children")"
[ -z "$(parley status --json | grep -o '"pid"')" ] || fail 'status shows a system that is down'
[ ! -e "$workspace/.parley/mall/postgres" ] || fail 'the data is still there after --volumes'

start_up
[ "$(request GET /orders | grep -o '"totalElements":[0-9]*')" = '"totalElements":0' ] ||
    fail 'an order of the removed data is there'
echo ok
