#!/usr/bin/env bash
# document.sh BIN DOCUMENT: does what the document says, word by word, in an empty folder.
#
#   ```sh     is run, in order, in one shell       ```diff   is applied with patch -p1
#   ```text   lines that the commands before it printed; ... stands for anything
#
# Other blocks are read only. Ports are moved to a range of the test's own.
set -euo pipefail
bin=$1
document=$(realpath "$2")
# Admin ports are 10000 above: below what the kernel gives to outgoing connections, from 32768.
base=${PORT_BASE:-22000}
work=$(mktemp -d)
chmod 755 "$work" # PostgreSQL and Redis run as users of their own
export PATH="$bin:$PATH"

finish() {
    local status=$?
    [ "$status" = 0 ] || { echo "failed at: ${block:-the start}" && cat "$work/out" || true; } >&2
    cd "$work"/taxi 2>/dev/null && command parley down --volumes --yes >"$work/down" 2>&1 || true
    cd / && rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

parley() {
    if [ "$1" = up ]; then command parley up --port-base "$base" "${@:2}"; else command parley "$@"; fi
}

# A file a block, numbered, with its kind as ending.
awk -v to="$work" '
    /^```[a-z]+$/ { kind = substr($0, 4); name = sprintf("%s/%03d.%s", to, ++n, kind); next }
    /^```$/ { kind = ""; close(name); next }
    kind != "" { print > name }' "$document"
sed -i "s/localhost:80\([0-9][0-9]\)/localhost:${base%??}\1/g" "$work"/*.sh "$work"/*.text

# Every line of FILE is in the output, in a line that may say more on both sides.
expect() { # FILE
    local line pattern
    while read -r line; do
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
    *.sh) . "$block" >"$work/out" 2>&1 ;;
    *.diff) patch -p1 -s <"$block" >"$work/out" 2>&1 ;;
    *.text) expect "$block" ;;
    esac
done
