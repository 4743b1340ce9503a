#!/usr/bin/env bash
# Run every fuzz target of build/fuzz for some seconds: run.sh SECONDS [NAME...]. New inputs are kept
# below build/fuzz/found; an input that crashes stays as build/fuzz/NAME-crash-*, and fails.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=$1
shift
failed=0
total=0
# Stacks of allocations and freed memory that is kept cost half of the time. An input that crashes
# can be run again without these options.
export ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=4${ASAN_OPTIONS:+:$ASAN_OPTIONS}
mapfile -t all < <(sed -n 's/^    X(\([a-z]*\)).*/\1/p' tests/fuzz/targets.h)
[ $# -gt 0 ] || set -- "${all[@]}"
for name; do
    mkdir -p "build/fuzz/found/$name"
    options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=16384
        -artifact_prefix="build/fuzz/$name-" -print_final_stats=1)
    [ ! -e "tests/fuzz/dictionaries/$name.dict" ] ||
        options+=(-dict="tests/fuzz/dictionaries/$name.dict")
    # libfyaml leaks some of what it has read when it meets an error; ours is counted by the targets.
    case $name in scenario | template) options+=(-detect_leaks=0) ;; esac
    log=build/fuzz/$name.log
    if ! "build/fuzz/fuzz_$name" "${options[@]}" "build/fuzz/found/$name" \
        "tests/fuzz/corpus/$name" > "$log" 2>&1; then
        echo "FAIL $name: see $log"
        failed=1
    fi
    executions=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
    echo "$name: ${executions:-0} executions"
    total=$((total + ${executions:-0}))
done
echo "$total executions in all"
exit $failed
