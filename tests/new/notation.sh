#!/usr/bin/env bash
# notation.sh BIN ROOT: every example of the notation in docs/contracts-reference.md compiles, against
# the provider that the page says; and its tables have every key and every tag that there is.
set -euo pipefail
bin=$1 root=$2
page=$root/docs/contracts-reference.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/proto" "$work/contracts/shop.v1"
cp -r "$root/lib/contract/tests/proto/shop" "$work/proto/"
touch "$work/parley.yaml"
wrong=0

# A file a block of YAML, numbered.
awk -v to="$work" '
    /^```yaml$/ { name = sprintf("%s/%03d.yaml", to, ++n); next }
    /^```$/ { if (name) close(name); name = ""; next }
    name { print > name }' "$page"
head=$'consumer: web\nprovider: shop.v1\naccess: [grpc, rest, events]\ncontracts:\n'
grep -l '^states:' "$work"/[0-9]*.yaml | while read -r block; do mv "$block" "$work/contracts/shop.v1/states.yaml"; done
blocks=0
for block in "$work"/[0-9]*.yaml; do
    case $(head -n 1 "$block") in
    consumer:*) cp "$block" "$work/contracts/shop.v1/web.yaml" ;;
    '- name:'*) { printf '%s' "$head" && cat "$block"; } >"$work/contracts/shop.v1/web.yaml" ;;
    *) echo "neither a file nor contracts: $(head -n 1 "$block")" && wrong=1 ;;
    esac
    blocks=$((blocks + 1))
    if ! "$bin/parley" -C "$work" contract check >"$work/said" 2>&1 || grep -q ': warning: ' "$work/said"; then
        wrong=1
        cat "$work/said"
    fi
done
[ $blocks -ge 8 ] || { echo "$blocks examples were found" && wrong=1; }

# What there is, by the compiler's own tables and the commands' help.
sed -n '/contract_keys\[\] = {/,/};/p' "$root/lib/contract/src/compile_contract.c" | grep -oE '"[a-z_]+"' | tr -d '"' >"$work/keys"
[ -s "$work/keys" ] || { echo 'no keys were found' && wrong=1; }
while read -r key; do
    grep -qF "\`$key\`" "$page" || { echo "no word about the key $key" && wrong=1; }
done <"$work/keys"
sed -n 's/^    {"\(![a-z_]*\)", .*/\1/p' "$root/lib/contract/src/compile_tag.c" >"$work/tags"
[ -s "$work/tags" ] || { echo 'no tags were found' && wrong=1; }
while read -r tag; do
    grep -qE "^\|.*\`${tag}[ \`]" "$page" || { echo "no word about the tag $tag" && wrong=1; }
done <"$work/tags"
for command in contract stub verify breaking coverage graph; do
    "$bin/parley" "$command" --help | sed '/^options of every command/,$d' | sed -nE 's/^  (--[a-z-]+).*/\1/p' >"$work/options"
    [ -s "$work/options" ] || { echo "no options of $command were found" && wrong=1; }
    while read -r option; do
        grep -qE -- "$option([ \`]|\$)" "$page" || { echo "no word about $command $option" && wrong=1; }
    done <"$work/options"
done
"$bin/parley" contract --help | sed -nE 's/^usage: parley contract //p' | sed 's/ | /\n/g' | sed 's/ .*//' >"$work/words"
[ "$(wc -l <"$work/words")" -gt 1 ] || { echo 'no words of parley contract were found' && wrong=1; }
while read -r word; do
    grep -q "^| \`${word}[ \`]" "$page" || { echo "no word about parley contract $word" && wrong=1; }
done <"$work/words"
exit $wrong
