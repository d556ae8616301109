#!/usr/bin/env bash
# A team without C: run.sh BUILD PROTOC python|node consumer|provider [PREFIX]. Its tests pass, and
# each mistake that is planted in a copy of its code is caught. PREFIX is where parley is installed;
# it is the build folder unless said.
set -euo pipefail
build=$1 protoc=$2 language=$3 side=$4 prefix=${5:-$1}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
redis=
provider=
cleanup() {
    [ -z "$provider" ] || kill "$provider" 2>/dev/null || true
    [ -z "$redis" ] || kill "$redis" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT
export PARLEY=$prefix/bin/parley
# An installation has a protoc of its own.
if [ "$prefix" = "$build" ]; then export PROTOC=$protoc; else unset PROTOC; fi

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# shellcheck source=tests/interop/peers/install.sh
. "$here/../interop/peers/install.sh"
need "$language" || exit 77

within() { # MS COMMAND...: it succeeds before MS milliseconds are over
    local deadline=$(($(date +%s%N) / 1000000 + $1))
    shift
    until "$@"; do
        [ $(($(date +%s%N) / 1000000)) -lt $deadline ] || return 1
        read -r -t 0.02 <>"$folder/tick" || true
    done
}

expect() { # EXPECTED TEXT COMMAND...: it ends with this exit code and says TEXT
    local code=0 expected=$1 text=$2
    shift 2
    "$@" >"$folder/said" 2>&1 || code=$?
    [ "$code" = "$expected" ] || fail "$*: expected $expected, got $code: $(cat "$folder/said")"
    said "$text"
}

said() { # TEXT: the last one said it, too
    grep -qF -e "$1" "$folder/said" || fail "expected $1: $(cat "$folder/said")"
}

# ---- the team's folder -----------------------------------------------------------------------

cp -r "$here/workspace" "$folder/workspace"
cp -r "$here/$language" "$folder/code"
mkfifo "$folder/tick"
cd "$folder/workspace"
share=$prefix/share/parley
case $language in
python)
    mkdir "$folder/generated"
    "$protoc" -I proto -I "$share/include" --python_out="$folder/generated" \
        weather/v1/weather.proto weather/v1/events.proto google/rpc/status.proto parley/options.proto \
        parley/event/v1/envelope.proto parley/contract/v1/provider_states.proto
    export PYTHONPATH=$folder/generated PYTHONDONTWRITEBYTECODE=1
    consumer_tests() { /usr/bin/python3 "$folder/code/test_farm.py"; }
    differences() { # of the JSON of a verification, a line each
        /usr/bin/python3 -c 'import json, sys
for contract in json.load(sys.stdin)["contracts"]:
    for found in contract["differences"]:
        print("{}: {path}: expected {expected}, got {actual}".format(contract["name"], **found))'
    }
    run_provider() { exec /usr/bin/python3 "$folder/code/states.py" "$REDIS_URL"; }
    ;;
node)
    export NODE_PATH=$build/interop/node/node_modules
    export PROTO_PATH=$folder/workspace/proto:$share/include
    consumer_tests() { node --test "$folder/code/page.test.js"; }
    differences() { # of the JSON of a verification, a line each
        node -e 'for (const { name, differences } of JSON.parse(fs.readFileSync(0)).contracts)
            for (const { path, expected, actual } of differences)
                console.log("%s: %s: expected %s, got %s", name, path, expected, actual)'
    }
    run_provider() { exec node "$folder/code/states.js" "$REDIS_URL"; }
    ;;
esac

plant() { # FILE SED: a mistake in a fresh copy of the code
    rm -r "$folder/code"
    cp -r "$here/$language" "$folder/code"
    sed -i "$2" "$folder/code/$1"
    ! cmp -s "$here/$language/$1" "$folder/code/$1" || fail "$2 changes nothing in $1"
}

# Redis takes no free port by itself, so it tries some.
start_redis() {
    local port
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 12000))
        redis-server --port "$port" --bind 127.0.0.1 --dir "$folder" --save '' >"$folder/redis.log" &
        redis=$!
        if within 5000 grep -qE 'Ready to accept|Failed listening' "$folder/redis.log" &&
            grep -q 'Ready to accept' "$folder/redis.log"; then
            export REDIS_URL=redis://127.0.0.1:$port
            return
        fi
        kill "$redis" 2>/dev/null || true
        wait "$redis" || true
    done
    fail "no Redis: $(cat "$folder/redis.log")"
}

bundle() { # of the contracts; the team that gets it needs no protos of the provider for parley
    expect 0 'weather.v1.stub: 10 contracts' "$PARLEY" stub weather.v1 --bundle "$folder/weather.v1.stub"
}

# ---- a consumer ------------------------------------------------------------------------------

consumer() {
    consumer_tests >"$folder/said" 2>&1 || fail "$(cat "$folder/said")"
    bundle
    (cd / && WEATHER=$folder/weather.v1.stub consumer_tests) >"$folder/said" 2>&1 ||
        fail "from the bundle: $(cat "$folder/said")"
    "mistakes_of_$language"
}

mistakes_of_python() {
    plant farm.py 's/GetStationRequest(name=station)/GetStationRequest(name=station, with_history=True)/'
    expect 1 "no contract covers this call; the closest is 'a station, contracts/weather.v1/farm.yaml:8': with_history: expected nothing: it is not in the contract, got true" \
        consumer_tests
    plant farm.py 's/timeout=TIMEOUT).town/timeout=TIMEOUT).altitude/' # which no contract has
    expect 1 "AssertionError: 0 != 'Nauen'" consumer_tests
    plant test_farm.py 's/test_the_coldest/untested/'
    expect 1 "contracts that no test needs: ['all readings of a station']" consumer_tests
}

mistakes_of_node() {
    plant page.js 's/call.write({ latitude, longitude })/call.write({ latitude: longitude, longitude: latitude })/'
    expect 1 "no contract covers this call; the closest is 'the stations along a route, contracts/weather.v1/page.yaml:35': latitude: expected 52.6, got 12.9" \
        consumer_tests
    plant page.js 's/station.town/station.altitude/' # which no contract has
    expect 1 'Weather in 0' consumer_tests
    plant page.test.js "s/^test('newer/test.skip('newer/"
    expect 1 'contracts that no test needs' consumer_tests
    said 'the readings that the page does not have yet'
}

# ---- a provider ------------------------------------------------------------------------------

start_provider() {
    : >"$folder/out"
    run_provider >"$folder/out" 2>"$folder/err" &
    provider=$!
    within 20000 grep -q ready "$folder/out" || fail "no provider: $(cat "$folder/err")"
    target=$(sed -n 's/.*grpc=\([^ ]*\).*/\1/p' "$folder/out")
    states=$(sed -n 's/.*states=\([^ ]*\).*/\1/p' "$folder/out")
}

stop_provider() {
    kill "$provider"
    wait "$provider" || true
    provider=
}

verify() { # PROVIDER OPTION...
    "$PARLEY" --json verify "$@" --target "$target" --states "$states" --redis "$REDIS_URL"
}

broken() { # CONTRACT PATH EXPECTED ACTUAL FILE SED: this mistake is found, and where
    local code=0
    plant "$5" "$6"
    start_provider
    verify weather.v1 --filter "$1" >"$folder/json" 2>"$folder/err" || code=$?
    [ "$code" = 12 ] || fail "$6: expected 12, got $code: $(cat "$folder/err")"
    expect 0 "$1: $2: expected $3, got $4" differences <"$folder/json"
    stop_provider
}

provider() {
    start_provider
    expect 0 '"provider":"weather.v1","passed":10,"failed":0,"skipped":0,' verify weather.v1
    bundle
    (cd / && verify "$folder/weather.v1.stub") >"$folder/said" 2>&1 || fail "$(cat "$folder/said")"
    said '"passed":10,"failed":0,'
    stop_provider
    "breaks_of_$language"
}

breaks_of_python() {
    broken 'a station' response.town 'not empty' "''" \
        provider.py 's/town=self.stations\[request.name\]/town=""/'
    broken 'all readings of a station' 'response[2]' 'another message' 'the end, after 2' \
        provider.py 's/list(self.readings)/self.readings[:-1]/'
    broken 'the readings that the page does not have yet' given.readings \
        "Setup to return 'first', int64, as in the catalogue" none \
        states.py 's/return {"first": .*/return {}/'
    broken 'frost is reported' payload.celsius 'at most 0' 3 states.py 's/celsius=-3.0/celsius=3.0/'
}

breaks_of_node() {
    broken 'a station nobody has' 'status.details[weather.v1.NoSuchStation].name' "'nowhere'" "''" \
        provider.js "s/'weather.v1.NoSuchStation', { name }/'weather.v1.NoSuchStation', {}/"
    broken 'the readings that the page does not have yet' 'response[1]' 'another message' \
        'the end, after 1' provider.js 's/reading.id > after/reading.id > after + 1/'
    broken 'the readings that the page does not have yet' given.readings \
        "Setup to return 'first', int64, as in the catalogue" "'1.5'" \
        states.js 's/first: readings\[0\].id/first: readings[0].id + 0.5/'
    broken 'frost is reported' event.source weather 'weather service' \
        publisher.js "s/source: this.stream/source: 'weather service'/"
}

start_redis
"$side"
