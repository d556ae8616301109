#!/usr/bin/env bash
# The rename story (A23) with the contracts of the mall: story.sh BIN ROOT. products renames GetProduct, the route
# /product/{id} and a field of ProductChanged; each time it is told whom that breaks, and where they say so.
# It keeps both of each, and may go on. The repository has the story's end, which is taken out of a copy first.
set -euo pipefail
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PARLEY=$1/parley PARLEY_AGAINST=main PARLEY_VERIFY_COMMAND=true
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
cp -r "$root/proto" "$root/contracts" "$root/parley.yaml" "$root/CODEOWNERS" "$work"
cd "$work"
products=proto/mall/products/v1/products.proto
events=proto/mall/products/v1/events.proto
orders=contracts/mall.products.v1/mall.orders.yaml
ui=contracts/mall.products.v1/mall.ui.yaml

sed -i '/The same by its new name/,/^  }$/d' "$products"
! grep -qE 'GetItem|/item/' "$products" || { echo 'the end is not taken out' && exit 1; }
git init -q -b main && git add .
git -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false commit -q -m 'before the story'

fail() {
    printf 'FAILED: %s\n%s\n' "$1" "$out"
    exit 1
}

ends() { # WHAT STATUS COMMAND...: it ends so; what it says is in $out
    local what=$1 expected=$2 status=0
    shift 2
    out=$("$@" 2>&1) || status=$?
    [ "$status" = "$expected" ] || fail "$what: expected exit $expected, got $status"
}

says() { # WHAT TEXT
    grep -qF -e "$2" <<<"$out" || fail "$1: expected '$2'"
}

# Each contract of FILE, as it was before, that has a line like PATTERN: consumer, name, file and line.
says_users() { # WHAT FILE PATTERN
    local what=$1 file=$2 name line users=0 consumer
    consumer=$(basename "$file" .yaml)
    while IFS=$'\t' read -r line name; do
        says "$what" "used by $consumer: '$name' ($file:$line)"
        users=$((users + 1))
    done < <(git show "main:$file" | awk -v pattern="$3" '
        /^- name: / { name = substr($0, 9); line = NR }
        $0 ~ pattern { print line "\t" name }')
    [ $users -gt 0 ] || fail "$what: $file has no line like $3"
}

breaking() { "$PARLEY" breaking --against main "$@"; }
again() { git checkout -q -- .; }

# ---- the RPC, as a pipeline meets it ----

rename_rpc() { sed -i 's/rpc GetProduct(/rpc GetItem(/' "$products"; }
rename_rpc
ends 'the RPC renamed' 11 "$root/ci/provider" mall.products
says 'the RPC renamed' '[RPC_NO_DELETE]'
says_users 'the RPC renamed' "$orders" 'call: ProductService.GetProduct$'
says_users 'the RPC renamed' "$ui" 'call: ProductService.GetProduct$'
says 'the RPC renamed' 'failed at breaking, exit 11'
again

# ---- the route ----

rename_route() { sed -i 's|/product/{product_id}"|/item/{product_id}"|' "$products"; }
rename_route
ends 'the route renamed' 11 breaking
says 'the route renamed' '[HTTP_ROUTE_NO_DELETE]'
says_users 'the route renamed' "$ui" 'http: GET /product/{product_id}$'
! grep -q 'used by mall.orders' <<<"$out" || fail 'the route renamed: mall.orders does not come over REST'
again

# ---- the event's field ----

rename_field() { sed -i 's/string product_name = 2/string name = 2/' "$events"; }
rename_field
ends 'a field of the event renamed' 11 breaking
says 'a field of the event renamed' '[FIELD_SAME_NAME]'
says_users 'a field of the event renamed' "$orders" 'product_name:'
! grep -q 'used by mall.ui' <<<"$out" || fail 'a field of the event renamed: mall.ui hears no events'

# The contract changed in the same change, or taken out of it, hides nothing.
sed -i 's/product_name:/name:/' "$orders"
ends 'the contract follows' 11 breaking
says_users 'the contract follows' "$orders" 'product_name:'
ends 'its consumer agrees' 0 breaking --accept mall.orders
ends 'another agrees' 11 breaking --accept mall.ui
rm "$orders"
ends 'the contracts are taken out' 11 breaking
says_users 'the contracts are taken out' "$orders" 'product_name:'
says 'the contracts are taken out' '[CONTRACT_REMOVED]'
ends 'their consumer agrees' 0 breaking --accept mall.orders
again

# ---- both of each ----

cp "$root/$products" "$products"
sed -i 's/^  string product_name = 2.*/&\n  \/\/ The same by its new name.\n  string name = 6 [(parley.limits) = { max_length: 100 }];/' "$events"
[ "$(git diff --name-only | wc -l)" = 2 ] || fail 'both kept: two files change'
ends 'both kept' 0 "$root/ci/provider" mall.products
says 'both kept' '0 of them block'
says 'both kept' 'provider mall.products: passed'
