#!/usr/bin/env bash
# Imports every folder of cases/ and compares what is printed and what is written with its
# expected.txt; what a case has in there/ are contracts of the workspace. PL_CORPUS_WRITE=1 writes
# that file, to be read before it is committed.
set -euo pipefail
parley=$1/parley
here=$(dirname "$(readlink -f "$0")")
workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT
cp -r "$here/proto" "$workspace/proto"
touch "$workspace/parley.yaml"
cd "$workspace"
wrong=0
soon=$(date -u -d '90 days' +%Y-%m-%d)

for case in "$here"/cases/*/; do
    name=$(basename "$case")
    rm -rf contracts in
    cp -r "$case" in
    rm -f in/expected.txt
    [ ! -d in/there ] || mv in/there contracts
    status=0
    {
        "$parley" import scc in 2>&1 || status=$?
        echo "exit $status"
        [ ! -d contracts ] || find contracts -type f | LC_ALL=C sort | while read -r file; do
            printf '== %s\n' "$file"
            cat "$file"
        done
    } | sed "s/$soon/SOON/" >got.txt
    if [ -d contracts ]; then
        "$parley" -q contract check >/dev/null || { echo "$name: what was written does not check clean" && wrong=1; }
        "$parley" -q contract fmt --check >/dev/null || { echo "$name: what was written is not laid out" && wrong=1; }
    fi
    if [ "${PL_CORPUS_WRITE:-}" ]; then
        cp got.txt "$case/expected.txt"
    elif ! diff -u "$case/expected.txt" got.txt; then
        echo "$name: not what is expected"
        wrong=1
    fi
done

ends() { # EXIT TEXT ARGUMENT...: parley ARGUMENT... ends with this exit code and says TEXT
    local expected=$1 text=$2 status=0
    shift 2
    "$parley" "$@" >got.txt 2>&1 || status=$?
    if [ "$status" != "$expected" ] || ! grep -qF -e "$text" got.txt; then
        echo "parley $*: expected exit $expected and $text, got $status: $(head -c 1000 got.txt)"
        wrong=1
    fi
}

# With --json what failed is a document, too, and nothing else is on standard output.
ends 1 '{"contracts":0,"files":[],"findings":[],"error":"none: No such file' --json import scc none
# More files than one run writes are not left out in silence.
rm -rf contracts many
for ((i = 0; i < 257; i++)); do
    mkdir -p "many/consumer$i"
    ln -s "$here/cases/product/ui/rest/productGet.groovy" "many/consumer$i/"
done
ends 1 'more than 256 files to write' import scc many
[ ! -e contracts ] || { echo 'some of too many files were written' && wrong=1; }
# Where one file cannot be written, for its name is too long, none is.
rm -rf contracts many
long=$(printf 'b%.0s' {1..250})
mkdir -p many/a "many/$long"
for consumer in a "$long"; do
    ln -s "$here/cases/product/ui/rest/productGet.groovy" "many/$consumer/"
done
ends 1 'File name too long' import scc many
written=$(find contracts -type f)
[ -z "$written" ] || { echo "a part of an import stays: $written" && wrong=1; }
# What of a folder cannot be read is told, once, and the rest is read.
rm -rf contracts many
mkdir -p many/consumer
ln -s "$here/cases/product/ui/rest/productGet.groovy" many/consumer/
ln -s nowhere many/consumer/gone.groovy
mkfifo many/consumer/pipe.groovy
ln -s .. many/consumer/back
many=many/consumer
for ((i = 0; i < 20; i++)); do many=$many/below; done
mkdir -p "$many"
ends 10 'many/consumer/gone.groovy: error: it is not read: No such file' import scc many
for text in 'many/consumer/pipe.groovy: error: it is not read: it is no file' \
    'many/consumer/back: error: it is not read: it leads back' \
    'below: error: it is not read: too many folders' '1 imported, and' '; 4 findings'; do
    grep -qF "$text" got.txt || { echo "expected $text, got $(cat got.txt)" && wrong=1; }
done
# Protos that do not compile are no failure of the run.
echo 'syntax' >proto/wrong.proto
ends 10 '"error":"the protos do not compile"}' --json import scc in
exit "$wrong"
