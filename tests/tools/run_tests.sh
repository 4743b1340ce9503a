#!/usr/bin/env bash
# tools/run_tests.sh is what says that the other tests passed: each way for a test to go wrong must
# show in its sum and in its exit status. The programs here are scripts that print as Criterion does.
set -uo pipefail

runner=$PWD/tools/run_tests.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

program() { # NAME: the body of a test program from standard input
    mkdir -p build/tests
    { echo '#!/usr/bin/env bash' && cat; } >"build/tests/$1"
    chmod +x "build/tests/$1"
}

failures=0
expect() { # NAME STATUS LAST_LINE TEST...
    local name=$1 status=$2 last=$3 got=0 output
    shift 3
    output=$("$runner" build 2 "$@" 2>&1) || got=$?
    if [ "$got" -eq "$status" ] && [ "$(tail -n 1 <<<"$output")" = "$last" ]; then
        echo "ok $name"
    else
        echo "not ok $name: exit status $got, output:"
        echo "$output"
        failures=$((failures + 1))
    fi
}

program good <<<'echo "[====] Synthesis: Tested: 5 | Passing: 5 | Failing: 0 | Crashing: 0 "'
program failing <<'END'
echo "[====] Synthesis: Tested: 5 | Passing: 3 | Failing: 2 | Crashing: 1 "
exit 1
END
program liar <<<'echo "[====] Synthesis: Tested: 2 | Passing: 1 | Failing: 1 | Crashing: 0 "'
program no_summary <<<'exit 0'
program killed <<<'kill -SEGV $$'
program bad_status <<'END'
echo "[====] Synthesis: Tested: 1 | Passing: 1 | Failing: 0 | Crashing: 0 "
exit 3
END
program empty <<<'echo "[====] Synthesis: Tested: 0 | Passing: 0 | Failing: 0 | Crashing: 0 "'
# As a leak in a test's own process: reported to the log, and the test passes.
program leaking <<'END'
log=${ASAN_OPTIONS#*log_path=}
echo "ERROR: LeakSanitizer: detected memory leaks" >"${log%%:*}.$$"
echo "[====] Synthesis: Tested: 1 | Passing: 1 | Failing: 0 | Crashing: 0 "
END
program undefined <<'END'
echo "model/x.c:1:2: runtime error: signed integer overflow"
echo "[====] Synthesis: Tested: 1 | Passing: 1 | Failing: 0 | Crashing: 0 "
END

expect all_pass 0 "5 passed, 0 failed" tests/good.c
expect sums_over_programs 1 "8 passed, 2 failed" tests/failing.c tests/good.c
expect failure_with_exit_status_0 1 "1 passed, 2 failed" tests/liar.c
expect missing_summary 1 "0 passed, 1 failed" tests/no_summary.c
expect crash_of_the_program 1 "0 passed, 2 failed" tests/killed.c
expect exit_status_without_failure 1 "1 passed, 1 failed" tests/bad_status.c
expect program_without_tests 1 "0 passed, 1 failed" tests/empty.c
expect missing_program 1 "5 passed, 2 failed" tests/absent.c tests/good.c
expect leak_in_a_child 1 "1 passed, 1 failed" tests/leaking.c
expect undefined_behaviour_reported 1 "1 passed, 1 failed" tests/undefined.c
expect no_tests_at_all 1 "0 passed, 1 failed"

mkdir -p tests/cli
echo 'echo "ok one"; echo "ok two"' >tests/cli/good.sh
echo 'echo "ok one"; echo "not ok two: reason"; exit 1' >tests/cli/failing.sh
echo 'echo "ok one"; echo "not ok two"; exit 0' >tests/cli/liar.sh
echo 'echo "ok one"; exit 7' >tests/cli/dies.sh
echo 'exit 0' >tests/cli/silent.sh
expect scripts_pass 0 "7 passed, 0 failed" tests/cli/good.sh tests/good.c
expect script_fails 1 "1 passed, 1 failed" tests/cli/failing.sh
expect script_fails_with_exit_status_0 1 "1 passed, 2 failed" tests/cli/liar.sh
expect script_dies 1 "1 passed, 1 failed" tests/cli/dies.sh
expect script_says_nothing 1 "0 passed, 1 failed" tests/cli/silent.sh

[ "$failures" -eq 0 ]
