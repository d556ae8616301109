#!/bin/sh
# tests/update.sh BUILD: writes down what the generator of that build folder makes and says now.
# Look at `git diff` afterwards: it is the change a user of the generator sees.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/golden"
find . -name '*.proto' | while read -r file; do
    base=${file%.proto}
    cp "$build/gen/$base.parley.h" "$build/gen/$base.parley.c" expected/
    options="$build/gen.work/golden_v1_$(basename "$base")/$base.options"
    [ ! -e "$options" ] || cp "$options" expected/
done
UPDATE=1 ctest --test-dir "$build" -R "^generator_refuses_" -E other_abi
