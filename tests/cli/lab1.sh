#!/usr/bin/env bash
# Lab 1: what is missing in the workshop's pipeline is said with its line; each link that is added removes a finding.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

template=$scratch/template.yaml
cp scenarios/workshop-lab1.yaml "$template"

messages() { # of the errors found, one a line
    field "$scratch/result" '"\n".join(f["message"].split(":")[0] for f in r["findings"] if f["severity"] == "error")'
}

finds() { # EXIT EXPECTED: verify ends so, with these findings
    local found
    run "$1" verify --handlers lab2 -t "$template" -s tests/cli/scenarios/small.yaml --no-db --json "$scratch/result" ||
        return 1
    found=$(messages)
    [ "$found" = "$2" ] || { printf 'found:\n%s\nexpected:\n%s\n' "$found" "$2"; return 1; }
}

add_mapping() { # NAME SOURCE FUNCTION BATCH
    cat >> "$template" << YAML

  $1:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt $2, FunctionName: !Ref $3, StartingPosition: LATEST, BatchSize: $4}
YAML
}

nothing_connected() {
    finds 1 "nobody reads the stream IncomingDataStream
StateLambda has no event source
ReduceLambda has no event source" && says "$template:93: StateLambda has no event source"
}

state_connected() {
    add_mapping StateMapping IncomingDataStream.Arn StateLambda 100
    finds 1 "ReduceTable has no stream, and nobody reads it
ReduceLambda has no event source"
}

stream_on() {
    sed -i '/TableName: ReduceTable/a\      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}' "$template"
    finds 1 "ReduceTable has a stream that nobody follows
ReduceLambda has no event source"
}

all_connected() {
    add_mapping ReduceMapping ReduceTable.StreamArn ReduceLambda 1000
    finds 0 ""
}

# What AWS refuses when the template is deployed is an error at its place.
batch_size() {
    sed 's/BatchSize: 10000$/BatchSize: 10001/' "$template" > "$scratch/batch.yaml"
    run 2 verify --handlers lab2 -t "$scratch/batch.yaml" --no-db && complains "batch.yaml:135:18" &&
        complains "BatchSize"
}

switched_off() {
    sed 's/MaximumBatchingWindowInSeconds: 3/Enabled: false/' "$template" > "$scratch/off.yaml"
    local kept=$template
    template=$scratch/off.yaml
    finds 1 "StateTable has a stream that nobody follows
MapMapping is switched off (Enabled"
    local status=$?
    template=$kept
    return $status
}

# The second image is what an update needs.
wrong_view() {
    sed '0,/NEW_AND_OLD_IMAGES/s//NEW_IMAGE/' "$template" > "$scratch/view.yaml"
    run 1 verify scenarios/solutions/lab2 -t "$scratch/view.yaml" -s tests/cli/scenarios/small.yaml --no-db \
        --fault crash=0 --fault random_failure=0 &&
        says "MapLambda asks for OldImage, but the records of StateTable have none (StreamViewType: NEW_IMAGE)"
}

# One permission less: which call needs it is said with the role's line, and AWS's own words are in the trace.
permission_missing() {
    local kept=$template
    sed 's/"dynamodb:PutItem", //' "$template" > "$scratch/permission.yaml"
    template=$scratch/permission.yaml
    finds 1 "MapLambda may not dynamodb" || return 1
    local status=0
    says "$template:69: MapLambda may not dynamodb:PutItem on arn:aws:dynamodb:us-east-1:123456789012:table/ReduceTable" &&
        says "AccessDeniedException" && says "assumed-role/FunctionRole/MapLambda is not authorized to perform" || status=1
    template=$kept
    return $status
}

stream_permission_missing() {
    local kept=$template
    sed '/AWSLambdaKinesisExecutionRole/d' "$template" > "$scratch/stream.yaml"
    template=$scratch/stream.yaml
    finds 1 "nobody reads the stream IncomingDataStream
StateMapping delivers nothing"
    local status=$?
    template=$kept
    return $status
}

# Nothing invokes any function, so no code is needed to say what is missing.
nothing_invoked() {
    sed '/^  MapMapping:/,/^$/d' scenarios/workshop-lab1.yaml > "$scratch/none.yaml"
    mkdir -p "$scratch/empty"
    run 1 verify "$scratch/empty" -t "$scratch/none.yaml" -s tests/cli/scenarios/single.yaml --no-db &&
        says "MapLambda has no event source" && says "StateLambda has no event source"
}

check "a pipeline in which nothing is invoked is explained, too" nothing_invoked
check "before Lab 1 nothing is connected" nothing_connected
check "StateLambda's event source removes its findings" state_connected
check "so does ReduceTable's stream" stream_on
check "connected as in Lab 1 nothing is missing" all_connected
check "a batch size out of range is an error with its place" batch_size
check "a mapping that is switched off is named" switched_off
check "a view type without the image that the code asks for is named" wrong_view
check "a missing permission is named with its role" permission_missing
check "a mapping without permission on its stream delivers nothing" stream_permission_missing

[ "$failures" -eq 0 ]
