#!/usr/bin/env bash
# Settings of event source mappings, from a scenario, under the reference handlers.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

with() { # SETTINGS: a scenario of two puts under these mappings' settings
    cat > "$scratch/s.yaml" <<YAML
scenario: settings
workload:
  stream: IncomingDataStream
  shards: 1
  messages:
    - {trade: T1, version: 0}
    - {trade: T2, version: 0}
  values: distinct
tables: {StateTable: {stream_shards: 1}, ReduceTable: {stream_shards: 1}}
mappings: {$1}
faults: {limit: any, crash: true}
YAML
}

bisected() {
    with "ReduceLambda: {BatchSize: 2, BisectBatchOnFunctionError: true}"
    run 1 verify --handlers lab2 -s "$scratch/s.yaml" --trace "$scratch/t.json" --json "$scratch/r.json" &&
        says "(batch 2, BisectBatchOnFunctionError)" && says "is counted twice" &&
        says "the batch of 2 is bisected: its first record comes next, alone" &&
        says "missing: With BisectBatchOnFunctionError the records come again in other batches" &&
        is "$scratch/r.json" "r['violation']['faults']" 1 && is "$scratch/r.json" "r['violation']['steps']" 28 &&
        is "$scratch/t.json" "[s['split'] for s in r['steps'] if 'split' in s]" "[{'first': 1, 'of': 2}]" &&
        run 1 replay "$scratch/t.json" && says "each as recorded"
}
check "a batch's token does not survive a bisecting mapping" bisected

bisected_upstream() {
    with "StateLambda: {BatchSize: 2, BisectBatchOnFunctionError: true}"
    run 0 verify --handlers lab2 -s "$scratch/s.yaml" && says "for any number of faults"
}
check "conditions on items do" bisected_upstream

given_up() {
    with "MapLambda: {MaximumRetryAttempts: 1, DestinationConfig: {OnFailure: {Destination: 'arn:aws:sqs:us-east-1:1:dead'}}}"
    run 1 verify --handlers lab2 -s "$scratch/s.yaml" --trace "$scratch/t.json" --json "$scratch/r.json" &&
        says "T1 v0 is lost" && says "its batch was dropped after 1 retry" &&
        says "its whereabouts are sent to arn:aws:sqs:us-east-1:1:dead" &&
        is "$scratch/r.json" "r['violation']['faults']" 2 &&
        is "$scratch/t.json" "[(s['dropped']['reason'], s['dropped']['retries'], len(s['dropped']['records'])) for s in r['steps'] if 'dropped' in s]" "[('MaximumRetryAttempts', 1, 1)]" &&
        run 0 verify --handlers lab2 -s "$scratch/s.yaml" --faults 1 &&
        run 1 replay "$scratch/t.json" && says "each as recorded"
}
check "retries that are used up lose a batch, and the cause says so" given_up

filtered() {
    with "StateLambda: {FilterCriteria: {Filters: [{Pattern: '{\"data\": {\"Hierarchy\": {\"RiskType\": [\"Delta\"]}}}'}]}}"
    run 1 verify --handlers lab2 -s "$scratch/s.yaml" && says "1 filter)" && says "T1 v0 is lost" &&
        says "without any fault" && says "no function gets: the mappings' filters leave it out"
}
check "a record that no filter fits is passed over" filtered

side_by_side() {
    with "StateLambda: {ParallelizationFactor: 3}"
    run 0 verify --handlers lab2 -s "$scratch/s.yaml" && says "ParallelizationFactor 3)" && says "for any number of faults"
}
check "batches of other keys side by side" side_by_side

given() {
    with "ReduceLambda: {BatchSize: 2}"
    run 1 verify --handlers lab2 -s "$scratch/s.yaml" --set ReduceLambda.BisectBatchOnFunctionError=true --trace "$scratch/t.json" &&
        says "settings     ReduceLambda.BisectBatchOnFunctionError=true" && says "(batch 2, BisectBatchOnFunctionError)" &&
        run 1 replay "$scratch/t.json" && says "each as recorded" &&
        run 0 verify --handlers lab2 -s "$scratch/s.yaml" --set BatchSize=1 && says "ReduceLambda (batch 1)"
}
check "settings given beside the scenario, and their traces" given

misgiven() {
    run 2 verify --handlers lab2 -s "$scratch/s.yaml" --set BatchSiz=1 && complains "did you mean 'BatchSize'" &&
        run 2 verify --handlers lab2 -s "$scratch/s.yaml" --set Other.BatchSize=1 && complains "no event source mapping invokes a function 'Other'" &&
        run 2 verify --handlers lab2 -s "$scratch/s.yaml" --set BatchSize=0 && complains "from 1 to 10000" &&
        run 2 verify --handlers lab2 -s "$scratch/s.yaml" --set BatchSize && complains "expected [FUNCTION.]SETTING=VALUE"
}
check "settings that are none" misgiven

[ "$failures" -eq 0 ]
