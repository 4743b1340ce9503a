#!/usr/bin/env bash
# Run test programs and sum up.
#
#   run_tests.sh BUILD_DIR JOBS TEST...
#
# TEST is tests/PATH.c, run as BUILD_DIR/tests/PATH (a Criterion program), or PATH.sh (prints
# "ok NAME" or "not ok NAME ..." lines). All run from the project's root, JOBS at a time; results are
# printed in the order of the arguments. The last line is "N passed, N failed".
#
# Besides a failing test these count as a failure: a crash, a timeout, an exit status that belies the
# summary, a missing summary, a program without tests, and a sanitizer's report from any process of
# the program. (Criterion prints the leak report of a test's process and lets the test pass.)
set -euo pipefail

timeout_seconds=${TEST_SECONDS:-300}
lines_shown=60 # of a failing test's output
build=$1
jobs=$2
shift 2
tests=("$@")
logs=$build/log

# no test writes into the run database and the handler cache of whoever runs it
export XDG_STATE_HOME=$PWD/$build/state XDG_CACHE_HOME=$PWD/$build/cache

rm -rf "$logs" "$XDG_STATE_HOME" "$XDG_CACHE_HOME"
mkdir -p "$logs"

log_of() { # TEST
    local name=${1#tests/}
    name=${name%.*}
    echo "$logs/${name//\//.}"
}

run_one() { # TEST: output to LOG.out, exit status to LOG.status
    local log program options
    log=$(log_of "$1")
    options="log_path=$PWD/$log.sanitizer:detect_leaks=1:abort_on_error=0"
    case $1 in
    *.sh) program=(bash "$1") ;;
    *) program=("$build/${1%.c}" -j1 --color=never --verbose) ;;
    esac
    local status=0
    ASAN_OPTIONS=$options UBSAN_OPTIONS=$options:print_stacktrace=1 \
        timeout --kill-after=10 "$timeout_seconds" "${program[@]}" \
        >"$log.out" 2>&1 </dev/null || status=$?
    echo "$status" >"$log.status.new"
    mv "$log.status.new" "$log.status"
}

total_passed=0
total_failed=0

report_one() { # TEST
    local log status passed=0 failed=0 complaints=() summary
    log=$(log_of "$1")
    status=$(cat "$log.status")
    case $1 in
    *.sh)
        passed=$(grep -c '^ok ' "$log.out" || true)
        failed=$(grep -c '^not ok ' "$log.out" || true)
        ;;
    *)
        # [====] Synthesis: Tested: 5 | Passing: 5 | Failing: 0 | Crashing: 0
        summary=$(sed -n 's/.*Synthesis: Tested: \([0-9]*\) | Passing: \([0-9]*\) .*/\1 \2/p' \
            "$log.out" | tail -n 1)
        if [ -z "$summary" ]; then
            complaints+=("no summary")
        else
            passed=${summary#* }
            failed=$((${summary% *} - passed))
        fi
        ;;
    esac
    if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
        complaints+=("timed out after $timeout_seconds s")
    elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        complaints+=("exit status $status")
    elif [ "$status" -eq 0 ] && [ "$failed" -ne 0 ]; then
        complaints+=("exit status 0 in spite of failures")
    fi
    if [ $((passed + failed)) -eq 0 ] && [ ${#complaints[@]} -eq 0 ]; then
        complaints+=("no tests in it")
    fi
    if compgen -G "$log.sanitizer.*" >/dev/null ||
        { [ "$failed" -eq 0 ] && grep -q ': runtime error: ' "$log.out"; }; then
        complaints+=("sanitizer report")
    fi
    failed=$((failed + ${#complaints[@]}))
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))

    if [ "$failed" -eq 0 ]; then
        printf 'ok    %-48s %4d passed\n' "$1" "$passed"
        sed -n 's/^\(\[SKIP\].*\)/      \1/p' "$log.out"
        return
    fi
    printf 'FAIL  %-48s %4d passed, %d failed\n' "$1" "$passed" "$failed"
    sed '/^\[\(RUN \|PASS\)\]/d; s/^/      | /' "$log.out" | tail -n "$lines_shown"
    local complaint report
    for complaint in "${complaints[@]+"${complaints[@]}"}"; do
        echo "      $complaint"
    done
    for report in "$log".sanitizer.*; do
        if [ -e "$report" ]; then
            sed -n "s/^/      | /; 1,${lines_shown}p" "$report"
        fi
    done
}

next_report=0
report_finished() {
    while [ "$next_report" -lt ${#tests[@]} ] &&
        [ -e "$(log_of "${tests[$next_report]}").status" ]; do
        report_one "${tests[$next_report]}"
        next_report=$((next_report + 1))
    done
}

running=0
for test in "${tests[@]+"${tests[@]}"}"; do
    if [ "$running" -ge "$jobs" ]; then
        wait -n
        running=$((running - 1))
        report_finished
    fi
    run_one "$test" &
    running=$((running + 1))
done
wait
report_finished

if [ $((total_passed + total_failed)) -eq 0 ]; then
    echo "no tests found" >&2
    total_failed=1
fi
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
