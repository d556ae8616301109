#!/usr/bin/env bash
# ./dev lint [format|tidy|proto|rules|shell]...: everything that can be said about
# the sources without running them. All parts run; each failure is printed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
status=0
jobs=${PL_JOBS:-$(nproc)}

fail() { # PART
    printf 'lint: %s failed\n' "$1" >&2
    status=1
}

c_sources() { git ls-files -co --exclude-standard '*.c' '*.h' | grep -v -E '/(golden|goldens|corpus)/' | while read -r f; do [ -f "$f" ] && echo "$f"; done; }

lint_format() {
    c_sources | xargs -r -n 40 -P "$jobs" clang-format --dry-run -Werror 2>&1 | head -n 40
    [ "${PIPESTATUS[1]}" = 0 ] || {
        echo "hint: ./dev fmt" >&2
        fail format
    }
}

# What clang-tidy says of the files. It has no word for a file that it crashed on, and forgets those
# after it: then each is asked on its own.
tidy() { # FILE...
    local said status=0
    said=$(clang-tidy -p build --quiet --extra-arg=-w "$@" 2>/dev/null) || status=$?
    said=$(grep -E '(warning|error):' <<<"$said")
    if [ $status != 0 ] && [ $# -gt 1 ]; then
        local file failed=0
        for file in "$@"; do tidy "$file" || failed=1; done
        return $failed
    fi
    if [ $status -ge 128 ] || { [ $status != 0 ] && [ -z "$said" ]; }; then
        said+="${said:+$'\n'}$1: error: clang-tidy ended with $status and did not judge it; run: clang-tidy -p build $1"
    fi
    [ -z "$said" ] || printf '%s\n' "$said"
    [ -z "$said" ]
}
export -f tidy

# clang-tidy sees what the release build compiled, with the flags that it would have now; generated
# code is not ours to lint.
lint_tidy() {
    if [ ! -f build/compile_commands.json ]; then
        ./dev build release || {
            fail tidy
            return
        }
    elif ! ninja -C build build.ninja >build/configure-lint.log 2>&1; then
        cat build/configure-lint.log >&2
        fail tidy
        return
    fi
    c_sources | grep '\.c$' | grep -F -f <(sed -n "s|^  \"file\": \"$PWD/\(.*\)\".*|\1|p" build/compile_commands.json) |
        xargs -r -n 4 -P "$jobs" bash -c 'tidy "$@"' tidy | sort -u | head -n 40
    [ "${PIPESTATUS[3]}" = 0 ] || fail tidy
}

buf_binary() { find build/npm/node_modules/@bufbuild -path '*/bin/buf' 2>/dev/null | head -n 1; }

install_buf() {
    local pause
    [ -n "$(buf_binary)" ] && cmp -s tools/lint/npm/package-lock.json build/npm/package-lock.json && return
    command -v npm >/dev/null || {
        [ "$(id -u)" = 0 ] || {
            echo "lint: the proto linter comes from npm; as root: apt-get install npm" >&2
            return 1
        }
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
            -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 npm >build/npm.log 2>&1 || return 1
    }
    mkdir -p build/npm
    cp tools/lint/npm/{package.json,package-lock.json,.npmrc} build/npm/
    # A registry that stutters is asked again; npm ends with 0 after some failures of the network.
    for pause in 0 2 10; do
        sleep $pause
        (cd build/npm && npm ci --no-progress --ignore-scripts >../npm.log 2>&1) && [ -n "$(buf_binary)" ] && return
    done
    tail -n 5 build/npm.log >&2
    return 1
}

lint_proto() {
    install_buf && "$(buf_binary)" lint || fail proto
}

lint_rules() { tools/dev/rules.sh || fail rules; }

lint_shell() {
    local scripts
    mapfile -t scripts < <(git ls-files '*.sh' dev .ci/run ci/provider ci/consumer ci/owners)
    for s in "${scripts[@]}"; do bash -n "$s" || fail "shell: $s"; done
    command -v shellcheck >/dev/null || return 0
    shellcheck -x -S warning "${scripts[@]}" || fail shell
}

parts=("$@")
[ $# -gt 0 ] || parts=(format rules proto shell tidy)
for part in "${parts[@]}"; do
    case $part in
    buf) # for tests: where it is
        install_buf >&2 && buf_binary
        exit
        ;;
    format | tidy | proto | rules | shell) "lint_$part" ;;
    *)
        echo "lint: no part '$part'; there are format, tidy, proto, rules and shell" >&2
        exit 2
        ;;
    esac
done
[ $status = 0 ] && echo "lint: clean"
exit $status
