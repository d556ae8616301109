#!/bin/sh
# tests/update.sh BUILD: writes down what the generator of that build folder makes and says now.
# Look at `git diff` afterwards: it is the change a user of the generator sees.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
for file in "$here"/golden/golden/v1/*.proto; do
    name=$(basename "$file" .proto)
    cp "$build/gen/golden/v1/$name.parley.h" "$build/gen/golden/v1/$name.parley.c" "$here/golden/expected/"
    work="$build/gen.work/golden_v1_$name/golden/v1/$name.options"
    [ ! -e "$work" ] || cp "$work" "$here/golden/expected/"
done
UPDATE=1 ctest --test-dir "$build" -R "^generator_refuses_" -E other_abi
