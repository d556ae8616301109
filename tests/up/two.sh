#!/usr/bin/env bash
# Two systems at once: the second one's ports are a hundred above, names that both have are written
# with their system, and what is done to one leaves the other alone.
# shellcheck source=tests/up/lib.sh
. "$(dirname "$0")/lib.sh"
own_ports 14000
rm "$workspace/services"
mkdir -p "$workspace/services/annex"
ln -s "$root/services/mall" "$workspace/services/mall"
cat >"$workspace/services/annex/system.yaml" <<'YAML'
system: annex
title: The annex
services:
  products:
    binary: mall-products
    port: 8085
    store: postgres
    serves: [mall.products.v1.ProductService]
    settings: { ORDERS_ADDR: "127.0.0.1:1" }
  payment:
    binary: mall-payment
    port: 8087
    store: postgres
    serves: [mall.payment.v1.PaymentService]
    settings: { ORDERS_ADDR: "127.0.0.1:1" }
gateway:
  binary: gateway
  port: 8088
  settings: { AUTH: "off", DESCRIPTORS: "${build}/gen/mall.binpb" }
YAML

expect() { # TEXT COMMAND...: succeeds and prints TEXT
    local text=$1 out
    shift
    out=$("$@" 2>&1) || fail "$*: exit $?: $out"
    grep -qF -- "$text" <<<"$out" || fail "$*: expected '$text', got: $out"
}

refuses() { # TEXT COMMAND...
    local text=$1 out
    shift
    ! out=$("$@" 2>&1) || fail "$*: succeeded: $out"
    grep -qF -- "$text" <<<"$out" || fail "$*: expected '$text', got: $out"
}

both=(parley up mall annex --detach --port-base "$base")
expect "http://127.0.0.1:$((base + 188))" "${both[@]}" 9>&-
expect "127.0.0.1:$((base + 1185))" parley status annex
[ "$(parley status --json | grep -o '"name":"\(mall\|annex\)"' | wc -l)" = 2 ] || fail 'status: not two systems'
stock() { curl -sS --max-time 60 "http://127.0.0.1:$1/products/1" | grep -o '"stock":[0-9]*'; }
curl -sS --max-time 60 -o /dev/null -X PATCH -H 'content-type: application/json' -d '{"stock":7}' \
    "http://127.0.0.1:$((base + 188))/products/1"
[ "$(stock $((base + 188)))" = '"stock":7' ] || fail 'no change of the annex'
[ "$(stock $((base + 88)))" != '"stock":7' ] || fail 'the two share their data'

# A name that both have.
for words in 'stop products' 'start products' 'restart products' 'scale products=2' 'call products X.Y'; do
    read -ra words <<<"$words"
    refuses "several systems have a service 'products'; write SYSTEM/products" parley "${words[@]}"
done
expect 'annex/products: stopped' parley stop annex/products
expect '"SERVING"' parley call mall/products Health.Check
refuses 'annex/products has no gRPC address now' parley call annex/products Health.Check
expect 'annex/products: ready' parley start annex/products
expect 'annex/products: 2 replicas ready' parley scale annex/products=2
expect 'mall/orders: ready' parley restart orders
expect 'payment' parley logs annex/payment
refuses "no logs of 'anex/payment'" parley logs anex/payment

# One goes, the other stays.
refuses 'mall runs already' parley up mall --detach
expect 'mall is down' parley down mall
expect '"state":"running"' parley status annex --json
expect 'annex is down' parley down
expect 'annex is ready' "$bin/parley" -C "$workspace" up annex --detach --port-base "$base" 9>&-
echo ok
