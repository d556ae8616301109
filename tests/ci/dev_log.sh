#!/usr/bin/env bash
# dev_log.sh ROOT: what ./dev build writes to a log: of a long build a line each tenth of it, of a
# short one nothing, and what went wrong.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
eval "$(sed -n '/^tenths()/,/^}/p' "$1/dev")"
cd "$folder"

fail() {
    printf 'FAILED: %s: %s\n' "$*" "$(cat said)" >&2
    exit 1
}

build() { # EXPECTED ARGUMENT...
    local got=0 expected=$1
    shift
    NINJA_STATUS='[%f/%t] ' ninja "$@" | tenths >said || got=$?
    [ "$got" = "$expected" ] || fail "ninja $*: expected $expected, got $got"
}

{
    printf 'rule step\n  command = touch $out\nrule wrong\n  command = echo "no such type" && false\n'
    for step in {1..100}; do echo "build step$step: step"; done
    echo 'build bad: wrong'
} >build.ninja
build 0 step1
[ ! -s said ] || fail 'a short build says something'
build 0 step{1..100}
[ "$(wc -l <said)" = 10 ] && grep -q '^\[99/99\] ' said || fail 'expected a line each tenth'
build 1 bad
grep -q '^no such type$' said || fail 'what is wrong is not said'
