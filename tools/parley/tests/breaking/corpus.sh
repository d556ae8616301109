#!/usr/bin/env bash
# A corpus of schema pairs past `parley breaking`: corpus.sh BIN ROOT expected|buf
#   expected   what is found is what expected.txt says (PL_CORPUS_WRITE=1 writes it, to be read)
#   buf        what is found by the rules that buf has is what `buf breaking` finds
set -euo pipefail
bin=$1 root=$2 mode=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
includes=("-I$root/proto" "-I$root/build/third_party/googleapis")
protoc=${PROTOC:-protoc}

for topic in messages types enums services files options parley; do
    awk -v OUT="$work" -v TOPIC="$topic" -f "$here/split.awk" "$here/$topic.txt"
done
mkdir "$work/space"
mv "$work/new" "$work/space/proto"
: >"$work/space/parley.yaml"

describe() { # FOLDER OUTPUT
    local files
    mapfile -t files < <(cd "$1" && find . -name '*.proto' | sed 's|^\./||' | sort)
    "$protoc" "-I$1" "${includes[@]}" --include_imports --include_source_info \
        --descriptor_set_out="$2" "${files[@]}" 2>/dev/null
}

describe "$work/old" "$work/old.binpb"
"$bin/parley" -C "$work/space" breaking --against "$work/old.binpb" --json >"$work/found.json" || [ $? = 11 ]
# One object a line: FILE:LINE:COLUMN RULE ELEMENT.
sed 's/},{"rule"/}\n{"rule"/g' "$work/found.json" |
    sed -nE 's|.*"rule":"([^"]*)","file":"(proto/)?([^"]*)","line":([0-9]+),"column":([0-9]+),.*"element":"([^"]*)".*|\3:\4:\5 \1 \6|p' |
    sort >"$work/found"
cases=$(wc -l <"$work/titles")
[ "$cases" -ge 60 ] || { echo "only $cases cases" >&2; exit 1; }

expected() {
    while read -r name title; do
        printf '=== %s\n' "$title"
        sed -n "s|^$name/||p" "$work/found"
    done <"$work/titles" >"$work/expected.txt"
    [ -z "${PL_CORPUS_WRITE:-}" ] || cp "$work/expected.txt" "$here/expected.txt"
    diff -u "$here/expected.txt" "$work/expected.txt"
}

buf() {
    local buf
    buf=$("$root/tools/dev/lint.sh" buf) || {
        echo "buf cannot be installed: nothing was compared" >&2
        exit 1
    }
    buf=$root/$buf
    mapfile -t shared < <("$bin/parley" explain --json | sed -nE 's/.*"rule":"([A-Z0-9_]+)".*"of_buf":true.*/\1/p')
    [ "${#shared[@]}" -ge 51 ] # all of FILE
    describe "$work/space/proto" "$work/new.binpb"
    "$buf" breaking "$work/new.binpb" --against "$work/old.binpb" --error-format json \
        --config '{"version":"v2","breaking":{"use":["FILE"]}}' >"$work/buf.json" || [ $? = 100 ]
    sed -E 's#^\{"start_line".*file \\"([^"]*)\\".*#{"path":"\1","start_line":1,"start_column":1,"type":"FILE_NO_DELETE",#' "$work/buf.json" |
        sed -nE 's#.*"path":"([^"]*)","start_line":([0-9]+),"start_column":([0-9]+).*"type":"([^"]*)".*#\1:\2:\3 \4#p' >"$work/said"
    printf ' %s$\n' "${shared[@]}" >"$work/shared"
    cut -d' ' -f1,2 "$work/found" | sed 's/:0:0 /:1:1 /' | grep -E -f "$work/shared" | sort >"$work/ours"
    grep -E -f "$work/shared" "$work/said" | sort >"$work/theirs"
    [ -s "$work/theirs" ]
    # An option that is gone has no position in buf; ours is that of the element it stood on. Of a
    # value of an enum buf shows the number, also where the name has changed.
    sed -i -E 's/:[0-9]+:[0-9]+ (RPC_SAME_IDEMPOTENCY_LEVEL)/ \1/; s/:[0-9]+ (ENUM_VALUE_SAME_NAME)/ \1/' \
        "$work/ours" "$work/theirs"
    diff -u <(sort "$work/theirs") <(sort "$work/ours") && echo "$(wc -l <"$work/ours") findings in $cases pairs, the same"
}

"$mode"
