#!/usr/bin/env bash
# new.sh BIN ROOT: ci/provider in a repository of its own, on a service as parley new makes it.
set -euo pipefail
export PATH=$1:$PATH GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # PostgreSQL and Redis run as users of their own
cd "$work"
unset PARLEY PARLEY_BUILD
commit() { git add . && git -c user.name=test -c user.email=test -c commit.gpgsign=false commit -q -m "$1"; }

# provider STATUS TEXT...: ci/provider ends so, and says each TEXT
provider() {
    local status=$1 got=0 text
    shift
    "$root/ci/provider" taxi/call --json >out 2>err || got=$?
    for text; do
        [ "$got" = "$status" ] && grep -qF -e "$text" out err || {
            printf 'expected %s and "%s", got %s:\n' "$status" "$text" "$got"
            cat err out
            exit 1
        }
    done
}

parley new system taxi >made
parley new service taxi/call >made
printf 'out\nerr\nmade\n' >>.gitignore
git init -q -b main
commit 'as it was made'
PARLEY_PUBLISH=published provider 0 '"stage":"unit","verdict":"passed"' \
    '"ninja -C build --quiet taxi-call taxi-call-test ' 'taxi_call_store_test'
echo 'not C' >>services/taxi/call/call.c
provider 1 '"failed":"build"' '"stage":"unit","verdict":"not run"' 'call.c:'
