#!/usr/bin/env bash
# Starts that fail say why, leave nothing behind, and can be repeated at once.
# shellcheck source=tests/up/lib.sh
. "$2/tests/up/lib.sh"
own_ports 14500 # one system moves to the next range

refuses() { # STATUS TEXT ARGUMENT...: of parley up mall --detach
    local status=$1 text=$2 got=0
    shift 2
    out=$(parley up mall --detach --port-base "$base" "$@" 2>&1 9>&-) || got=$?
    { [ "$got" = "$status" ] && grep -qF -- "$text" <<<"$out"; } ||
        fail "up $*: expected status $status and '$text', got $got: $out"
    [ "$(parley status --json)" = '{"systems":[]}' ] || fail "up $*: something is left"
}

refuses 1 "orders cannot start (exit 2)" --set orders.STOCK_POLICY=bogus
grep -qF "flag --stock-policy: expected one of backorder, reject, saga, got 'bogus'" <<<"$out" || fail "$out"
refuses 1 "no such program; build it with ./dev build" --set orders.binary=nothere
refuses 1 "payment cannot start" --set payment.LISTEN=nonsense
refuses 1 "flag --stock-polcy: unknown, did you mean --stock-policy?" --set orders.STOCK_POLCY=reject
grep -qF "that is --set orders.STOCK_POLCY" <<<"$out" || fail "$out"

# What is wrong in system.yaml is said before anything starts, with its place.
mkdir -p "$workspace/wrong/services/mall"
touch "$workspace/wrong/parley.yaml"
wrong() { # TEXT SED: of the mall's system.yaml
    local out
    sed "$2" "$root/services/mall/system.yaml" >"$workspace/wrong/services/mall/system.yaml"
    out=$(timeout 60 "$bin/parley" -C "$workspace/wrong" up mall --port-base "$base" 2>&1) && fail "up with $2: $out"
    grep -qE -- "$1" <<<"$out" || fail "up with $2: expected '$1', got $out"
}
wrong "system.yaml:[0-9]+:[0-9]+: no service 'mall.orders.v1.OrdrService' in the protos, did you mean 'mall.orders.v1.OrderService'?" s/OrderService/OrdrService/
wrong "it says system: mal, and its folder is mall" 's/^system: mall/system: mal/'
bogus='/serves: .*OrderService/a\    settings: { STOCK_POLICY: bogus }'
wrong 'orders .*ended \(exit 2\); given up' "$bogus"
wrong 'that is STOCK_POLICY of orders, .*services/mall/system.yaml:16$' "$bogus"

# A port that is taken moves the whole range.
"$bin/parley" -C "$workspace" up mall --detach --port-base "$base" >"$workspace/out" 2>&1 9>&-
mkdir "$workspace/other"
touch "$workspace/other/parley.yaml"
ln -s "$root/services" "$root/proto" "$workspace/other/"
chmod 755 "$workspace/other"
second() { "$bin/parley" -C "$workspace/other" "$@"; }
second up mall --detach --port-base "$base" >"$workspace/out" 2>&1 9>&- || fail 'second start'
grep -q "is taken: mall moves to port base" "$workspace/out" || fail "$(cat "$workspace/out")"
second down --volumes 2>/dev/null
parley call products Health.Check >/dev/null || fail 'the first is gone with the second'
parley down --volumes 2>/dev/null

# Ctrl-C while a detached start is waited for stops what was started.
"$bin/parley" -C "$workspace" up mall --detach --port-base "$base" >"$workspace/out" 2>&1 9>&- &
waiting=$!
is_there() { [ -e "$workspace/.parley/mall/run" ]; }
within 30000 is_there || fail 'no start'
kill -INT $waiting
got=0
wait $waiting || got=$?
[ $got = 130 ] || fail "Ctrl-C during --detach: expected 130, got $got: $(cat "$workspace/out")"
[ "$(parley status --json)" = '{"systems":[]}' ] || fail 'Ctrl-C left something'
echo ok
