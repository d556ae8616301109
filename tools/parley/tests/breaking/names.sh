#!/usr/bin/env bash
# Names from outside are no options of the programs that are asked: names.sh BIN.
set -euo pipefail
bin=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
failures=0

failed() { # WHAT FILE
    echo "names.sh: $1:" >&2
    sed 's/^/    /' "$2" >&2
    failures=$((failures + 1))
}

quiet_git() { git -C "$work/shop" -c user.name=test -c user.email=test@localhost "$@" >/dev/null; }

a_proto_is_refused_by_its_name() { # NAME
    local status=0
    cp -r "$here/shop" "$work/shop"
    printf 'syntax = "proto3";\n' >"$work/shop/proto/$1"
    "$bin/parley" -C "$work/shop" contract check >"$work/said" 2>&1 || status=$?
    [ "$status" = 10 ] || failed "a proto $1: exit $status, not 10" "$work/said"
    grep -qF "proto/$1: error: protoc would take the name '$1' for" "$work/said" ||
        failed "a proto $1 is not told" "$work/said"
    rm -rf "$work/shop"
}

a_commit_may_have_a_name_like_an_option() {
    local status=0
    cp -r "$here/shop" "$work/shop"
    quiet_git init -b main --template=
    quiet_git add .
    quiet_git commit -m before
    quiet_git update-ref "refs/heads/--output=made" HEAD
    (cd "$work/shop" && "$bin/parley" breaking --against=--output=made) >"$work/said" 2>&1 || status=$?
    [ "$status" = 0 ] || failed "a commit --output=made: exit $status, not 0" "$work/said"
    rm -rf "$work/shop"
}

# In a hook, git says by a path from there which repository it is run for.
a_hook_compares_as_its_shell_does() { # GIT_DIR
    local status=0
    cp -r "$here/shop" "$work/below" && mkdir "$work/shop" && mv "$work/below" "$work/shop/below"
    quiet_git init -b main --template=
    quiet_git add .
    quiet_git commit -m before
    (cd "$work/shop" && GIT_DIR=$1 "$bin/parley" -C below breaking) >"$work/said" 2>&1 || status=$?
    if [ "$status" != 0 ] || ! grep -qF ': 0 changes' "$work/said"; then
        failed "with GIT_DIR=$1: exit $status, not 0" "$work/said"
    fi
    rm -rf "$work/shop"
}

# A commit that there was no room for is not one without protos.
a_disk_that_is_full_is_told() {
    local status=0
    cp -r "$here/shop" "$work/shop"
    quiet_git init -b main --template=
    quiet_git add .
    quiet_git commit -m before
    mkdir "$work/tools" "$work/temporary"
    printf '#!/bin/sh\nexit 2\n' >"$work/tools/tar"
    chmod +x "$work/tools/tar"
    (cd "$work/shop" && TMPDIR=$work/temporary PATH=$work/tools:$PATH "$bin/parley" breaking) \
        >"$work/said" 2>&1 || status=$?
    if [ "$status" != 1 ] || ! grep -qF 'is there room for it' "$work/said"; then
        failed "a commit that cannot be unpacked: exit $status, not 1" "$work/said"
    fi
    rmdir "$work/temporary" || failed 'something of it stays' "$work/said"
    rm -rf "$work/shop" "$work/tools"
}

for name in -x.proto --x_out=a.proto @a.proto; do
    a_proto_is_refused_by_its_name "$name"
done
a_commit_may_have_a_name_like_an_option
a_disk_that_is_full_is_told
a_hook_compares_as_its_shell_does .git
a_hook_compares_as_its_shell_does "$work/shop/.git"
[ "$failures" = 0 ]
