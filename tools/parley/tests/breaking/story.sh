#!/usr/bin/env bash
# The rename story with the contracts of the mall: story.sh BIN ROOT. products renames an RPC, a route and
# a field of an event; each time it is told whom that breaks. It keeps both, and may go on.
set -euo pipefail
bin=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
quiet_git() { git -C "$work" -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false "$@" >/dev/null 2>&1; }
cp -r "$root/proto" "$root/contracts" "$root/parley.yaml" "$work"
quiet_git init -b main && quiet_git add . && quiet_git commit -m before
products=$work/proto/mall/products/v1/products.proto
events=$work/proto/mall/products/v1/events.proto

breaks() { # WHAT RULE CONSUMER...
    local what=$1 rule=$2 out status=0 consumer
    shift 2
    out=$("$bin/parley" -C "$work" breaking --against main 2>&1) || status=$?
    [ "$status" = 11 ] && grep -qF "[$rule]" <<<"$out" || { printf '%s: exit %s\n%s\n' "$what" "$status" "$out"; exit 1; }
    for consumer; do
        grep -qF "used by $consumer: " <<<"$out" || { printf '%s: %s is not named\n%s\n' "$what" "$consumer" "$out"; exit 1; }
    done
    quiet_git checkout -- .
}

sed -i 's/rpc GetProduct(/rpc GetArticle(/' "$products"
breaks 'an RPC renamed' RPC_NO_DELETE mall.orders mall.ui

sed -i 's|"/product/{product_id}"|"/article/{product_id}"|; s|GET /product/{product_id}|GET /article/{product_id}|' "$products"
breaks 'a route renamed' HTTP_ROUTE_NO_DELETE mall.ui

sed -i 's/string product_name = 2/string title = 2/' "$events"
breaks 'a field of an event renamed' FIELD_SAME_NAME mall.orders

sed -i 's|^service ProductService {|&\n  // The same.\n  rpc GetArticle(GetProductRequest) returns (Product) { option (parley.auth) = { public: true }; }|
    s|additional_bindings { get: "/product/{product_id}" }|&\n      additional_bindings { get: "/article/{product_id}" }|' "$products"
sed -i 's/  string product_name = 2.*/&\n  string title = 1000 [(parley.limits) = { max_length: 100 }];/' "$events"
out=$("$bin/parley" -C "$work" breaking --against main 2>&1) || { printf 'both kept: %s\n' "$out"; exit 1; }
grep -q '0 of them block' <<<"$out"
grep -q GetArticle "$products" && grep -q '/article/' "$products" && grep -q 'title = 1000' "$events"
