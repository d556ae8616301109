#!/usr/bin/env bash
# Whom a change hurts: verdicts.sh BIN. Each case of verdicts.txt changes a small workspace
# (s: the proto, b: the proto of both sides, c: the contracts of both sides, n: those of now, r: removes a file,
# x: removes a folder from both sides, o: options) and says the exit code, and of every change rule, verdict and consumers.
set -euo pipefail
bin=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
failures=0 cases=0

quiet_git() { git -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false "$@" >/dev/null 2>&1; }

begin() { # a workspace with what is changed on both sides
    rm -rf "$work/shop"
    cp -r "$here/shop" "$work/shop"
    quiet_git -C "$work/shop" init -b main --template=
}

# The workspace with one commit, made of what STEPS change on both sides. The same steps make the same
# one, which is kept.
declare -A kept=()
begin_with() { # STEPS
    local key step
    key=$(grep '^[cbx]/' <<<"$1") || key=none
    if [ -z "${kept[$key]:-}" ]; then
        begin
        while IFS= read -r step; do
            case $step in
            c/*) sed -i "s${step#c}" "$work"/shop/contracts/shop.v1/*.yaml ;;
            b/*) sed -i "s${step#b}" "$work/shop/proto/shop/v1/shop.proto" ;;
            x/*) rm -r "${work:?}/shop/${step#x/}" ;;
            esac
        done <<<"$1"
        quiet_git -C "$work/shop" add . && quiet_git -C "$work/shop" commit -m before
        kept[$key]=$work/kept.${#kept[@]}
        mv "$work/shop" "${kept[$key]}"
    fi
    rm -rf "$work/shop"
    cp -a "${kept[$key]}" "$work/shop"
}

# A line a change: rule, verdict and consumers, by name.
changes_of() { # FILE
    sed 's/,{"rule"/\n{"rule"/g' "$1" | awk '
        function last(name, text) {
            text = $0
            return sub(".*\"" name "\":\"", "", text) ? substr(text, 1, index(text, "\"") - 1) : ""
        }
        {
            count = 0
            split("", seen)
            text = $0
            while (match(text, /"consumer":"[^"]*"/)) {
                name = substr(text, RSTART + 12, RLENGTH - 13)
                text = substr(text, RSTART + RLENGTH)
                if (name in seen)
                    continue
                seen[name]
                for (i = ++count; i > 1 && names[i - 1] > name; i--)
                    names[i] = names[i - 1]
                names[i] = name
            }
            line = last("rule") (last("verdict") == "" ? "" : " ") last("verdict")
            for (i = 1; i <= count; i++)
                line = line " " names[i]
            if (last("rule") != "")
                print line
        }' | sort
}

judge() { # TITLE STEPS EXIT EXPECTED
    local title=$1 steps=$2 expected_exit=$3 expected=$4 step options=() got exit_code=0
    begin_with "$steps"
    while IFS= read -r step; do
        case $step in
        s*) sed -i "$step" "$work/shop/proto/shop/v1/shop.proto" ;;
        n/* | n,*) sed -i "s${step#n}" "$work"/shop/contracts/shop.v1/*.yaml ;;
        r/*) rm "${work:?}/shop/${step#r/}" ;;
        o/*) read -r -a options <<<"${step#o/}" ;;
        esac
    done <<<"$steps"
    "$bin/parley" -C "$work/shop" breaking --against main --json "${options[@]}" >"$work/found" 2>"$work/said" || exit_code=$?
    got=$(changes_of "$work/found")
    cases=$((cases + 1))
    if [ "$exit_code" != "$expected_exit" ] || [ "$got" != "$expected" ]; then
        printf '%s\n--- expected exit %s\n%s\n--- got exit %s\n%s\n%s\n' "$title" "$expected_exit" "$expected" \
            "$exit_code" "$got" "$(cat "$work/said")"
        failures=$((failures + 1))
    fi
}

title='' steps='' expected='' code='' part=''
finish() { [ -z "$title" ] || judge "$title" "${steps%$'\n'}" "$code" "${expected%$'\n'}"; }
while IFS= read -r text; do
    case $text in
    '=== '*)
        finish
        title=${text#=== } steps='' expected='' part=steps
        ;;
    '--- '*) code=${text#--- } part=expected ;;
    *) if [ "$part" = steps ]; then steps+="$text"$'\n'; else expected+="$text"$'\n'; fi ;;
    esac
done <"$here/verdicts.txt"
finish
[ "$failures" = 0 ] || exit 1

# The other formats say the same.
begin
quiet_git -C "$work/shop" add . && quiet_git -C "$work/shop" commit -m before
sed -i 's/  string name = 2;//' "$work/shop/proto/shop/v1/shop.proto"
says() { # FORMAT TEXT [OPTION...]
    local out
    out=$("$bin/parley" -C "$work/shop" breaking --against main --format "$1" "${@:3}" 2>&1) && exit 1
    grep -qF -- "$2" <<<"$out" || { printf '%s: no %s in\n%s\n' "$1" "$2" "$out"; exit 1; }
}
says text "used by web: 'an item on sale' (contracts/shop.v1/web.yaml:8)"
says text "1 consumer left: web"
says sarif '"ruleId":"FIELD_NO_DELETE","level":"error"'
says markdown "\`FIELD_NO_DELETE\` | proto/shop/v1/shop.proto:30 | web |"
says json '"element":"shop.v1.Item.name","verdict":"used"'
says text "--accept wbe: no consumer of this name has contracts; did you mean 'web'?" --accept wbe
sed -i '/name: it is sold/,$d' "$work/shop/contracts/shop.v1/web.yaml"
says text "web: 'it is sold': it was removed [CONTRACT_REMOVED]"
says sarif '"ruleId":"CONTRACT_REMOVED","level":"error","message":{"text":"'"'it is sold': it was removed (used by web)"
says markdown "| used | 'it is sold': it was removed \`CONTRACT_REMOVED\` | contracts/shop.v1/web.yaml:13 | web |"
# A path is a URI in the one, and no end of a cell in the other.
quiet_git -C "$work/shop" checkout -- contracts
quiet_git -C "$work/shop" mv contracts/shop.v1/web.yaml 'contracts/shop.v1/the web|1.yaml'
quiet_git -C "$work/shop" commit -m renamed
sed -i '/name: it is sold/,$d' "$work/shop/contracts/shop.v1/the web|1.yaml"
says sarif '{"uri":"contracts/shop.v1/the%20web%7C1.yaml"}'
says markdown '| contracts/shop.v1/the web\|1.yaml:'

# Nor are protos of the other side that do not compile.
quiet_git -C "$work/shop" checkout -- .
sed -i 's/string name = 2/strin name = 2/' "$work/shop/proto/shop/v1/shop.proto"
quiet_git -C "$work/shop" commit -a -m wrong
sed -i 's/strin name = 2/string name = 2/' "$work/shop/proto/shop/v1/shop.proto"
says text 'main: the protos do not compile'
says json '"hint":""}],"error":"main: the protos do not compile"}'

# A file that was no YAML is gone: what was in it was never asked.
begin
echo '  wrong: [' >>"$work/shop/contracts/shop.v1/web.yaml"
quiet_git -C "$work/shop" add . && quiet_git -C "$work/shop" commit -m before
rm "$work/shop/contracts/shop.v1/web.yaml"
says text 'contracts/shop.v1/web.yaml:1:1: error: web: its contracts, which could not be read, were removed [CONTRACT_REMOVED]'
"$bin/parley" -q -C "$work/shop" breaking --against main --accept web >/dev/null 2>&1 || exit 1

# Who may call, in words.
begin
quiet_git -C "$work/shop" add . && quiet_git -C "$work/shop" commit -m before
sed -i 's/{ public: true }/{ internal: true }/; s/{ internal: true }; }$/{ role: "BUYER" }; }/' "$work/shop/proto/shop/v1/shop.proto"
says text 'who may call Get changed from public to internal [RPC_SAME_AUTH]'
says text "who may call Put changed from internal to role 'BUYER' [RPC_SAME_AUTH]"

# An entry of a map is a message that nobody wrote: the map is named as it was.
begin
quiet_git -C "$work/shop" add . && quiet_git -C "$work/shop" commit -m before
names() { # FORMAT TEXT
    "$bin/parley" -C "$work/shop" breaking --against main --format "$1" >"$work/found" || true
    grep -qF -- "$2" "$work/found" || { printf '%s: no %s in\n%s\n' "$1" "$2" "$(cat "$work/found")"; exit 1; }
}
sed -i 's/map<string, State> states = 6;/map<string, int64> states = 6;/' "$work/shop/proto/shop/v1/shop.proto"
names text 'to int64 (the values of map states) [FIELD_SAME_TYPE]'
names json 'to int64 (the values of map states)"'
sed -i '/map<string, int64> states = 6;/d' "$work/shop/proto/shop/v1/shop.proto"
names text 'StatesEntry was deleted from its file (the entries of map states) [MESSAGE_NO_DELETE]'

# A bundle has both: the protos as they were, and the contracts, of which one is gone.
begin
"$bin/parley" -q -C "$work/shop" stub shop.v1 --bundle "$work/before.stub" >/dev/null
sed -i 's/  string name = 2;//' "$work/shop/proto/shop/v1/shop.proto"
sed -i '/name: an item on sale/,/response:/d' "$work/shop/contracts/shop.v1/web.yaml"
for text in '"rule":"FIELD_NO_DELETE"' '"element":"shop.v1.Item.name","verdict":"used"' '"rule":"CONTRACT_REMOVED"'; do
    "$bin/parley" -C "$work/shop" breaking --against "$work/before.stub" --json >"$work/found" && exit 1
    grep -qF -- "$text" "$work/found" || { printf 'a bundle: no %s in\n%s\n' "$text" "$(cat "$work/found")"; exit 1; }
done

# A commit from before there were contracts, and a parley.yaml, is read with the settings of now.
begin
mv "$work/shop/contracts" "$work/shop/proto" "$work/shop/parley.yaml" "$work"
mkdir "$work/shop/schema" && cp -r "$work/proto/shop" "$work/shop/schema"
quiet_git -C "$work/shop" add . && quiet_git -C "$work/shop" commit -m before
mv "$work/contracts" "$work/shop"
echo 'protos: [schema]' >"$work/shop/parley.yaml"
sed -i 's/  string name = 2;//' "$work/shop/schema/shop/v1/shop.proto"
says text "used by web: 'an item on sale' (contracts/shop.v1/web.yaml:8)"
rm -r "$work/proto" "$work/parley.yaml"

# Nor are contracts that .gitattributes keep out of archives.
begin
echo 'contracts/ export-ignore' >"$work/shop/.gitattributes"
quiet_git -C "$work/shop" add . && quiet_git -C "$work/shop" commit -m kept-out
says text 'contracts/shop.v1/web.yaml of'
rm "$work/shop/.gitattributes"
quiet_git -C "$work/shop" commit -a -m whole

# What is wrong is a document, too, with and without a place.
says json '{"changes":[],"findings":[],"error":"' --against nosuch
sed -i 's/call: ItemService.Get$/call: ItemService.Gett/' "$work/shop/contracts/shop.v1/web.yaml"
says json '"rule":"METHOD_UNKNOWN","message":"'
quiet_git -C "$work/shop" checkout -- .

# Interrupted, it leaves nothing behind.
mkdir "$work/bin" "$work/tmp"
cat >"$work/bin/git" <<SH
#!/bin/sh
[ "\$3" != archive ] || kill -INT \$PPID
exec $(command -v git) "\$@"
SH
chmod +x "$work/bin/git"
status=0
TMPDIR=$work/tmp PATH=$work/bin:$PATH "$bin/parley" -C "$work/shop" breaking --against main >"$work/found" 2>&1 || status=$?
[ "$status" = 130 ] && [ ! -s "$work/found" ] && [ -z "$(ls "$work/tmp")" ] || {
    echo "interrupted: exit $status, left $(ls "$work/tmp"), said $(cat "$work/found")"
    exit 1
}
# Nor where nobody reads what it says any more.
mkfifo "$work/pipe"
: <"$work/pipe" &
exec 3>"$work/pipe"
wait $!
status=0
TMPDIR=$work/tmp "$bin/parley" -C "$work/shop" breaking --against main --json >&3 2>"$work/said" || status=$?
exec 3>&-
[ "$status" = 1 ] && [ -z "$(ls "$work/tmp")" ] || {
    echo "a closed pipe: exit $status, left $(ls "$work/tmp"), said $(cat "$work/said")"
    exit 1
}
[ "$cases" -ge 30 ]
echo "$cases cases"
