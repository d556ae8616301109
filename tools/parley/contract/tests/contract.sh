#!/usr/bin/env bash
# parley contract, as a team uses it in a repository of its own: begin, check, lay out, show, and what
# it says and ends with when something is wrong.
set -euo pipefail
parley=$1/parley
protos=$2
workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT
cp -r "$protos" "$workspace/proto"
touch "$workspace/parley.yaml"
cd "$workspace"
wrong=0

# check STATUS TEXT ARGUMENT...: parley contract ends with STATUS, and TEXT is in what it prints.
check() {
    local status=$1 text=$2 got=0 out
    shift 2
    out=$("$parley" contract "$@" 2>&1 </dev/null) || got=$?
    [ "$got" = "$status" ] && grep -qF -- "$text" <<<"$out" && return
    wrong=1
    printf 'parley contract %s: expected status %s and "%s", got %s:\n%s\n' "$*" "$status" "$text" "$got" "$out"
}

# Words.
check 2 'what is to be done?'
check 2 "no 'chekc', did you mean 'check'?" chekc
check 2 '--method is for new' check --method A.B
check 2 '--check is for fmt' show a.yaml --check
check 2 'new needs --consumer and --provider' new
check 2 'show takes one file' show
check 2 'schema takes one provider' schema
check 2 'openapi takes one provider' openapi
check 0 'parley contract check contracts/' --help
check 0 'usage: parley contract fmt [--check] [PATH...]' fmt --help
check 0 '  --check                    change nothing; exit 13' fmt -h
check 0 '  --out FILE                 where to write' test --help
check 0 'parley contract lock stubs/books.v1.stub' lock a.stub --help

# Nothing there yet.
check 1 'parley.lock: nothing is pinned yet' lock
check 1 'https is not there yet' lock https://stubs.test/a.stub
check 1 'none.stub: ' lock none.stub
check 0 '0 contracts in 0 files: nothing to check' check
check 0 'there is no folder contracts; contracts are in contracts/PROVIDER/CONSUMER.yaml, and parley contract new' check
mkdir contracts
check 0 'no .yaml file below contracts; contracts are in' check
check 0 'no .yaml file below proto; contracts are in contracts/PROVIDER/CONSUMER.yaml' check proto
rmdir contracts
check 1 'contracts/none.yaml: ' check contracts/none.yaml
check 1 '{"contracts":0,"findings":[],"error":"contracts/none.yaml: No such file' --json check contracts/none.yaml
check 1 'contracts/mall.nobody.v1: No such file or directory"}' --json test mall.nobody.v1

# A beginning checks clean, whatever it is about.
methods=$(sed -n 's/^  rpc \([A-Za-z]*\)(.*/\1/p' proto/mall/products/v1/products.proto)
for method in $methods; do
    check 0 'contracts/mall.products.v1/web.yaml: ' new --consumer web --provider mall.products.v1 \
        --method "ProductService.$method"
done
events=$(sed -n 's/^message \([A-Za-z]*\) {.*/\1/p' proto/mall/orders/v1/events.proto)
for event in $events; do
    check 0 'contracts/mall.orders.v1/web.yaml: ' new --consumer web --provider mall.orders.v1 --event "$event"
done
check 0 'nothing wrong' check
check 0 '' fmt --check
check 1 "no proto of the workspace has the package 'mall.nobody.v1'" new --consumer web --provider mall.nobody.v1
check 1 "has the package 'mall.product.v1', did you mean 'mall.products.v1'?" new --consumer web \
    --provider mall.product.v1 --method ProductService.GetProduct
check 1 'google.api has no method or event' new --consumer web --provider google.api
check 1 'did you mean ProductService.GetProduct?' new --consumer web --provider mall.products.v1 \
    --method ProductService.GetProdukt
check 1 'has no method GetProduct, did you mean ProductService.GetProduct?' new --consumer web \
    --provider mall.products.v1 --method GetProduct
check 1 'has no method Nobody.Calls' new --consumer web --provider mall.products.v1 --method Nobody.Calls
# The same once more would never be reached.
before=$(cat contracts/mall.products.v1/web.yaml)
check 10 'nothing was written' new --consumer web --provider mall.products.v1 --method ProductService.GetProduct
[ "$before" = "$(cat contracts/mall.products.v1/web.yaml)" ] || {
    echo 'new changed a file although it refused'
    wrong=1
}

# A file that is not read is not silence.
mv contracts/mall.products.v1/web.yaml contracts/mall.products.v1/web.yml
check 10 'contracts/mall.products.v1/web.yml:1:1: error: contracts are in .yaml files [PATH]' check
mv contracts/mall.products.v1/web.yml contracts/mall.products.v1/web.yaml

# What is shown.
file=contracts/mall.products.v1/web.yaml
check 0 'recv      {"product_id":1}' show "$file#get product"
check 0 '"method":"mall.products.v1.ProductService.GetProduct"' --json show "$file#get product"
check 1 "did you mean 'get product'?" show "$file#get produkt"
cp "$file" whole.yaml
cat >>"$file" <<'YAML'

- name: a product, at once
  call: ProductService.GetProduct
  request: { product_id: 77 }
  response: { id: 77 }
  within: 200ms
  must_not_contain: [margin, buyers]
  scenario: { name: selling, then: sold }
  in_progress: { until: 2099-12-31, because: it is being written }
YAML
for text in 'within    200 ms' 'never has margin, buyers' 'scenario  selling, then sold' \
    'in progress until 2099-12-31: it is being written'; do
    check 0 "$text" show "$file#a product, at once"
done
cat >>"$file" <<'YAML'

- name: what is within
  call: ProductService.ListProducts
  request: { page: 77 }
  response: { products: !contains [ { name: !non_empty TV } ] }
YAML
check 0 'products[].name          not empty' show "$file#what is within"
check 0 'trigger   ' show contracts/mall.orders.v1/web.yaml
check 0 '"trigger":"' --json show contracts/mall.orders.v1/web.yaml
check 0 '"must_not_contain":["margin","buyers"],"tags":[],"within_ms":200,' --json show "$file#a product, at once"
mv whole.yaml "$file"
check 0 '"const":"ProductService.GetProduct"' schema mall.products.v1
check 1 "no proto of the workspace has the package 'mall.nobody.v1'" schema mall.nobody.v1
check 0 '"/products/{product_id}":{"get":{"operationId":"ProductService.GetProduct' openapi mall.products.v1
check 1 "has a service in the package 'mall.nobody.v1'" openapi mall.nobody.v1
check 1 'no method has a google.api.http option' openapi parley.event.v1

# The tests of a provider: one a contract, one of the generated client, and nothing written twice.
check 2 'test takes one provider' test
check 2 '--out is for test' check --out x.c
check 1 'nobody' test mall.nobody.v1
check 0 'static void web_get_product(void **state) {' test mall.products.v1
check 0 'pl_contract_run(*state, "web", "get product");' test mall.products.v1
check 0 ' * When web calls ProductService.GetProduct' test mall.products.v1
check 0 'static void the_client_of_ProductService_reaches_every_method(void **state) {' test mall.products.v1
check 0 '' test mall.products.v1 --out contract_test.c
touch -d '2000-01-01' contract_test.c
check 0 '' test mall.products.v1 --out contract_test.c
[ "$(date -r contract_test.c +%Y)" = 2000 ] || {
    echo 'test wrote a file that said the same already'
    wrong=1
}

# Findings: line, caret, hint, exit code; and as JSON.
sed -i 's/product_id: 1$/produkt_id: 1/' "$file"
check 10 "error: mall.products.v1.GetProductRequest has no field 'produkt_id' [FIELD_UNKNOWN]" check
check 10 "  hint: did you mean 'product_id'?" check "$file"
check 10 '    produkt_id: 1' check contracts
check 10 '"severity":"error","rule":"FIELD_UNKNOWN"' --json check
check 10 '"contracts":' --json check
sed -i 's/produkt_id/product_id/' "$file"

# Layout.
printf 'consumer:   a\n' >contracts/mall.products.v1/a.yaml
check 13 'contracts/mall.products.v1/a.yaml' fmt --check
check 0 'contracts/mall.products.v1/a.yaml' fmt
check 0 '' fmt --check
[ "$(cat contracts/mall.products.v1/a.yaml)" = 'consumer: a' ] || wrong=1
printf 'a: [\n' >contracts/mall.products.v1/a.yaml
check 10 'contracts/mall.products.v1/a.yaml:2:1: error: ' fmt
rm contracts/mall.products.v1/a.yaml

# A link that leads nowhere is no contract that is kept.
ln -s nowhere.yaml contracts/mall.products.v1/a.yaml
check 1 'contracts/mall.products.v1/a.yaml: No such file or directory' check
rm contracts/mall.products.v1/a.yaml

ln -s nowhere.proto proto/a.proto
check 1 'proto/a.proto: No such file or directory' check
rm proto/a.proto

# A file that cannot be written whole stays as it is.
{ echo 'consumer:   a' && printf '# line %d, which nobody wants to lose\n' {1..100}; } >contracts/mall.products.v1/a.yaml
before=$(cat contracts/mall.products.v1/a.yaml)
(ulimit -f 1 && trap '' XFSZ && check 1 'File too large' fmt && exit $wrong) || wrong=1
[ "$(cat contracts/mall.products.v1/a.yaml)" = "$before" ] || wrong=1
rm contracts/mall.products.v1/a.yaml

# Protos that do not compile are findings, too.
sed -i 's/^message Product {/message Product [/' proto/mall/products/v1/products.proto
check 10 'proto/mall/products/v1/products.proto:' check
check 10 '[PROTO]' check
PROTOC=/nowhere/protoc check 1 'install protobuf-compiler' check

exit $wrong
