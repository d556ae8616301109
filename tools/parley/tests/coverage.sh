#!/usr/bin/env bash
# What of a provider is used, and the graph of who uses it: coverage.sh BIN.
set -euo pipefail
bin=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/breaking/shop/." "$work"
cat >"$work/contracts/shop.v1/page.yaml" <<'YAML'
consumer: page
provider: shop.v1
access: [rest]

contracts:
- name: the page shows what is gone
  call: ItemService.Get
  http: GET /item/{id}
  request: { id: 2 }
  response: { colour: !one_of [red, green], state: !not STATE_ON_SALE }

- name: an item that never was
  call: ItemService.Get
  request: { id: 999 }
  status: { code: NOT_FOUND, details: [{ '@type': type.googleapis.com/shop.v1.Item, name: none }, { '@type': shop.v1.Item, name: !type any }] }
YAML

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# says STATUS TEXT ARGUMENT...: parley ends with STATUS, and TEXT is in what it prints.
says() {
    local status=$1 text=$2 got=0 out
    shift 2
    out=$("$bin/parley" -C "$work" "$@" 2>&1) || got=$?
    [ "$got" = "$status" ] && grep -qF -- "$text" <<<"$out" || fail "$*: expected $status and '$text', got $got: $out"
}

prints() { # EXPECTED ARGUMENT...
    local expected=$1 out
    shift
    out=$("$bin/parley" -C "$work" "$@")
    [ "$out" = "$expected" ] || fail "$*: $(diff <(echo "$expected") <(echo "$out"))"
}

prints 'shop.v1  9 of 25 used, 36 %
  RPCs, 1 of 2
    ItemService.Get            page, web
    ItemService.Put            nobody
  statuses
    ItemService.Get NOT_FOUND  page
  fields of requests, 2 of 11
    GetRequest.id              page, web
    GetRequest.note            web
    GetRequest.part            nobody
    GetRequest.wanted          nobody
    GetRequest.mask            nobody
    Part.what                  nobody
    Item.number                nobody
    Item.name                  nobody
    Item.colour                nobody
    Item.state                 nobody
    Item.states                nobody
  fields of answers, 3 of 5
    Item.number                nobody
    Item.name                  page, web
    Item.colour                page
    Item.state                 page, web
    Item.states                nobody
  events, 1 of 1
    ItemSold                   web
  fields of events, 1 of 4
    ItemSold.number            web
    ItemSold.buyer             nobody
    ItemSold.part              nobody
    Part.what                  nobody
  enum values, 1 of 2
    State.STATE_ON_SALE        page, web
    State.STATE_GONE           nobody' coverage

prints 'shop.v1.Item.colour in requests of shop.v1: nobody
shop.v1.Item.colour in answers of shop.v1
  contracts/shop.v1/page.yaml:10:23: page: '"'the page shows what is gone'" coverage --field colour
says 0 'shop.v1.GetRequest.note in requests' coverage --field GetRequest.note
says 0 '"part":"answer_field","name":"Item.colour","consumers":[{"consumer":"page","contract":"the page shows what is gone","file":"contracts/shop.v1/page.yaml","line":10,"column":23}]}' --json coverage shop.v1
# A contract that names a field twice uses it once.
times=$("$bin/parley" -C "$work" --json coverage | grep -o '"part":"answer_field","name":"Item.name","consumers":[^]]*' |
    grep -o 'an item that never was' | wc -l)
[ "$times" = 1 ] || fail "Item.name is used $times times by one contract"
says 2 "no field 'color', did you mean 'colour'?" coverage --field color
says 2 "no provider 'shop.v2', did you mean 'shop.v1'?" coverage shop.v2
says 2 "--min is a number from 0 to 100, not '101'" coverage --min 101

# The threshold.
says 0 '36 %' coverage --min 36
says 13 'shop.v1: 36 % used, expected 37 % at least' coverage --min 37

# Each consumer once, whatever the order of files; the graph says the same of the same contracts.
prints 'page
  -> shop.v1  call   ItemService.Get
              call   ItemService.Get as GET /item/{id}
web
  -> shop.v1  call   ItemService.Get
              event  ItemSold' graph
prints 'flowchart LR
    n0["page"]
    n2["web"]
    n4["shop"]
    n0 -->|"ItemService.Get<br/>GET /item/{id}"| n4
    n2 -->|"ItemService.Get"| n4
    n2 -.->|"ItemSold"| n4' graph --format mermaid
says 0 '{"consumer":"web","provider":"shop.v1","calls":[{"method":"shop.v1.ItemService.Get","contracts":1}],"events":[{"type":"shop.v1.ItemSold","stream":"shop.items","contracts":1}]}]}' graph --format json
says 2 "--format is text, mermaid or json, not 'dot'" graph --format dot
says 2 "--running prints findings" graph --running --format mermaid

# What services did, from logs: of a replica, of a file that was moved aside, beside lines that are
# damaged, of a store, of Parley's own services, and of the gateway.
mkdir -p "$work/services/shop" "$work/.parley/shop/logs"
cat >"$work/services/shop/system.yaml" <<'YAML'
system: shop
services:
  web: { port: 8081 }
  till: { port: 8082 }
gateway: { binary: gateway, port: 8088 }
YAML
log() { printf '%s\n' "${@:2}" >>"$work/.parley/shop/logs/$1"; }
get='{"time":"2026-11-21T10:00:00.000000Z","event":"upstream","kind":"client","method":"/shop.v1.ItemService/Get","upstream":"items"}'
sold='{"time":"2026-11-21T10:00:00.000000Z","event":"handled","kind":"consumer","type":"shop.v1.ItemSold","stream":"shop.items"}'
says 1 'no call and no event of a service in the logs' graph --running
log 'web.log.1' "${get/Get/Put}"
log 'web.log' 'not JSON "kind":"client"' "$get" '{"kind":"client","method":' "$get"
log 'web#2.log' "$sold" "${get/shop.v1.ItemService/grpc.health.v1.Health}" "${get/shop.v1.ItemService/parley.event.v1.EventLogService}"
log 'till.log' "${sold/shop.items/shop.others}"
log 'web.log' "${sold/shop.items/shop.returns}"
log 'gateway.log' "$get"
log 'postgres.log' "$get"
sed 's/^consumer: web/consumer: shop.web/' "$work/contracts/shop.v1/web.yaml" >"$work/contracts/shop.v1/shop.web.yaml"
says 10 '5 arrows in the logs, 3 without a contract' graph --running
says 10 '.parley/shop/logs/web.log.1:1:1: error: shop.web calls shop.v1.ItemService.Put, and no contract says so [ARROW_NO_CONTRACT]' graph --running
says 10 'shop.web handles shop.v1.ItemSold of stream shop.returns, and no contract says so' graph --running
says 10 '.parley/shop/logs/till.log:1:1: error: shop.till handles shop.v1.ItemSold of stream shop.others, and no' graph --running
says 10 '{"consumer":"shop.web","provider":"shop.v1","method":"shop.v1.ItemService.Get","count":2,"contracts":1}' --json graph --running
says 10 '"line":1,"column":1,"severity":"error","rule":"ARROW_NO_CONTRACT"' --json graph --running

# Contracts that are wrong are nobody's measure.
sed -i 's/colour: /color: /' "$work/contracts/shop.v1/page.yaml"
says 10 "did you mean 'colour'?" coverage
says 10 "did you mean 'colour'?" graph
rm -r "$work/contracts"
says 0 'nobody has a contract with shop.v1' coverage
says 13 'nothing was measured' coverage --min 1

# Why there is no answer is a document, too.
rm "$work/parley.yaml"
says 1 '{"error":"no parley.yaml here' --json coverage
says 1 '{"error":"no parley.yaml here' --json graph
