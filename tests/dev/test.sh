#!/usr/bin/env bash
# test.sh ROOT: what `./dev test` prints at its end, of a repository with one good test, one that
# fails and one that cannot run.
set -euo pipefail
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "failed: $1" >&2
    cat out >&2
    exit 1
}

mkdir -p build/dev
cat >build/CTestTestfile.cmake <<'CMAKE'
add_test(good echo fine)
add_test(bad sh -c "seq 100; echo 'expected <1> & \"2\"'; exit 1")
add_test(absent sh -c "echo no peer; exit 77")
set_tests_properties(good bad absent PROPERTIES LABELS system SKIP_RETURN_CODE 77)
CMAKE
cat >run <<'SH'
root=$PWD jobs=2
build() { :; }
die() { echo "$1" && exit 1; }
. "$1/tools/dev/test.sh"
run_tests --label "$2"
SH

bash run "$root" system >out 2>&1 && fail 'a failure is one'
sed -n '/^what failed or did not run:$/,$p' out >end
{
    echo 'what failed or did not run:'
    echo '--- bad'
    printf '    %d\n' $(seq 72 100)
    echo '    expected <1> & "2"'
    echo '--- absent'
    echo '    no peer'
    echo '1 passed, 2 failed'
} >wanted
diff wanted end >&2 || fail 'the end names each and shows the last lines of its output'

cat >build/CTestTestfile.cmake <<'CMAKE'
add_test(good echo fine)
set_tests_properties(good PROPERTIES LABELS system)
CMAKE
bash run "$root" system >out 2>&1 || fail 'nothing failed'
grep -q '^what failed' out && fail 'where nothing failed, nothing is listed'
[ "$(tail -n 1 out)" = '1 passed, 0 failed' ] || fail 'the last line counts'
