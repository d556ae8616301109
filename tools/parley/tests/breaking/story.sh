#!/usr/bin/env bash
# The rename story with the contracts of the mall: story.sh BIN ROOT. products renames GetProduct, the route
# /product/{id} and a field of ProductChanged; each time it is told whom that breaks, and where they say so.
# It keeps both, and may go on. The repository has the end of the story, which is taken out of a copy first.
set -euo pipefail
bin=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
quiet_git() { git -C "$work" -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false "$@" >/dev/null 2>&1; }
cp -r "$root/proto" "$root/contracts" "$root/parley.yaml" "$work"
products=$work/proto/mall/products/v1/products.proto
events=$work/proto/mall/products/v1/events.proto
sed -i '/\/item\/{product_id}/d' "$products"
quiet_git init -b main && quiet_git add . && quiet_git commit -m before

breaks() { # WHAT RULE CONSUMER...
    local what=$1 rule=$2 out status=0 consumer where
    shift 2
    out=$("$bin/parley" -C "$work" breaking --against main 2>&1) || status=$?
    [ "$status" = 11 ] && grep -qF "[$rule]" <<<"$out" || { printf '%s: exit %s\n%s\n' "$what" "$status" "$out"; exit 1; }
    for consumer; do
        where=$(sed -nE "s/^  used by $consumer: '.*' \((.*)\)$/\1/p" <<<"$out" | head -n 1)
        sed -n "${where#*:}p" "$work/${where%:*}" 2>/dev/null | grep -q '^- name: ' || {
            printf '%s: %s is not named with its contract\n%s\n' "$what" "$consumer" "$out"
            exit 1
        }
    done
    quiet_git checkout -- .
}

sed -i 's/rpc GetProduct(/rpc GetItem(/' "$products"
breaks 'the RPC renamed' RPC_NO_DELETE mall.orders mall.ui

sed -i 's|"/product/{product_id}"|"/item/{product_id}"|; s|GET /product/{product_id}|GET /item/{product_id}|' "$products"
breaks 'the route renamed' HTTP_ROUTE_NO_DELETE mall.ui

sed -i 's/string product_name = 2/string name = 2/' "$events"
breaks 'a field of an event renamed' FIELD_SAME_NAME mall.orders

# Both kept: the way out that is printed.
sed -i 's|^service ProductService {|&\n  // The same.\n  rpc GetItem(GetProductRequest) returns (Product) { option (parley.auth) = { public: true }; }|
    s|additional_bindings { get: "/product/{product_id}" }|&\n      additional_bindings { get: "/item/{product_id}" }|' "$products"
sed -i 's/  string product_name = 2.*/&\n  string name = 1000 [(parley.limits) = { max_length: 100 }];/' "$events"
out=$("$bin/parley" -C "$work" breaking --against main 2>&1) || { printf 'both kept: %s\n' "$out"; exit 1; }
grep -q '0 of them block' <<<"$out"
grep -q GetItem "$products" && grep -q '/item/' "$products" && grep -q 'name = 1000' "$events"
