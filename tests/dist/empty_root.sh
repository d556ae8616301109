#!/usr/bin/env bash
# empty_root.sh BUILD ROOT: the archive of ./dev dist, made twice with the same bytes, and used in a
# root that has glibc and /proc: no shell, no git, no protoc, neither gRPC nor PostgreSQL.
set -euo pipefail
build=$1
source=$2
work=$(mktemp -d)
stub=
finish() {
    [ -z "$stub" ] || kill -KILL "$stub" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cd "$work"
mkfifo tick

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# ---- the archive ----

mkdir one two
"$source/tools/dev/dist.sh" "$build" one
"$source/tools/dev/dist.sh" "$build" two >two/log
cmp one/*.tar.gz two/*.tar.gz || fail 'the same build does not give the same bytes'
tar -xzf one/*.tar.gz
name=$(basename one/*.tar.gz .tar.gz)
! grep -rlF -e "$source/" -e "$build/" "$name" || fail 'these files say where they were compiled'
size=$(stat -c %s one/*.tar.gz)
[ "$size" -lt $((20 << 20)) ] || fail "$size bytes are too many to download before every build"

# ---- the root ----

root=$work/root
libc=$(ldd "$name/bin/parley" | sed -n 's/.*libc\.so\.6 => \([^ ]*\).*/\1/p')
loader=$(ldd "$name/bin/parley" | sed -n 's/^[ \t]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p')
mkdir -p "$root"/{proc,tmp,opt,shop} "$root/$(dirname "$libc")" "$root/$(dirname "$loader")"
cp -L "$loader" "$root/$loader"
cp -L "$(dirname "$libc")"/lib{c,m,pthread,dl,rt,resolv}.so.[0-9] "$root/$(dirname "$libc")/"
cp -r "$source/proto" "$source/contracts" "$source/parley.yaml" "$root/shop/"

# The scripts for pipelines find the command beside them.
(cd "$root/shop" && unset PARLEY PROTOC && export PARLEY_BUILD_COMMAND=true PARLEY_TEST_COMMAND=true &&
    PARLEY_VERIFY_COMMAND=true "$work/$name/ci/provider" mall.products --from contracts --json) \
    >said 2>err || fail "ci/provider: $(cat err)"
grep -qF "\"$work/$name/bin/parley contract check" said || fail "$(cat said)"
mv "$name" "$root/opt/parley"

# /proc is mounted in a name space of its own, so that nothing stays mounted.
inside() { # ARGUMENT...: parley in the root; its process is this one
    local own=()
    [ "$(id -u)" = 0 ] || own=(--map-root-user --pid --fork --kill-child)
    # shellcheck disable=SC2016
    exec env -i unshare --mount "${own[@]}" /bin/sh -c \
        'root=$1; shift; /bin/mount -t proc proc "$root/proc" && exec /usr/sbin/chroot "$root" "$@"' \
        sh "$root" "/opt/parley/bin/parley" "$@"
}

expect() { # EXPECTED TEXT ARGUMENT...: parley ARGUMENT... in the root
    local code=0 expected=$1 text=$2
    shift 2
    (inside "$@") >said 2>&1 || code=$?
    [ "$code" = "$expected" ] || fail "parley $*: expected $expected, got $code: $(cat said)"
    grep -qF -e "$text" said || fail "parley $*: expected '$text': $(cat said)"
}

within() { # MS COMMAND...: it succeeds before MS milliseconds are over
    local deadline=$(($(date +%s%N) / 1000000 + $1))
    shift
    until "$@"; do
        [ $(($(date +%s%N) / 1000000)) -lt $deadline ] || return 1
        read -r -t 0.02 <>tick || true
    done
}

serve() { # ARGUMENT...: a stub in the root; $grpc is its address
    (inside -C /shop stub "$@") >out 2>err &
    stub=$!
    within 20000 grep -q ready out || fail "no stub: $(cat out err)"
    grpc=$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' out)
}

# By force: unshare, which stands before it where this is not root, ignores all else.
end() {
    kill -KILL "$stub"
    wait "$stub" 2>/dev/null || true
    stub=
}

# ---- what a team without C does with it ----

version=${name#parley-}
expect 0 "parley ${version%%-*}" --version
for text in contracts contracts-reference ci; do
    cmp "$source/docs/$text.md" "$root/opt/parley/share/doc/parley/$text.md" || fail "no $text.md to read"
done
# The help has what is there, and nothing else.
expect 0 '  parley contract check' --help
sed -n 's/^  \([a-z]*\)  .*/\1/p' said | tr '\n' ' ' >listed
[ "$(cat listed)" = 'call ls contract import breaking explain coverage graph stub verify completion ' ] ||
    fail "parley --help lists: $(cat listed)"
expect 0 "*) verbs=\" $(sed 's/ $//' listed)\"" completion bash
expect 0 'FIELD_NO_DELETE' explain FIELD_NO_DELETE
expect 0 'parley import scc' import --help
expect 0 'nothing wrong' -C /shop contract check
expect 0 '"name":"a product on sale"' -C /shop --json contract show contracts/mall.products.v1/mall.orders.yaml

expect 0 mall.orders -C /shop graph
expect 0 ProductService.GetProduct -C /shop coverage mall.products.v1

serve mall.payment.v1
get=(PaymentService.Charge '{"charge_key": "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f60", "order_id": 1,
    "customer_id": "user-1", "amount": "30000"}')
charged='"state": "PAYMENT_STATE_CHARGED"'
expect 0 "$charged" call "$grpc" "${get[@]}"
"$build/bin/parley" call "$grpc" "${get[@]}" >said 2>&1 || fail "from outside: $(cat said)"
grep -qF "$charged" said || fail "from outside: $(cat said)"
expect 0 ' passed, 0 failed' -C /shop verify mall.payment.v1 --target "$grpc" --filter 'an order is charged'
end
expect 0 'payment.stub: ' -C /shop stub mall.payment.v1 --bundle /tmp/payment.stub
serve /tmp/payment.stub
end

protos=$root/opt/parley/share/parley
"$root/opt/parley/libexec/parley/protoc" -I"$protos/include" -o details.binpb google/rpc/error_details.proto \
    parley/event/v1/envelope.proto google/rpc/status.proto grpc/health/v1/health.proto
grep -qaF ErrorInfo details.binpb || fail 'details have no ErrorInfo'
(cd "$root/shop/proto" && "$root/opt/parley/libexec/parley/protoc" -I. -I"$protos/include" \
    --include_imports --include_source_info -o "$root/shop/before.binpb" mall/*/v1/*.proto)
expect 0 '0 of them block' -C /shop breaking --against before.binpb
sed -i 's/string name = 2/string title = 2/' "$root/shop/proto/mall/products/v1/products.proto"
expect 11 'used by mall.orders: ' -C /shop breaking --against before.binpb
expect 1 'git cannot be run; compare with a descriptor set' -C /shop breaking --against main
expect 10 'contracts/mall.products.v1/mall.orders.yaml:' -C /shop contract check
rm "$root/opt/parley/libexec/parley/protoc"
expect 1 'protoc cannot be run' -C /shop contract check
expect 1 'is not in this installation' -C /shop up mall
