#!/usr/bin/env bash
# The commands against a running mall: call and ls, status, logs, stop and start, replicas.
# shellcheck source=tests/up/lib.sh
. "$2/tests/up/lib.sh"
lock_ports

expect() { # TEXT COMMAND...: succeeds and prints TEXT
    local text=$1 out
    shift
    out=$("$@" 2>&1) || fail "$*: exit $?: $out"
    grep -qF -- "$text" <<<"$out" || fail "$*: expected '$text', got: $out"
}

refuses() { # STATUS TEXT COMMAND...
    local status=$1 text=$2 got=0 out
    shift 2
    out=$("$@" 2>&1) || got=$?
    { [ "$got" = "$status" ] && grep -qF -- "$text" <<<"$out"; } ||
        fail "$*: expected status $status and '$text', got $got: $out"
}

expect '12 STREET is ready' parley up mall --detach --port-base "$base" --without delivery 9>&-

# Status: the promised fields, of every service.
status=$(parley status --json)
for name in postgres redis products orders payment gateway; do
    grep -qE '"name":"'$name'","state":"ready","pid":[1-9][0-9]*,"grpc":"[^"]*","admin":"[^"]*".*"restarts":0,"since":"20[^"]*Z","rss_kb":[1-9]' <<<"$status" ||
        fail "status of $name: $status"
done
grep -q '"name":"delivery","state":"stopped","pid":0' <<<"$status" || fail "delivery: $status"
grep -q '^{"systems":\[{"name":"mall",' <<<"$status" || fail "$status"
refuses 1 'mall runs already' parley up mall --detach
refuses 1 "did you mean mall" parley status mal

# Calls, by the name of a service, an address, or the method alone; from an argument or stdin.
expect '"name": "TV"' parley call products ProductService.GetProduct '{"productId": 1}'
expect '"name":"TV"' parley --json call "127.0.0.1:$((base + 1085))" mall.products.v1.ProductService/GetProduct '{"productId":"1"}'
echo '{"productId": 1}' >"$workspace/request"
expect '"name": "TV"' parley call ProductService.GetProduct - <"$workspace/request"
expect '"SERVING"' parley call mall/orders#1 Health.Check
placed=$(parley call orders OrderService.PlaceOrder '{"productId": 1, "quantity": 1, "customerId": "tools@example.org"}' \
    -H 'traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01')
grep -q '"ORDER_STATE_PLACED"' <<<"$placed" || fail "no order: $placed"
refuses 1 'NOT_FOUND: ' parley call orders OrderService.GetOrder '{"orderId": 4711}'
refuses 1 '"code":"NOT_FOUND"' parley --json call orders OrderService.GetOrder '{"orderId": 4711}'
refuses 1 'quantity: ' parley call orders OrderService.PlaceOrder '{"productId": 1, "customerId": "x"}'
refuses 1 'did you mean "orderId"?' parley call orders OrderService.GetOrder '{"orderIdd": 1}'
refuses 1 'did you mean OrderService' parley call orders OrderServise.GetOrder
refuses 1 'did you mean GetOrder' parley call orders OrderService.GetOrdr
expect '"SERVING"' parley call orders Health.Watch --max-messages 1
refuses 1 'DEADLINE_EXCEEDED' parley call orders Health.Watch --timeout 200ms
refuses 1 "did you mean orders" parley call ordrs OrderService.GetOrder
refuses 1 'INVALID_ARGUMENT: line 1, column 14: ' parley call orders OrderService.GetOrder '{"orderId": 1'
refuses 1 'DEADLINE_EXCEEDED' parley call --timeout 1ms orders OrderService.ListOrders

# Lists.
expect 'GetOrder(mall.orders.v1.GetOrderRequest) returns (mall.orders.v1.Order)' parley ls orders
expect 'mall/payment:' parley ls
expect '"name":"Charge","kind":"unary"' parley --json ls "127.0.0.1:$((base + 1087))"

# Logs: one trace through all services.
trace=0123456789abcdef0123456789abcdef
shown() { parley logs --trace $trace | grep -cF "$1" >"$workspace/shown"; }
for method in OrderService/PlaceOrder ProductService/GetProduct PaymentService/Charge; do
    within 20000 shown "$method" || fail "no $method: $(parley logs --trace $trace)" # is logged when it is answered
    expect "$method" parley logs --trace $trace
    expect "$method" parley --json logs --trace $trace --since 5m
done
[ "$(parley logs --trace $trace orders | grep -c ^payment)" = 0 ] || fail 'logs of another service'
expect 'ready to accept connections' parley logs postgres
refuses 1 'did you mean orders?' parley logs ordrs
refuses 1 'did you mean mall/orders?' parley logs mal/orders
"$bin/parley" -C "$workspace" logs -f --since 1s orders >"$workspace/follow" 2>&1 9>&- &
follower=$!

# Services: left out, started, stopped; replicas; a rolling restart.
expect 'mall/delivery: ready' parley start delivery
expect 'mall/delivery: stopped' parley stop delivery
refuses 1 'mall/delivery has no gRPC address now' parley call mall/delivery Health.Check
refuses 1 "no service 'delivry', did you mean delivery" parley start delivry
expect 'mall/orders: 2 replicas ready' parley scale orders=2
expect '"name":"orders#2","state":"ready"' parley status --json
expect '"SERVING"' parley call orders#2 Health.Check
before=$(parley status --json | grep -o '"name":"orders#2","state":"ready","pid":[0-9]*')
expect 'mall/orders: 2 replicas ready' parley restart orders#2
[ "$(parley status --json | grep -o '"name":"orders#2","state":"ready","pid":[0-9]*')" != "$before" ] || fail 'not restarted'
expect 'mall/orders: 2 replicas ready' parley restart orders --rolling
expect 'mall/orders: ready' parley scale orders=1
refuses 1 'no replica 7 of orders runs' parley stop orders#7
refuses 1 'the gateway owns the documented ports' parley scale gateway=2

# A follower sees what comes, and Ctrl-C ends it with 130.
sees_drain() { grep -q draining "$workspace/follow"; }
within 30000 sees_drain || fail "logs -f: $(cat "$workspace/follow")"
kill -INT $follower
got=0
wait $follower || got=$?
[ $got = 130 ] || fail "logs -f after Ctrl-C: expected 130, got $got"

expect 'mall is down' parley down
[ "$(parley status --json)" = '{"systems":[]}' ] || fail 'still there'
echo ok
