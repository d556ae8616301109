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

mkdir own && touch own/CMakeLists.txt
check 0 'find_package(Parley REQUIRED)' -C own system taxi
rm -r own
check 0 'parley new service taxi/NAME' system taxi
check 2 'there is a system taxi already' system taxi
check 2 "no system 'taxis' in this workspace, which has taxi" service taxis/call
check 0 '"changed":["services/taxi/system.yaml","services/taxi/CMakeLists.txt"]' --json service taxi/call
check 2 'taxi has a service call already' service taxi/call
check 0 'http://localhost:8088/jobs' service taxi/job
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
