# shellcheck shell=bash
# $root is set by ./dev.
# shellcheck disable=SC2154
# ./dev test: unit tests with sanitizers, everything that starts a system on the
# release build. Ends with one line: N passed, N failed.

test_usage="usage: ./dev test [NAME] [--label unit|contract|system|slow]"

# Runs ctest in a build folder and adds to $passed and $failed.
run_ctest() { # FOLDER ARGS...
    local folder=$1 junit
    shift
    junit=$root/$folder/test-results.xml
    rm -f "$junit"
    ctest --test-dir "$folder" --output-on-failure --no-tests=ignore -j "${PL_JOBS:-$jobs}" \
        --output-junit "$junit" "$@" || true
    [ -f "$junit" ] || return 0
    local total bad skipped
    total=$(sed -n 's/.*[^a-z]tests="\([0-9]*\)".*/\1/p' "$junit" | head -n 1)
    bad=$(sed -n 's/.*failures="\([0-9]*\)".*/\1/p' "$junit" | head -n 1)
    skipped=$(grep -c '<testcase.*status="notrun"\|<testcase.*status="disabled"' "$junit" || true)
    passed=$((passed + total - bad - skipped))
    failed=$((failed + bad + skipped))
}

run_tests() {
    local label='' name='' passed=0 failed=0
    while [ $# -gt 0 ]; do
        case $1 in
        --label)
            [ $# -gt 1 ] || die "$test_usage"
            label=$2
            shift
            ;;
        -h | --help)
            echo "$test_usage"
            return 0
            ;;
        -*) die "no option '$1'; $test_usage" ;;
        *) name=$1 ;;
        esac
        shift
    done
    local select=()
    [ -z "$name" ] || select+=(-R "$name")
    case $label in
    '' | unit | contract)
        build dev
        run_ctest build/dev "${select[@]}" -L "^(${label:-unit|contract})\$"
        ;;&
    '' | system | slow)
        build release
        run_ctest build "${select[@]}" -L "^${label:-system}\$"
        ;;
    unit | contract) ;;
    *) die "no label '$label'; $test_usage" ;;
    esac
    [ $((passed + failed)) -gt 0 ] || die "no test matches '${name:-$label}'"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}
