#!/usr/bin/env bash
# The project's own rules, as far as a search can check them. Each finding is
# file:line: what is wrong and where it belongs.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
found=0

files() { git ls-files -co --exclude-standard "$@" | while read -r f; do [ -f "$f" ] && echo "$f"; done; }

# Prints each line of FILES that matches PATTERN as a finding.
forbid() { # MESSAGE PATTERN FILE...
    local message=$1 pattern=$2 lines
    shift 2
    [ $# -gt 0 ] || return 0
    lines=$(grep -nHE -- "$pattern" "$@" /dev/null) || return 0
    found=1
    sed -E "s|^([^:]*:[0-9]+):.*|\1: $message|" <<<"$lines"
}

mapfile -t sources < <(files '*.c' '*.h' | grep -v -E '/(golden|goldens)/')
except() { printf '%s\n' "${sources[@]}" | grep -v -E "$1"; }
only() { printf '%s\n' "${sources[@]}" | grep -E "$1"; }

# Exactly one library includes each third-party header.
owner() { # HEADER-PATTERN FOLDER-PATTERN LIBRARY
    local others
    mapfile -t others < <(except "$2")
    forbid "$1 is included by $3 alone" "^#include [<\"]$1" "${others[@]}"
}
# Two folders of tests include what is generated of package grpc.testing.
owner 'grpc/' '^(lib/rpc|bench|tests/interop|tools/protoc-gen-parley/tests)/' lib/rpc
owner 'openssl/' '^(lib/crypto|tools/protoc-gen-parley)/' lib/crypto
owner 'zlib\.h' '^lib/rpc/' lib/rpc
owner 'libpq-fe\.h' '^lib/pg/' lib/pg
owner 'hiredis' '^lib/redis/' lib/redis
owner 'yaml\.h' '^lib/yaml/' lib/yaml
owner 'pcre2\.h' '^lib/schema/' lib/schema
owner 'cmocka\.h' '(/tests/|^lib/test/|_test\.[ch]$)' tests
owner '(protobuf-c/|.*\.pb-c\.h)' '(^lib/(rpc|event)/|^tools/protoc-gen|/api\.c$|/tests/)' 'api.c, lib/rpc and lib/event'
owner '(pb_encode|pb_decode|pb)\.h' '(^lib/event/|^tools/protoc-gen|/policies\.c$|/tests/)' 'policies.c and lib/event'

# The domain of a service sees neither runtime: generated requests are for api.c and upstreams.c,
# generated events for policies.c.
mapfile -t apart < <(only '^services/[a-z]+/[a-z]+/[a-z_]+\.[ch]$' |
    grep -v -E '/tests/|/(api|upstreams|policies)\.c$')
[ ${#apart[@]} = 0 ] || forbid 'generated code is seen by api.c, upstreams.c and policies.c alone' \
    '^#include "[a-z0-9/_]+\.parley\.h"' "${apart[@]}"

# A library uses only those above it.
layers=(base loop crypto schema yaml json http rpc rest contract pg redis event service backing test)
declare -A uses=(
    [base]='base' [loop]='base loop' [crypto]='base crypto' [schema]='base schema' [yaml]='base yaml'
    [json]='base schema json' [http]='base loop http' [rpc]='base loop crypto schema rpc'
    [rest]='base loop schema json http rpc rest' [contract]='base crypto schema yaml json contract' [pg]='base loop pg' [redis]='base loop redis'
    [event]='base loop schema rpc redis pg event' [service]='base loop yaml http rpc service'
    [backing]='base pg redis rpc event service backing'
    [test]="${layers[*]}")
for layer in "${layers[@]}"; do
    allowed=${uses[$layer]// /|}
    mapfile -t own < <(only "^lib/$layer/(include|src|stores|rpc)/" | grep -v '/tests/')
    [ ${#own[@]} -gt 0 ] || continue
    lines=$(grep -nHE '^#include "parley/[a-z]+/' "${own[@]}" | grep -vE "#include \"parley/($allowed|event/v1|rest/v1)/") || continue
    found=1
    sed -E "s|^([^:]*:[0-9]+):#include \"parley/([a-z]+)/.*|\1: lib/$layer does not use lib/\2|" <<<"$lines"
done

# Services never include each other; tools and stubs never include services.
for service in services/*/*/; do
    mapfile -t own < <(only "^$service")
    forbid "services meet through generated clients and events only" \
        "^#include \"(\.\./|services/)" "${own[@]}"
done

mapfile -t tests < <(only '/tests/|^lib/test/|^tests/')
forbid 'a test never sleeps: poll for the effect with a deadline' \
    '(^|[^a-z_A-Z])(sleep|usleep|nanosleep|clock_nanosleep|thrd_sleep) ?\(' "${tests[@]}"
mapfile -t scripts < <(files 'tests/*.sh' 'tests/**/*.py' 'tests/**/*.sh')
[ ${#scripts[@]} = 0 ] || forbid 'a test never sleeps: poll for the effect with a deadline' \
    '(^|[^a-z_A-Z])(sleep [0-9.$]|time\.sleep)' "${scripts[@]}"

forbid 'a mark instead of the work' '(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)' "${sources[@]}"
mapfile -t no_sql < <(except '^(lib/test|tools|bench|lib/pg)/|/tests/')
forbid 'stores are told by parameters; SQL is never put together from text' \
    '(printf|pl_buf_puts)[^;]*"(SELECT|INSERT INTO|UPDATE|DELETE FROM) ' \
    "${no_sql[@]}"

while read -r lines file; do
    [ "$file" != total ] && [ "$lines" -gt 600 ] || continue
    echo "$file:600: $lines lines; above 600 a file is split"
    found=1
done < <(printf '%s\0' "${sources[@]}" | xargs -0 -r wc -l)

mapfile -t everything < <(git ls-files -co --exclude-standard | grep -v -E '(package-lock\.json|tools/dev/rules\.sh)$' | while read -r f; do [ -f "$f" ] && echo "$f"; done)
hosts=$(grep -nIE '(registry\.npmjs|deb\.debian)\.org' "${everything[@]}" /dev/null) && {
    found=1
    sed -E 's|^([^:]*:[0-9]+):.*|\1: the host of a package registry|' <<<"$hosts"
}
ci/owners || found=1
exit $found
