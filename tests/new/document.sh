#!/usr/bin/env bash
# document.sh BIN DOCUMENT ROOT: does what the document says, word by word, in an empty folder.
#
#   ```sh     is run, in order, in one shell       ```diff   is applied with patch -p1
#   ```text   lines that the commands before it printed; ... stands for anything. A caret is where it was
#
# Other blocks are read only. Ports are moved to a range of the test's own, and ~/parley is ROOT, its
# build folder that of BIN. Exit 77 where the document needs Python's gRPC and it cannot be had.
set -euo pipefail
bin=$1
document=$(realpath "$2")
root=$3
build=${bin%/bin}
# Admin ports are 10000 above: below what the kernel gives to outgoing connections, from 32768.
base=${PORT_BASE:-22000}
work=$(mktemp -d)
chmod 755 "$work" # PostgreSQL and Redis run as users of their own
export PATH="$bin:$PATH" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
# As for somebody who has not told git a name, and whose machine has none to guess.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=user.useConfigOnly GIT_CONFIG_VALUE_0=true
# What is built here is run once: it need not be fast, but there soon. (ci_new builds as everybody does.)
export CMAKE_BUILD_TYPE=None
if command -v ld.gold >/dev/null; then export LDFLAGS=-fuse-ld=gold; fi
unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL EMAIL

finish() {
    local status=$?
    case $status in
    0 | 77) ;;
    *)
        echo "failed at: ${block:-the start}"
        cat "$work/out" || true
        ;;
    esac >&2
    for made in "$work"/*/parley.yaml; do
        command parley -C "${made%/*}" down --volumes --yes >"$work/down" 2>&1 || true
    done
    # shellcheck disable=SC2046
    kill $(jobs -p) 2>/dev/null || true
    cd / && rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

parley() {
    [ "$BASHPID" = $$ ] || exec parley "$@" # in the background: a signal is for it
    if [ "$1" = up ]; then command parley up --port-base "$base" "${@:2}"; else command parley "$@"; fi
}

if grep -q '^python3 ' "$document"; then
    # shellcheck source=tests/interop/peers/install.sh
    . "$root/tests/interop/peers/install.sh"
    need python || exit 77
    python3() { /usr/bin/python3 "$@"; }
fi

# A file a block, numbered, with its kind as ending.
awk -v to="$work" '
    /^```[a-z]+$/ { kind = substr($0, 4); name = sprintf("%s/%03d.%s", to, ++n, kind); next }
    /^```$/ { kind = ""; close(name); next }
    kind != "" { print > name }' "$document"
sed -i "s/\(localhost\|127\.0\.0\.1\):80\([0-9][0-9]\)/\1:${base%??}\2/g
    s/127\.0\.0\.1:90\([0-9][0-9]\)/127.0.0.1:$(((base + 1000) / 100))\1/g
    s|~/parley/build|$build|g; s|~/parley|$root|g" "$work"/*.sh "$work"/*.text

# Every line of FILE is in the output, in a line that may say more on both sides; one with a caret alone is
# one of the output.
expect() { # FILE
    local line pattern
    while IFS= read -r line; do
        if [[ $line =~ ^\ *\^$ ]]; then
            grep -qxF -- "$line" "$work/out" || {
                echo "not printed there: $line"
                return 1
            }
            continue
        fi
        line=${line#"${line%%[! ]*}"}
        pattern=$(printf '%s' "$line" | sed 's/[][\.*^$+?(){}|]/\\&/g; s/\\\.\\\.\\\./.*/g')
        grep -qE -- "$pattern" "$work/out" || {
            echo "not printed: $line"
            return 1
        }
    done <"$1"
}

cd "$work"
for block in "$work"/[0-9]*.*; do
    # shellcheck source=/dev/null
    case $block in
    *.sh)
        : >"$work/out" # what goes on in the background appends
        . "$block" >>"$work/out" 2>&1
        ;;
    *.diff) patch -p1 -s <"$block" >"$work/out" 2>&1 ;;
    *.text) expect "$block" ;;
    esac
done
