#!/usr/bin/env bash
# A counterexample of each kind of faults as a pytest: its stub answers as the checker did, the test fails on the faulty
# code and passes on the corrected. (Crashes, failures and stuck batches: report.sh.)
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

small=tests/cli/scenarios/small.yaml
none="--fault crash=0 --fault random_failure=0"
solutions=scenarios/solutions
for name in lab2 keeps-late map-raises map-row-per-change reduce-marker-per-record; do
    cp -r "$solutions/lab2" "$scratch/$name"
done
cp -r "$solutions/map-row-per-change/." "$scratch/map-row-per-change"
cp -r "$solutions/reduce-marker-per-record/." "$scratch/reduce-marker-per-record"
# what Lab 2 leaves out because it is old, and what it does not tell Lambda of
sed -i 's/if functions.is_outdated(trade, now):/if False:/' "$scratch/keeps-late/StateLambda/lambda_function.py"
sed -i 's/return {"statusCode": 500}/raise/' "$scratch/map-raises/MapLambda/lambda_function.py"

tests=()
# The C handlers' counterexample becomes a test of the same code in Python.
becomes_a_test() { # NAME CORRECTED HANDLERS OPTION...
    local name=$1 corrected=$2 handlers=$3
    shift 3
    run 1 verify --handlers "$handlers" -s "$small" --no-db -q --trace "$scratch/$name.json" "$@" &&
        run 0 report "$scratch/$name.json" --format pytest -o "$scratch/test_$name.py" &&
        tests+=("$scratch/$name.json" "$scratch/test_$name.py" "$solutions/$handlers" "$corrected")
}
each() { # KIND CORRECTED HANDLERS OPTION...
    # shellcheck disable=SC2086 # options are words
    check "$1 becomes a test" becomes_a_test "$1" "$scratch/$2" "$3" $none "${@:4}"
}
each timeout keeps-late lab2 --fault timeout@StateLambda
each throttle map-raises lab2 --fault throttle@MapLambda
each server_error lab2 lab1 --fault server_error@ReduceLambda
each lost_response keeps-late lab2 --fault lost_response@StateLambda
each late_write keeps-late lab2 --fault late_write@StateLambda
each delay keeps-late lab2 --fault delay@StateLambda --longest-delay 61s
each rebatch map-row-per-change lab2 --fault rebatch@MapLambda
each redeliver reduce-marker-per-record lab2 --fault redeliver@ReduceLambda --fault delay@ReduceLambda=1 --longest-delay 11min
each bisect reduce-marker-per-record lab2 --fault crash@ReduceLambda --set ReduceLambda.BisectBatchOnFunctionError=true

both_ways() { /usr/bin/python3 tests/reports/check_faults.py "${tests[@]}" > "$scratch/out" 2>&1 && [ "$(grep -c "tells the two apart" "$scratch/out")" -eq 9 ]; }
check "each answers as recorded, fails on the faulty code and passes on the corrected" both_ways

refused() { # WHAT OPTION...
    run 1 verify --handlers lab2 -s "$small" --no-db -q --trace "$scratch/r.json" "${@:2}" &&
        run 2 report "$scratch/r.json" --format pytest && grep -q "$1" "$scratch/err"
}
check "records that are too old are refused by name" refused "dropped because of their age" --fault delay@MapLambda

[ "$failures" -eq 0 ]
