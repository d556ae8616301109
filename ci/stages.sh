# shellcheck shell=bash
# $stages is the script's; $contracts and $reports are for it.
# shellcheck disable=SC2034,SC2154
# What ci/provider and ci/consumer share: one stage after the other until one fails, and a summary.
# The script sets $stages and has stage_NAME for each of them and usage; then ci_main "$@".
set -euo pipefail
ci=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$(basename "$0")

say() { printf '%s\n' "$*" >&2; }

wrong() { # a wrong command line
    say "ci/$script: $*"
    exit 2
}

fail() {
    say "ci/$script: $*"
    exit 1
}

# ---- what a stage says ----

run() { # COMMAND...: is printed, and run
    say "+ $*"
    printf '%s\n' "$*" >>"$state/commands"
    "$@"
}

# The stage has nothing to do, and the summary says why.
skip() { # WHY
    printf '%s' "$*" >"$state/skipped"
}

# ---- where things are ----

# Beside these scripts in the archive of ./dev dist, else built here, else in PATH, else built where
# these scripts are.
find_parley() {
    local place
    [ -z "${PARLEY:-}" ] || return 0
    for place in "${ci%/*}/bin/parley" "$build/bin/parley" "$(command -v parley)" \
        "${ci%/*}/build/bin/parley"; do
        PARLEY=$place
        [ ! -x "$place" ] || return 0
    done
    fail 'there is no parley in PATH; PARLEY=FILE says where it is'
}

# `key: value` of parley.yaml, else DEFAULT.
setting() { # KEY DEFAULT
    local value
    value=$(sed -n "s/^$1:[ \t]*\([^ #\t]*\).*/\1/p" parley.yaml)
    printf '%s' "${value:-$2}"
}

enter_workspace() {
    while [ ! -f parley.yaml ]; do
        [ "$PWD" != / ] || fail 'there is no parley.yaml here, nor in a folder above; an empty one will do'
        cd ..
    done
    contracts=$(setting contracts contracts)
    build=${PARLEY_BUILD:-$(setting build build)}
}

# A word that nobody knows would pass every stage, with nothing to do in any.
check_service() {
    local place known
    for place in "services/${service//.//}" "$contracts/$service" "$contracts/$service".v[0-9]* \
        "$contracts"/*/"$service.yaml"; do
        [ ! -e "$place" ] || return 0
    done
    known=$({
        sed -n 's/^consumer: *//p' "$contracts"/*/*.yaml 2>/dev/null
        printf '%s\n' "$contracts"/*/ | sed 's|/$||; s|.*/||; s/\.v[0-9]*$//'
        printf '%s\n' services/*/*/CMakeLists.txt | sed 's|services/||; s|/CMakeLists.txt$||; s|/|.|g'
    } | grep -v '\*' | sort -u | tr '\n' ' ')
    wrong "nobody knows a service $service: it has no folder and no contract; there are: $known"
}

# The tests of the service, those whose names begin with its own, of LABEL.
tests_of_service() { # [LABEL]
    ctest --test-dir "$build" -N -R "^${service//[.-]/_}_" -L "${1:+^$1\$}" |
        sed -n 's/^ *Test *#[0-9]*: //p'
}

has_target() { ninja -C "$build" -t query "$1" >/dev/null 2>&1; }

# The service's own program, its test twin and its tests, by the CMake of this repository.
build_service() {
    local program=${service//./-} target targets=()
    [ -f CMakeLists.txt ] || {
        skip 'no CMakeLists.txt; PARLEY_BUILD_COMMAND says how it is built'
        return
    }
    if [ -f "$build/build.ninja" ]; then
        run ninja -C "$build" --quiet build.ninja # new targets are in the next one
    else
        run cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo
    fi
    has_target "$program" || {
        skip "no program $program in this repository"
        return
    }
    for target in "$program" "$program-test" $(tests_of_service ''); do
        ! has_target "$target" || targets+=("$target")
    done
    run ninja -C "$build" --quiet "${targets[@]}"
}

# ---- the summary ----

json_string() {
    local text=${1//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//$'\t'/\\t}
    printf '"%s"' "${text//$'\n'/\\n}"
}

# One line of $state/stages: NAME VERDICT EXIT MILLISECONDS REASON, by tabs.
note_stage() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$state/stages"; }

print_summary() { # EXIT FAILED
    local name verdict code ms reason line
    say
    if [ "$1" = 0 ]; then say "$script $service: passed"; else
        say "$script $service: failed at $2, exit $1"
    fi
    while IFS=$'\t' read -r name verdict code ms reason; do
        case $verdict in
        failed) reason="exit $code" ;;
        passed) reason= ;;
        esac
        printf -v line '  %-10s %-8s %3d.%d s  %s' "$name" "$verdict" $((ms / 1000)) \
            $((ms % 1000 / 100)) "$reason"
        say "${line%  }"
    done <"$state/stages"
}

print_json() { # EXIT FAILED
    local name verdict code ms reason command comma='' between
    printf '{"script":"%s","service":' "$script"
    json_string "$service"
    printf ',"passed":%s,"exit":%d,"failed":' "$([ "$1" = 0 ] && echo true || echo false)" "$1"
    if [ "$1" = 0 ]; then printf null; else json_string "$2"; fi
    printf ',"stages":['
    while IFS=$'\t' read -r name verdict code ms reason; do
        printf '%s{"stage":"%s","verdict":"%s","exit":%d,"ms":%d,"reason":' "$comma" "$name" \
            "$verdict" "$code" "$ms"
        json_string "$reason"
        printf ',"commands":['
        between=
        while read -r command; do
            printf '%s' "$between"
            json_string "$command"
            between=,
        done 2>/dev/null <"$state/$name.commands"
        printf ']}'
        comma=,
    done <"$state/stages"
    printf ']}\n'
}

# ---- stage by stage ----

# Sets $status. A subshell that is no condition: `set -e` holds in the stage.
run_stage() { # NAME
    local began=${EPOCHREALTIME/[.,]/} verdict=passed reason=
    state_commands=$state/$1.commands
    rm -f "$state/skipped" "$state/commands"
    : >"$state/commands"
    say "== $1"
    set +e
    (
        set -e
        "stage_$1"
    )
    status=$?
    set -e
    mv "$state/commands" "$state_commands"
    if [ "$status" != 0 ]; then
        verdict=failed
    elif [ -f "$state/skipped" ]; then
        verdict=skipped
        reason=$(cat "$state/skipped")
    fi
    note_stage "$1" "$verdict" "$status" $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) "$reason"
}

run_stages() {
    local name failed='' code=0 begun=''
    for name in "${stages[@]}"; do
        [ "$name" != "$from" ] || begun=1
        : >"$state/$name.commands"
        if [ -n "$failed" ]; then
            note_stage "$name" 'not run' 0 0 "$failed failed"
        elif [ -z "$begun" ]; then
            note_stage "$name" 'not run' 0 0 "--from $from"
        else
            run_stage "$name"
            [ "$status" = 0 ] || failed=$name code=$status
        fi
    done
    print_summary "$code" "$failed"
    [ -z "$json" ] || print_json "$code" "$failed" >&3
    exit "$code"
}

ci_main() {
    json='' from=${stages[0]} service=
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --json) json=1 ;;
        --from)
            [ $# -gt 1 ] || wrong '--from which stage?'
            from=$2
            shift
            ;;
        -*) wrong "no option '$1'; ci/$script --help lists them" ;;
        *)
            [ -z "$service" ] || wrong "one service at a time, not '$service' and '$1'"
            service=${1/\//.}
            ;;
        esac
        shift
    done
    [ -n "$service" ] || wrong 'which service, such as mall.products?'
    [[ $service =~ ^[A-Za-z0-9._-]+$ ]] || wrong "'$service' is no name of a service"
    [[ " ${stages[*]} " = *" $from "* ]] || wrong "no stage '$from'; there are: ${stages[*]}"
    enter_workspace
    [ -n "${PARLEY_STUBS:-}" ] || check_service
    find_parley
    state=$(mktemp -d)
    reports=$state/reports
    trap 'rm -rf "$state"' EXIT
    trap 'exit 130' INT TERM
    # With --json, standard output is for the document alone.
    exec 3>&1
    [ -z "$json" ] || exec 1>&2
    run_stages
}
