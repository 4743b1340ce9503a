#!/usr/bin/env bash
# verify --sweep: which settings of event source mappings keep the properties.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

sweep() { # EXPECTED-EXIT OPTION...
    local expected=$1
    shift
    run "$expected" verify --handlers lab2 -s tests/cli/scenarios/small.yaml "$@"
}
verdicts="[(row['set'], row['verdict']) for row in r['rows']]"

# MapLambda's rows are named after their batch: the halves of one that was split are counted beside it
product() {
    sweep 1 --sweep BatchSize=1,2 --sweep MapLambda.BisectBatchOnFunctionError=true,false --json "$scratch/sweep.json" &&
        says "3 of 4 combinations keep the properties" &&
        says_like "^  2 +true +violated with 1 fault, in [0-9]+ steps: T1 v1 is counted twice$" &&
        says_like "^  1 +true +holds for any number of faults$"
}
check "a product with one violated combination" product
check "its rows in JSON" is "$scratch/sweep.json" "[row['verdict'] for row in r['rows']]" \
    "['holds', 'holds', 'violated', 'holds']"
check "what a row sets" is "$scratch/sweep.json" "r['rows'][2]['set']" \
    "['BatchSize=2', 'MapLambda.BisectBatchOnFunctionError=true']"
check "where it holds" is "$scratch/sweep.json" "(r['holds_wherever'], r['violated_wherever'])" \
    "(['BatchSize=1', 'MapLambda.BisectBatchOnFunctionError=false'], [])"

# A row is what verify says of the same settings.
agrees() {
    sweep 1 --no-db --set BatchSize=2 --set MapLambda.BisectBatchOnFunctionError=true --json "$scratch/one.json" &&
        /usr/bin/python3 -c 'import json, sys
row, one = json.load(open(sys.argv[1]))["rows"][2], json.load(open(sys.argv[2]))
names = ("faults", "steps", "summary", "property")
sys.exit(not (row["bound"] == one["bound"] and all(row["violation"][n] == one["violation"][n] for n in names)))' \
            "$scratch/sweep.json" "$scratch/one.json"
}
check "a row is verify's own verdict" agrees

workers() {
    sweep 1 --sweep BatchSize=1,2 --sweep MapLambda.BisectBatchOnFunctionError=true,false --workers 1 --json "$scratch/again.json" &&
        [ "$(field "$scratch/again.json" "r['rows']")" = "$(field "$scratch/sweep.json" "r['rows']")" ]
}
check "the number of workers changes nothing" workers

violated() {
    sweep 1 --sweep ReduceLambda.MaximumRetryAttempts=0,-1 --set BatchSize=1 --fault random_failure=0 &&
        says "1 of 2 combinations" && says "  violated wherever ReduceLambda.MaximumRetryAttempts=0"
}
check "a value that is always violated, beside --set" violated

alike() {
    sweep 1 --sweep ReduceLambda.MaximumRetryAttempts=0,1 --fault random_failure=0 &&
        says "0 of 2 combinations" && ! says "violated wherever" > "$scratch/missing"
}
check "where all are violated no value is to blame" alike

caps() {
    sweep 0 --sweep BatchSize=1,2 --fault crash=0 --fault random_failure=0 --fault timeout@MapLambda=1 && says "(timeout: up to 1)"
}
check "caps are said" caps
check "lists as values" sweep 0 --sweep 'FunctionResponseTypes=[],[ReportBatchItemFailures]' --json -
check "which are told apart" is "$scratch/out" "$verdicts" \
    "[(['FunctionResponseTypes=[]'], 'holds'), (['FunctionResponseTypes=[ReportBatchItemFailures]'], 'holds')]"
check "a search that a limit ends" sweep 3 --sweep BatchSize=1,2 --max-states 10

refused() { # MESSAGE OPTION...
    local message=$1
    shift
    sweep 2 "$@" && complains "$message" && [ ! -s "$scratch/out" ]
}
check "no value" refused "expected [FUNCTION.]SETTING=VALUE" --sweep BatchSize
check "an empty value" refused "found an empty value" --sweep BatchSize=1,
check "a value twice" refused "'1' is there twice" --sweep BatchSize=1,1
check "a setting twice" refused "given twice" --sweep BatchSize=1 --sweep BatchSize=2
check "an unknown setting" refused "no setting 'BatchSiz'" --sweep BatchSiz=1,2
check "a value out of range" refused "BatchSize must be a whole number" --sweep BatchSize=1,0
check "an unknown function" refused "Nobody" --sweep Nobody.BatchSize=1
check "too many combinations" refused "more than 1024 combinations" \
    --sweep "BatchSize=$(seq -s, 40)" --sweep "MaximumRetryAttempts=$(seq -s, 40)"
check "a trace" refused "--sweep and --trace" --sweep BatchSize=1 --trace "$scratch/trace.json"

[ "$failures" -eq 0 ]
