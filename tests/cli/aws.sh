#!/usr/bin/env bash
# `oncecheck aws`: a request a line, an answer a line.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

expect() { # NAME FOUND EXPECTED
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        echo "not ok $1: expected '$3', found '$2'"
        failures=$((failures + 1))
    fi
}

ask() { # EXPECTED-EXIT ARGUMENTS...: requests on standard input, answers in $scratch/out
    local expected=$1 status=0
    shift
    "$oncecheck" aws "$@" > "$scratch/out" 2> "$scratch/err" || status=$?
    [ "$status" -eq "$expected" ] || echo "exit $status, expected $expected"
    cat "$scratch/err"
}

table='{"TableName": "Items", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}'
requests() {
    echo "{\"target\": \"DynamoDB_20120810.CreateTable\", \"body\": ${table//$'\n'/}}"
    echo
    echo '{"target": "DynamoDB_20120810.PutItem", "body": {"TableName": "Items", "Item": {"id": {"S": "a"}, "n": {"N": "1.50"}}}}'
    echo '{"target": "DynamoDB_20120810.GetItem", "body": {"TableName": "Items", "Key": {"id": {"S": "a"}}}}'
    echo '{"target": "DynamoDB_20120810.GetItem", "body": {"TableName": "Other", "Key": {"id": {"S": "a"}}}}'
}

expect good_requests "$(requests | ask 0)" ""
expect one_answer_each "$(wc -l < "$scratch/out")" 4
expect reads_what_was_put "$(sed -n 3p "$scratch/out")" '{"status":200,"body":{"Item":{"id":{"S":"a"},"n":{"N":"1.5"}}}}'
expect errors_of_aws_are_answers "$(sed -n 4p "$scratch/out" | grep -c '"status":400.*ResourceNotFoundException')" 1
cp "$scratch/out" "$scratch/first"
requests | ask 0
expect same_input_same_bytes "$(cmp "$scratch/first" "$scratch/out" 2>&1)" ""

expect refusals "$(printf '{"target": "SQS.SendMessage"}\n{"target\n{"target": "DynamoDB_20120810.ListTables"}' | ask 2)" ""
expect not_simulated "$(sed -n 1p "$scratch/out")" '{"error":"standard input:1: SQS.SendMessage is not simulated"}'
expect not_json "$(sed -n 2p "$scratch/out" | grep -c '^{"error":"standard input:2:')" 1
expect goes_on_after_a_refusal "$(sed -n 3p "$scratch/out")" '{"status":200,"body":{"TableNames":[]}}'

expect a_templates_tables "$(echo '{"target": "DynamoDB_20120810.ListTables"}' | ask 0 -t scenarios/workshop.yaml)" ""
expect names_of_the_template "$(grep -c '"StateTable"' "$scratch/out")" 1
expect no_requests "$(ask 0 < /dev/null)" ""
expect an_operand_is_refused "$(ask 2 somewhere < /dev/null)" "oncecheck: unexpected argument 'somewhere'
Try \`oncecheck --help\`."

[ "$failures" -eq 0 ]
