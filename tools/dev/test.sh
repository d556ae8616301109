# shellcheck shell=bash
# $root is set by ./dev.
# shellcheck disable=SC2154
# ./dev test: unit tests with sanitizers, everything that starts a system on the
# release build. Ends with one line: N passed, N failed.

test_usage="usage: ./dev test [NAME] [--label unit|contract|system|slow]"

# The last lines of every test that failed or did not run, from ctest's JUNIT file: where a log is
# long, or cut, its end says what is wrong.
say_failures() { # JUNIT
    awk -v keep=30 '
        /<testcase / {
            bad = /status="(fail|notrun|disabled)"/; n = 0; inside = 0
            name = $0; sub(/.*<testcase name="/, "", name); sub(/".*/, "", name)
        }
        !bad { next }
        /<system-out>/ { inside = 1; sub(/.*<system-out>/, "") }
        { end = sub(/<\/system-out>.*/, "") }
        inside && $0 != "" { lines[n++ % keep] = $0 }
        end { inside = 0 }
        /<\/testcase>/ {
            print "--- " name
            for (i = n > keep ? n - keep : 0; i < n; i++) print "    " lines[i % keep]
        }' "$1" | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g'
}

# Runs ctest in a build folder and adds to $passed, $failed and $failures.
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
    failures+=$(say_failures "$junit" && echo .)
    failures=${failures%.}
}

run_tests() {
    local label='' name='' passed=0 failed=0 failures=''
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
    [ -z "$failures" ] || printf '%s\n%s' 'what failed or did not run:' "$failures"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}
