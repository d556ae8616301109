#!/usr/bin/env bash
# One order is one trace: from the request over every call and event until it is delivered.
# shellcheck source=tests/up/lib.sh
. "$(dirname "$0")/lib.sh"
lock_ports
# Nobody listens at the address of the collector: that must not be felt.
start_up --set delivery.DELIVERY_TIME_MS=300 --set orders.OTLP_ENDPOINT=http://127.0.0.1:1

trace=4bf92f3577b34da6a3ce929d0e0e4736
caller=00f067aa0ba902b7
answer=$(curl -sS -i --max-time 60 "http://127.0.0.1:$((base + 88))/orders" \
    -H 'content-type: application/json' -H "traceparent: 00-$trace-$caller-01" \
    -H 'tracestate: vendor=1' -d '{"productId": 1, "quantity": 1, "customerId": "trace@example.org"}')
grep -qi "^x-trace-id: $trace" <<<"$answer" || fail "no x-trace-id: $answer"

tree() { parley logs --trace "$@"; }
delivered() { # and who else heard of it has
    local shown
    shown=$(tree $trace)
    grep -q 'published DeliveryCompleted' <<<"$shown" && grep -q 'orders  *handled StockAllocated' <<<"$shown"
}
within 30000 delivered || fail "the trace does not reach the delivery: $(tree $trace)"

# Who called whom, and what followed: SPAN is somewhere below ABOVE.
shown=$(tree $trace)
plain=$(sed 's/│/ /g; s/├/ /g; s/└/ /g; s/─/ /g' <<<"$shown") # one byte a column
below() { # ABOVE SPAN
    awk -v above="$1" -v span="$2" '
        { depth = match(substr($0, 25), /[^ ]/) } # behind the times
        index($0, above) && !found { from = depth; found = 1; next }
        found && depth <= from { found = 0 }
        found && index($0, span) { ok = 1 }
        END { exit !ok }' <<<"$plain" || fail "no '$2' below '$1': $shown"
}
below 'POST /orders' 'OrderService/PlaceOrder'
below 'OrderService/PlaceOrder' '-> products ProductService/GetProduct'
below '-> products ProductService/GetProduct' 'products   ProductService/GetProduct'
below 'OrderService/PlaceOrder' '-> payment PaymentService/Charge'
below '-> payment PaymentService/Charge' 'payment    PaymentService/Charge'
below 'payment    PaymentService/Charge' 'published PaymentCharged'
below 'OrderService/PlaceOrder' 'published OrderPlaced'
below 'published OrderPlaced' 'products   handled OrderPlaced'
below 'published OrderPlaced' 'delivery   handled OrderPlaced'
below 'products   handled OrderPlaced' 'published StockAllocated'
below 'published StockAllocated' 'delivery   handled StockAllocated'
below 'delivery   handled StockAllocated' 'published DeliveryStarted'
below 'delivery   handled StockAllocated' 'published DeliveryCompleted'

# Nothing is missing but the caller, who is not ours.
missing=$(grep -c 'has no line' <<<"$shown") || true
[ "$missing" = 1 ] || fail "$missing parents are missing: $shown"
grep -q "span $caller has no line" <<<"$shown" || fail "another parent is missing: $shown"
[ "$(parley logs --json --trace $trace | grep -o '"logged":false' | wc -l)" = 1 ] || fail 'json'

# A few digits do, and a whole traceparent; what is not there is explained.
[ "$(tree ${trace:0:8})" = "$shown" ] || fail 'not found by its first digits'
[ "$(tree "00-$trace-$caller-01")" = "$shown" ] || fail 'not found by its traceparent'
unknown=$(tree 0123456789 2>&1) && fail "found: $unknown"
grep -q 'no trace 0123456789 in the logs' <<<"$unknown" || fail "$unknown"

# Who does not sample is not sampled: the calls are logged, nothing is added to them.
quiet=5bf92f3577b34da6a3ce929d0e0e4736
curl -sS -o "$workspace/body" "http://127.0.0.1:$((base + 88))/orders" \
    -H 'content-type: application/json' -H "traceparent: 00-$quiet-$caller-00" \
    -d '{"productId": 1, "quantity": 1, "customerId": "quiet@example.org"}'
served() { grep -q 'payment    PaymentService/Charge' <<<"$(tree $quiet)"; }
within 30000 served || fail "not served: $(tree $quiet)"
grep -q -- '-> payment' <<<"$(tree $quiet)" && fail "sampled: $(tree $quiet)"

# Every metric that docs/operations.md names is there, and OpenMetrics names traces.
scrape() { # [HEADER...]: of all services
    for address in $(parley status --json | grep -oE '"admin":"[^"]+"' | cut -d'"' -f4); do
        curl -sS --max-time 60 "$@" "http://$address/metrics"
    done
}
metrics=$(scrape)
documented=$(sed -n '/^## Metrics/,$p' "$root/docs/operations.md" |
    grep -oE '.(parley|gateway)_[a-z_]+' | grep -v '^ ' | cut -c2-)
[ "$(wc -l <<<"$documented")" -gt 40 ] || fail "hardly any metric is documented: $documented"
for name in $documented; do
    grep -qE "^# TYPE $name " <<<"$metrics" || fail "no metric $name, which docs/operations.md names"
done
grep -oE '^# TYPE (parley|gateway)_[a-z_]+' <<<"$metrics" | cut -d' ' -f3 | sort -u |
    while read -r name; do
        grep -qxF "$name" <<<"$documented" || fail "docs/operations.md does not name $name"
    done
open=$(scrape -H 'Accept: application/openmetrics-text')
grep -qE "^parley_rpc_seconds_bucket.* # \{trace_id=\"$trace\"\}" <<<"$open" ||
    fail 'no exemplar names the trace'
grep -q '^# EOF' <<<"$open" || fail 'no end of OpenMetrics'
