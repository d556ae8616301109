#!/usr/bin/env bash
# words.sh BIN ROOT: what parley new refuses and says, that nothing is half made, and that what it
# makes of names of every length is as clang-format (where there is one) would write it.
set -euo pipefail
parley=$1/parley
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
wrong=0

# check STATUS TEXT ARGUMENT...: parley new ends with STATUS and says TEXT; below the folder nothing
# changes unless STATUS is 0.
check() {
    local status=$1 text=$2 got=0 out before
    shift 2
    before=$(find . -type f -exec cksum {} + | sort)
    out=$("$parley" new "$@" 2>&1 </dev/null) || got=$?
    [ "$got" = "$status" ] && grep -qF -- "$text" <<<"$out" &&
        { [ "$status" = 0 ] || [ "$before" = "$(find . -type f -exec cksum {} + | sort)" ]; } && return
    wrong=1
    printf 'parley new %s: expected status %s and "%s", got %s:\n%s\n' "$*" "$status" "$text" "$got" "$out"
}

check 0 'parley new system taxi && parley new service taxi/call' --help
check 2 'a system or a service?'
check 2 "expected system or service, got 'thing'" thing x
check 2 'a system has a name' system
check 2 'write the words together' system call-list
check 2 "'three' is too much" system two three
check 2 "no option '--dryrun', did you mean --dry-run?" system x --dryrun
check 2 'a word of C' service taxi/int
check 2 "expected SYSTEM/NAME, got 'call'" service call
check 1 'no parley.yaml here' service taxi/call
check 0 'nothing was written: --dry-run' system taxi --dry-run
[ -z "$(ls -A)" ] || { echo "--dry-run wrote something" && wrong=1; }

mkdir bare && touch bare/parley.yaml
check 0 'add to parley.yaml: build: build' -C bare system taxi
[ -f bare/CMakeLists.txt ] && [ ! -s bare/parley.yaml ] || { echo "a bare workspace is not built" && wrong=1; }
rm -r bare
mkdir own && touch own/CMakeLists.txt
check 0 'find_package(Parley REQUIRED)' -C own system taxi
rm -r own
check 0 'parley new service taxi/NAME' system taxi
check 2 'there is a system taxi already' system taxi
check 2 "no system 'taxis' in this workspace, which has taxi" service taxis/call
check 0 '"changed":["services/taxi/system.yaml","services/taxi/CMakeLists.txt"]' --json service taxi/call
check 2 'taxi has a service call already' service taxi/call
check 0 'http://localhost:8088/jobs' service taxi/job
grep -q '\.teardown = teardown' services/taxi/job/tests/states.c || { echo "states are not taken back" && wrong=1; }
grep -q 'port: 8082' services/taxi/system.yaml || { echo "the second port is not 8082" && wrong=1; }
pids=
for name in aa bb cc dd ee ff; do
    "$parley" new -q service taxi/$name &
    pids+=" $!"
done
for pid in $pids; do
    wait "$pid" || { echo "six at once: one failed" && wrong=1; }
done
ports=$(grep -o 'port: 80[0-9]*' services/taxi/system.yaml | sort | uniq | wc -l)
[ "$ports" = 9 ] || { echo "six at once: $ports different ports instead of 9" && wrong=1; }
mkdir -p proto/taxi/bill
check 2 'proto/taxi/bill is there already' service taxi/bill
rmdir proto/taxi/bill
printf 'system: odd\nservices: {a: {port: 8081}}\n' >odd.yaml
mkdir services/odd && mv odd.yaml services/odd/system.yaml
check 10 'add the service by hand' service odd/call
printf 'system: off\nservices: {}\n' >services/odd/system.yaml
check 10 'it says system: off, and its folder is odd' service odd/call
printf 'system: odd\nservices: 7\n' >services/odd/system.yaml
check 10 'services/odd/system.yaml:2:11' service odd/call
rm -r services/odd

# Protos and contracts that were written first are kept, and what is made fits them.
mkdir -p proto/taxi/fleet/v1 contracts/taxi.fleet.v1
printf 'consumer: taxi.app\nprovider: taxi.fleet.v1\naccess: [grpc, events]\n\ncontracts:\n' \
    >contracts/taxi.fleet.v1/taxi.app.yaml
check 10 'contracts/taxi.fleet.v1 is there, but no proto/taxi/fleet/v1/*.proto' service taxi/fleet
cat >proto/taxi/fleet/v1/fleet.proto <<'PROTO'
syntax = "proto3";
package taxi.fleets.v1;
import "parley/options.proto";
service CarService {
  rpc Open(CarRequest) returns (Car);
  rpc WatchAllTheCars(CarRequest) returns (stream Car) { option (parley.auth) = { public: true }; }
  rpc Count(stream CarRequest) returns (Car) { option (parley.auth) = { public: true }; }
  rpc Talk(stream CarRequest) returns (stream Car) { option (parley.auth) = { public: true }; }
}
service GarageService {
  rpc Open(CarRequest) returns (Car) { option (parley.auth) = { public: true }; }
}
message CarRequest {
  int64 car_id = 1 [(parley.limits) = { required: true, min: 1 }];
}
message Car {
  int64 car_id = 1;
  double weight = 2;
}
PROTO
cat >proto/taxi/fleet/v1/events.proto <<'PROTO'
syntax = "proto3";
package taxi.fleet.v1;
import "parley/options.proto";
option (parley.stream) = "taxi.fleet";
message CarSold {
  option (parley.event_type) = { aggregate: "car_id" };
  int64 car_id = 1;
}
PROTO
check 10 "the file has no contracts" service taxi/fleet
sed -i 's/taxi.fleets.v1/taxi.fleet.v1/' proto/taxi/fleet/v1/fleet.proto
cat >>contracts/taxi.fleet.v1/taxi.app.yaml <<'YAML'
- name: a car
  given: { car_there: { weight: 1000, owner: Kim, blue: true } }
  call: CarService.Open
  request: { car_id: !from_state { name: id, example: 1 } }
  response: { car_id: !from_state { name: id, example: 1 }, weigth: 1000 }

- name: a heavier car
  given: { car_there: { weight: 1000.5, owner: Kim } }
  call: GarageService.Open
  request: { car_id: 2 }
  response: { weight: !from_state { name: weight, example: 1000.5 } }

- name: a car is sold
  given: { many_there: {} }
  trigger: car_sold
  event: CarSold
  stream: taxi.fleet
  payload: { car_id: !range { min: 1 } }
YAML
check 10 "contracts/taxi.fleet.v1/taxi.app.yaml:10:61: error: " service taxi/fleet
sed -i 's/weigth/weight/' contracts/taxi.fleet.v1/taxi.app.yaml
check 10 '--keeps is for protos that are still to be made' service taxi/fleet --keeps car
check 10 "name 'car_there', and a service with --store none keeps nothing" service taxi/fleet --store none
kept=$(find proto/taxi/fleet contracts/taxi.fleet.v1 -type f -exec cksum {} +)
check 0 '"kept":["proto/taxi/fleet/v1","contracts/taxi.fleet.v1"]' --json service taxi/fleet
grep -q '\.teardown = teardown' services/taxi/fleet/tests/states.c || { echo "what was given cannot be taken back" && wrong=1; }
[ "$kept" = "$(find proto/taxi/fleet contracts/taxi.fleet.v1 -type f -exec cksum {} +)" ] ||
    { echo "protos or contracts were changed" && wrong=1; }
while read -r line; do
    grep -rqF -- "$line" services/taxi/fleet services/taxi/system.yaml ||
        { echo "of protos and contracts: no '$line'" && wrong=1; }
done <<'MADE'
static pl_code car_service_open(void *self, pl_call *call,
static pl_code garage_service_open(void *self, pl_call *call,
taxi_fleet_v1_CarService_talk_stream *stream) {
.count = car_service_count,
code = pl_service_add(service, fleet_api_bind_garage_service(&s->api));
serves: [taxi.fleet.v1.CarService, taxi.fleet.v1.GarageService]
{"blue", PL_STATE_BOOL, true},
{"owner", PL_STATE_STRING, false},
{"weight", PL_STATE_DOUBLE, false},
static const pl_state_field car_there_returns[] = {
{"id", PL_STATE_INT64, false},
.setup = setup_many_there,
.fire = fire_car_sold,
generated `taxi_fleet_v1_publish_...`, `pl_event_pg_end`
MADE
mkdir -p proto/taxi/plain/v1
sed 's/taxi.fleet.v1/taxi.plane.v1/' proto/taxi/fleet/v1/fleet.proto >proto/taxi/plain/v1/plain.proto
sed 's/taxi.fleet/taxi.plain/' proto/taxi/fleet/v1/events.proto >proto/taxi/plain/v1/events.proto
check 10 'proto/taxi/plain/v1/plain.proto: its package is taxi.plane.v1' service taxi/plain
sed -i 's/taxi.plane/taxi.plain/' proto/taxi/plain/v1/plain.proto
check 0 'say in proto/taxi/plain/v1 who may call Open:' service taxi/plain
grep -q 'trigger: car_sold' contracts/taxi.plain.v1/taxi.web.yaml ||
    { echo "the first contract leaves the event out" && wrong=1; }

for pair in ab/cd abcdefghijklmn/opqrstuvwxyzab mall/deliveries ab/opqrstuvwxyzab abcdefghijklmn/cd; do
    "$parley" new -q system "${pair%/*}" >/dev/null 2>&1 || true
    check 0 'next:' service "$pair"
done
check 2 "--store is postgres or none, not 'redis'" service ab/xy --store redis
check 2 "thing 'int': it is a word of C, C++ or SQL" service ab/shelf --keeps int
check 0 'http://localhost:8088/books' service ab/shelf --keeps book
for word in 'CREATE TABLE books' 'shelf_store_create(' 'ab.shelf.v1.BookService' 'ab_shelf_v1_Book '; do
    grep -rqF -- "$word" services/ab proto/ab || { echo "--keeps: no '$word'" && wrong=1; }
done
! grep -rqiE 'shelfs|shelf_id' services/ab proto/ab tests/scenarios/ab ||
    { echo "--keeps: something is named after the service" && wrong=1; }
check 0 '/books/tidy' service ab/rack --keeps books --store none
check 0 '/xies/tidy' service ab/xy --store none
check 0 'next:' service abcdefghijklmn/abcdefghijklmn --store none
"$parley" contract check >out 2>&1 && "$parley" contract fmt --check >>out 2>&1 || { cat out && wrong=1; }
if command -v clang-format >/dev/null; then
    cp "$root/.clang-format" .
    find . -name '*.[ch]' -exec clang-format --dry-run -Werror {} + || wrong=1
fi
exit $wrong
