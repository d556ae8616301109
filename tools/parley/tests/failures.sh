#!/usr/bin/env bash
# Starts that fail say why, leave nothing behind, and can be repeated at once.
# shellcheck source=tests/up/lib.sh
. "$2/tests/up/lib.sh"
lock_ports

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
within 5000 is_there || fail 'no start'
kill -INT $waiting
got=0
wait $waiting || got=$?
[ $got = 130 ] || fail "Ctrl-C during --detach: expected 130, got $got: $(cat "$workspace/out")"
[ "$(parley status --json)" = '{"systems":[]}' ] || fail 'Ctrl-C left something'
echo ok
