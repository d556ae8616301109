#!/usr/bin/env bash
# scripts.sh BIN ROOT: ci/provider and ci/consumer where there is no C: a provider that one consumer
# has contracts with, as they pass, and as they end at each of the stages.
set -euo pipefail
bin=$1
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PARLEY=$bin/parley GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
cp -r "$root/tools/parley/tests/stub/workspace" "$work/books"
cd "$work/books"
echo '/contracts/*/reader.yaml @reader' >CODEOWNERS
commit() { git add . && git -c user.name=test -c user.email=test -c commit.gpgsign=false commit -q --allow-empty -m "$1"; }
git init -q -b main
commit first
git checkout -q -b change

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# ends SCRIPT STATUS TEXT...: it ends so, and says each TEXT; arguments of the script are in $args,
# its environment is the caller's.
args=(books) out=$work/out err=$work/err
ends() {
    local script=$1 status=$2 got=0 text
    shift 2
    "$root/ci/$script" "${args[@]}" >"$out" 2>"$err" || got=$?
    [ "$got" = "$status" ] || fail "$script ${args[*]}: expected $status, got $got: $(cat "$out" "$err")"
    for text; do
        grep -qF -e "$text" "$out" "$err" || fail "$script ${args[*]}: expected '$text': $(cat "$out" "$err")"
    done
}

# ---- wrong command lines ----

args=() && ends provider 2 'which service'
args=(boks) && ends provider 2 'nobody knows a service boks' 'there are: books reader'
args=(books --from publish) && ends provider 0 'verify     not run    0.0 s  --from publish'
args=(books --from test) && ends provider 2 "no stage 'test'; there are: lint breaking"
args=(books --jsn) && ends provider 2 "no option '--jsn'"
args=(--help) && ends provider 0 PARLEY_ACCEPT && ends consumer 0 PARLEY_STUBS

# ---- the provider ----

args=(books)
ends provider 12 'nothing shows that it keeps its contracts' 'failed at verify, exit 12' 'publish    not run'
export PARLEY_VERIFY_COMMAND=true
PARLEY_PUBLISH=../published ends provider 0 'provider books: passed' 'unit       skipped'
[ -s ../published/books.v1.stub ] || fail 'no stub was published'
PARLEY_TEST_COMMAND='exit 7' ends provider 7 'failed at unit, exit 7' 'publish    not run' 'unit failed'
[ ! -e ../published/books.v1.verified.json ] || fail 'a report of nothing was published'
report='printf "{\"provider\":\"books.v1\",\"version\":\"%s\",\"contracts\":[]}" "$PARLEY_PROVIDER_VERSION" >"$PARLEY_REPORTS/books.v1.verified.json"'
PARLEY_PUBLISH=../published PARLEY_VERIFY_COMMAND=$report ends provider 0
grep -qF "\"version\":\"$(git describe --always)\"" ../published/books.v1.verified.json || fail 'no report of this version'
PARLEY_VERIFY_COMMAND='exit 12' ends provider 12 'failed at verify, exit 12'
args=(books --json)
ends provider 0 '{"script":"provider","service":"books","passed":true,"exit":0,"failed":null,"stages":[{"stage":"lint","verdict":"passed"'
[ "$(wc -l <"$out")" = 1 ] || fail "more than one document: $(cat "$out")"
args=(books)

sed -i 's/  string title = 2.*/  reserved 2; reserved "title";/' proto/books/v1/books.proto
ends provider 11 'used by reader: ' 'failed at breaking, exit 11' 'contracts  not run' \
    "for one run: PARLEY_ACCEPT='reader'"
PARLEY_ACCEPT=reader ends provider 11 'they have to follow the change: reader'
! grep -qF 'for one run' "$out" "$err" || fail "it asks for what it has: $(cat "$out" "$err")"
sed -i 's/, title: !non_empty Emma//' contracts/books.v1/reader.yaml
ends provider 11 'used by reader: '
PARLEY_ACCEPT='web reader' ends provider 0 '--accept web --accept reader'
PARLEY_ACCEPT=$'c*\nreader' ends provider 0 '--accept c* --accept reader'
git checkout -q .
commit 'on main, what came with the last commit counts'
git checkout -q main && git merge -q change
sed -i 's/string title/string name/' proto/books/v1/books.proto
commit 'a rename'
ends provider 11 'breaking --against HEAD^' 'used by reader: '
PARLEY_AGAINST=HEAD ends provider 10 "no field 'title'" 'exit 10'
PARLEY_AGAINST=0000000000000000000000000000000000000000 ends provider 11
git revert -n HEAD && commit reverted
sed -i 's/^  call/    call/' contracts/books.v1/reader.yaml
PARLEY_AGAINST=HEAD ends provider 10 'failed at lint, exit 10'
git checkout -q .
echo 'contracts/ @everybody' >>CODEOWNERS
ends provider 10 'contracts/books.v1/reader.yaml has no line of its consumer' "'contracts/'" 'failed at lint'
git checkout -q .

git rm -q --cached CODEOWNERS && rm CODEOWNERS && echo '/docs/ @writers' >CODEOWNERS
ends provider 10 'has no line of its consumer; no line matches [OWNERS]'
git checkout -q HEAD -- .

# ---- the consumer ----

ask() { # ID...: of the stub; what is refused fails
    local id text=
    for id; do text+="\$PARLEY call \$PARLEY_STUB BookService.GetBook '{\"id\":$id}'; "; done
    printf '%s' "$text"
}
args=(reader)
PARLEY_TEST_COMMAND="$(ask 7)" ends consumer 12 'not reached' 'a book nobody has  contracts/books.v1/reader.yaml' \
    'failed at unused, exit 12'
buy="\$PARLEY call \$PARLEY_STUB BookService.BuyBook '{\"id\":7,\"copies\":2,\"card_number\":\"1\"}'"
PARLEY_TEST_COMMAND="$(ask 7 999) $buy" ends consumer 0 'consumer reader: passed'
PARLEY_TEST_COMMAND="$(ask 8)" ends consumer 1 'the closest is' 'failed at test, exit 1' 'unused     not run'
PARLEY_TEST_COMMAND="$(ask 7 999 8) $buy" ends consumer 12 'BookService.GetBook {"id":"8"}' \
    'made calls that none of its contracts covers' 'failed at test, exit 12'
rm -r contracts
PARLEY_TEST_COMMAND="$(ask 7 999) $buy" PARLEY_STUBS=../published/books.v1.stub ends consumer 0 'in the bundles'
git checkout -q .
args=(reader --from test) && ends consumer 12 'PARLEY_TEST_COMMAND says what to run' && args=(reader)

# Events: on a Redis that a client in any language reaches, whether contracts are here or in a bundle.
cp -r "$root/tests/foreign/workspace" "$work/weather"
cd "$work/weather"
"$PARLEY" stub weather.v1 --bundle ../published/weather.v1.stub -q
args=(farm)
freeze='[[ $PARLEY_REDIS = redis://127.0.0.1:* ]] || exit 9
"$PARLEY" stub trigger frost --at "$PARLEY_STUB_HTTP" && redis-cli -u "$PARLEY_REDIS" XLEN weather | grep -qx 2'
PARLEY_TEST_COMMAND=$freeze ends consumer 12 'weather.v1.FrostReported' 'failed at unused, exit 12'
! grep -q '^  frost is reported' "$out" || fail 'its event counts as unused'
mkdir "$work/elsewhere" && cd "$work/elsewhere"
PARLEY_STUBS=../published/weather.v1.stub ends consumer 1 'no parley.yaml here' 'an empty one will do'
touch parley.yaml
PARLEY_TEST_COMMAND=$freeze PARLEY_STUBS=../published/weather.v1.stub ends consumer 12 \
    'weather.v1.FrostReported' 'failed at unused, exit 12'
! grep -q '^  frost is reported' "$out" || fail 'its event counts as unused'
# shellcheck disable=SC2016
echo 'command() { [ "$*" != "-v redis-server" ] && builtin command "$@"; }' >"$work/without"
BASH_ENV=$work/without PARLEY_TEST_COMMAND=true PARLEY_STUBS=../published/weather.v1.stub ends consumer 1 \
    'install redis-server, or say PARLEY_REDIS'
! pgrep -f "redis-server.*$work" >/dev/null || fail 'a Redis was left behind'
cd "$work/books"
args=(reader)

# A service in C: tests of its own, in a folder that CMake has made.
mkdir "$work/built"
export PARLEY_BUILD=$work/built
: >"$PARLEY_BUILD/CTestTestfile.cmake"
ends consumer 12 'has contracts about calls and no reader_upstreams_test' 'failed at test, exit 12'
echo 'add_test(reader_upstreams_test /bin/true)' >"$PARLEY_BUILD/CTestTestfile.cmake"
ends consumer 0 '-R ^(reader_upstreams_test)$' 'unused     skipped'
PARLEY_STUBS=../published/books.v1.stub ends consumer 0 '-R ^(reader_upstreams_test)$'
sed -i 's/^  call:/  trigger:/; s/^- name: .*/- event: BookSold/' contracts/books.v1/reader.yaml
args=(reader --from test) && ends consumer 12 'has contracts about events and no reader_events_test' && args=(reader)
rm -r contracts
PARLEY_STUBS=../published/books.v1.stub ends consumer 12 'its contracts are in bundles'
git checkout -q .
echo 'add_test(reader_upstreams_test /bin/false)' >"$PARLEY_BUILD/CTestTestfile.cmake"
ends consumer 8 'failed at test, exit 8'
unset PARLEY_BUILD

sed -i 's/GetBook$/GetBok/' contracts/books.v1/reader.yaml
PARLEY_TEST_COMMAND="$(ask 7)" ends consumer 10 'failed at contracts, exit 10'
! pgrep -f "stub.*$work" >/dev/null || fail 'a stub was left behind'
