#!/usr/bin/env bash
# The graph of the contracts against a running mall: no arrow is without a contract, and one whose
# contract is taken away is told of.
# shellcheck source=tests/up/lib.sh
. "$2/tests/up/lib.sh"
lock_ports
cp -r "$root/contracts" "$workspace/"

expect() { # TEXT COMMAND...: succeeds and prints TEXT
    local text=$1 out
    shift
    out=$("$@" 2>&1) || fail "$*: exit $?: $out"
    grep -qF -- "$text" <<<"$out" || fail "$*: expected '$text', got: $out"
}

# Nothing seen is no success.
nothing=$(parley graph --running 2>&1) && fail "without any log: $nothing"
grep -q 'no call and no event' <<<"$nothing" || fail "$nothing"

start_up --set delivery.DELIVERY_TIME_MS=0

product=$(request POST /products '{"name":"LAMP","price":1000,"stock":10,"imageUrl":"/goods/img/LAMP.jpg"}' |
    grep -o '"id": *[0-9]*' | tail -n 1 | grep -o '[0-9]*$')
order() { # QUANTITY
    request POST /orders "{\"productId\":$product,\"quantity\":$1,\"customerId\":\"graph@example.org\"}"
}
id_of() { grep -o '"orders/[0-9]*\|/orders/[0-9]*' <<<"$1" | head -n 1 | grep -o '[0-9]*$'; }
is_seen() { grep -qF "$1" <<<"$(parley --json graph --running 2>/dev/null)"; }
placed=$(order 3)
waits=$(order 50)
# The stock must be too small when the order arrives.
within 20000 is_seen 'mall.products.v1.ProductOutOfStock' || fail "nobody waits: $waits"
request POST "/products/$product:restock" '{"quantity":100}' >/dev/null
request DELETE "/orders/$(id_of "$placed")" >/dev/null
request DELETE "/products/$product" >/dev/null

# Every arrow there is by the contracts, but for the refund that a crash needs, was seen.
seen() {
    local graph arrow
    graph=$(parley --json graph --running 2>/dev/null) || true
    for arrow in \
        '"mall.orders","provider":"mall.products.v1","method":"mall.products.v1.ProductService.GetProduct"' \
        '"mall.orders","provider":"mall.payment.v1","method":"mall.payment.v1.PaymentService.Charge"' \
        '"mall.orders","provider":"mall.products.v1","type":"mall.products.v1.ProductChanged"' \
        '"mall.orders","provider":"mall.products.v1","type":"mall.products.v1.ProductRemoved"' \
        '"mall.orders","provider":"mall.products.v1","type":"mall.products.v1.ProductOutOfStock"' \
        '"mall.orders","provider":"mall.products.v1","type":"mall.products.v1.StockAllocated"' \
        '"mall.delivery","provider":"mall.products.v1","type":"mall.products.v1.StockAllocated"' \
        '"mall.delivery","provider":"mall.orders.v1","type":"mall.orders.v1.OrderPlaced"' \
        '"mall.delivery","provider":"mall.orders.v1","type":"mall.orders.v1.OrderCancelled"' \
        '"mall.products","provider":"mall.orders.v1","type":"mall.orders.v1.OrderPlaced"' \
        '"mall.products","provider":"mall.orders.v1","type":"mall.orders.v1.OrderCancelled"' \
        '"mall.payment","provider":"mall.orders.v1","type":"mall.orders.v1.OrderCancelled"'; do
        grep -qF "{\"consumer\":$arrow" <<<"$graph" || { missing=$arrow; return 1; }
    done
}
within 20000 seen || fail "not seen: $missing; placed $placed, waits $waits: $(parley graph --running 2>&1)"
expect ', 0 without a contract' parley graph --running

# Without the contract the arrow is told of, with the line of the log and what to do.
rm "$workspace/contracts/mall.payment.v1/mall.orders.yaml"
status=0
told=$(parley graph --running 2>&1) || status=$?
[ "$status" = 10 ] || fail "exit $status: $told"
for text in 'mall.orders calls mall.payment.v1.PaymentService.Charge, and no contract says so [ARROW_NO_CONTRACT]' \
    'hint: parley contract new --consumer mall.orders --provider mall.payment.v1 --method PaymentService.Charge'; do
    grep -qF -- "$text" <<<"$told" || fail "no '$text': $told"
done
where=$(grep -o '^\.parley/mall/logs/orders\.log:[0-9]*' <<<"$told" | head -n 1)
sed -n "${where#*:}p" "$workspace/${where%:*}" | grep -q PaymentService/Charge || fail "not at $where: $told"
parley contract new --consumer mall.orders --provider mall.payment.v1 --method PaymentService.Charge >/dev/null 2>&1 ||
    fail 'the hint does not work'
expect ', 0 without a contract' parley graph --running

# The same of an event.
sed -i '/^- name: the catalogue announces that a product is gone/,/^$/d' "$workspace/contracts/mall.products.v1/mall.orders.yaml"
told=$(parley graph --running 2>&1) && fail "the contract of an event is gone: $told"
grep -qF 'mall.orders handles mall.products.v1.ProductRemoved of stream mall.products, and no contract says so' <<<"$told" ||
    fail "$told"
