#!/usr/bin/env bash
# A solution's own template: where its functions' code is found, as folder, archive or text in the template.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

export XDG_CACHE_HOME=$scratch/cache
own=$scratch/own
small=(-s tests/cli/scenarios/single.yaml --no-db --faults 0)
mkdir -p "$own/src/state" "$own/assets" "$own/ReduceLambda"
cp scenarios/solutions/lab2/StateLambda/*.py "$own/src/state/"
cp scenarios/solutions/lab2/ReduceLambda/*.py "$own/ReduceLambda/"

archive() { # FILE MEMBER=SOURCE...: a zip archive
    /usr/bin/python3 - "$@" << 'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for pair in sys.argv[2:]:
        member, _, source = pair.partition("=")
        archive.write(source, member)
PYTHON
}
map=scenarios/solutions/lab2/MapLambda
archive "$own/assets/MapLambdaPackage.zip" lambda_function.py="$map/lambda_function.py" \
    functions.py="$map/functions.py" constants.py="$map/constants.py"
sed 's|assets/StateLambdaPackage.zip|./src/state/|' scenarios/workshop.yaml > "$own/template.yaml"

finds_code() {
    run 0 verify "$own" "${small[@]}" && says "own/src/state" && says "cache/oncecheck/packages/" &&
        says "own/ReduceLambda" && ! grep -q reference "$scratch/out"
}

unpacks_once() {
    [ "$(find "$scratch/cache/oncecheck/packages" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ] &&
        run 0 verify "$own" "${small[@]}" &&
        [ "$(find "$scratch/cache/oncecheck/packages" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ]
}

# An archive that writes elsewhere, one that is none, and a folder without the handler's file.
bad_archives() {
    local good=$own/assets/MapLambdaPackage.zip
    cp "$good" "$scratch/good.zip"
    rm "$good"
    archive "$good" ../../evil.py="$map/constants.py"
    run 2 verify "$own" "${small[@]}" && complains "leads out of the archive" &&
        echo "no archive" > "$good" && run 2 verify "$own" "${small[@]}" && complains "is no zip archive" &&
        rm "$good" && archive "$good" other.py="$map/constants.py" &&
        run 2 verify "$own" "${small[@]}" && complains "no file lambda_function.py"
    local status=$?
    cp "$scratch/good.zip" "$good"
    [ $status -eq 0 ] && [ ! -e "$scratch/cache/evil.py" ]
}

code_in_the_template() {
    local folder=$scratch/inline
    mkdir -p "$folder"
    cat > "$folder/template.json" << 'JSON'
{"Resources": {
  "In": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
  "AggregateTable": {"Type": "AWS::DynamoDB::Table", "Properties": {
    "TableName": "AggregateTable",
    "AttributeDefinitions": [{"AttributeName": "Identifier", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "Identifier", "KeyType": "HASH"}]}},
  "Sum": {"Type": "AWS::Lambda::Function", "Properties": {
    "Runtime": "python3.11", "Handler": "index.handler", "Role": "arn:aws:iam::123456789012:role/r",
    "Environment": {"Variables": {"TABLE": {"Ref": "AggregateTable"}}},
    "Code": {"ZipFile": {"Fn::Join": ["\n", [
      "import base64, json, os",
      "import boto3",
      "table = boto3.resource('dynamodb').Table(os.environ['TABLE'])",
      "calls = []",
      "def handler(event, context):",
      "    for record in event['Records']:",
      "        trade = json.loads(base64.b64decode(record['kinesis']['data']))",
      "        place = trade['Hierarchy']",
      "        key = [place['RiskType'], place['TradeDesk'], place['Region']]",
      "        for level in range(1, 4):",
      "            table.update_item(Key={'Identifier': ':'.join(key[:level])}, UpdateExpression='ADD #v :v SET Calls = :c',",
      "                ExpressionAttributeNames={'#v': 'Value'},",
      "                ExpressionAttributeValues={':v': int(trade['Value']), ':c': len(calls)})",
      "            calls.append(key)"]]}}}},
  "Feed": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
    "EventSourceArn": {"Fn::GetAtt": ["In", "Arn"]}, "FunctionName": {"Ref": "Sum"},
    "StartingPosition": "TRIM_HORIZON"}}}}
JSON
    cat > "$scratch/inline.yaml" << 'YAML'
scenario: inline
workload:
  stream: In
  messages:
    - {trade: T1, version: 0}
    - {trade: T2, version: 0}
  values: distinct
faults: {limit: any, crash: true}
YAML
    run 0 verify "$folder" -s "$scratch/inline.yaml" --no-db --fault crash=0 &&
        says "containers that serve at most two invocations" &&
        run 1 verify "$folder" -s "$scratch/inline.yaml" --no-db && says "violated: exactly_once"
}

# Another pipeline with names of its own, marks of what was seen, and resources that do not matter here.
other_names() {
    local folder=$scratch/other
    mkdir -p "$folder/src/adder/sums"
    cat > "$folder/template.yaml" << 'YAML'
Transform: AWS::Serverless-2016-10-31
Resources:
  Assets: {Type: AWS::S3::Bucket}
  Feed: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Audit: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Seen: &table
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: Key, AttributeType: S}]
      KeySchema: [{AttributeName: Key, KeyType: HASH}]
  Sums: *table
  Adder:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: src/adder/
      Role: arn:aws:iam::123456789012:role/made-elsewhere
      Environment: {Variables: {SEEN: !Ref Seen, SUMS: !Ref Sums}}
      Events:
        Records:
          Type: Kinesis
          Properties:
            Stream: !GetAtt Feed.Arn
            StartingPosition: TRIM_HORIZON
            BatchSize: 2
            DestinationConfig: {OnFailure: {Type: SQS, Destination: arn:aws:sqs:us-east-1:123456789012:dead}}
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
YAML
    echo 'from sums.writer import handler' > "$folder/src/adder/app.py"
    cat > "$folder/src/adder/sums/writer.py" << 'PYTHON'
import base64, json, os
import boto3
dynamodb = boto3.client("dynamodb")

def handler(event, context):
    for record in event["Records"]:
        trade = json.loads(base64.b64decode(record["kinesis"]["data"]))
        place = trade["Hierarchy"]
        key = [place["RiskType"], place["TradeDesk"], place["Region"]]
        writes = [{"Update": {"TableName": os.environ["SUMS"], "Key": {"Key": {"S": ":".join(key[:level])}},
                              "UpdateExpression": "ADD amount :v",
                              "ExpressionAttributeValues": {":v": {"N": str(trade["Value"])}}}} for level in (1, 2, 3)]
        mark = {"Put": {"TableName": os.environ["SEEN"], "Item": {"Key": {"S": trade["TradeID"]}},
                        "ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": "Key"}}}
        try:
            dynamodb.transact_write_items(TransactItems=[mark] + writes)
        except dynamodb.exceptions.TransactionCanceledException as error:
            if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
                raise
PYTHON
    sed -e 's/stream: In/stream: Feed/' -e 's/T1, version: 0/&, copies: 2/' "$scratch/inline.yaml" > "$scratch/other.yaml"
    run 2 verify "$folder" -s "$scratch/other.yaml" --no-db &&
        complains "Seen or Sums: which table holds the aggregates?" || return 1
    echo 'aggregates: {table: Sums, value: amount}' >> "$scratch/other.yaml"
    run 0 verify "$folder" -s "$scratch/other.yaml" --no-db -v --json "$scratch/other.json" &&
        says "template.yaml:3: note: Assets is skipped: nothing here depends on AWS::S3::Bucket" &&
        says "note: Nightly is skipped: nothing here depends on an event of type Schedule" &&
        says "note: nobody reads the stream Audit" && says "note: Seen has no stream, and nobody reads it" &&
        says "note: calls of Adder are not checked against its role: the template does not define made-elsewhere" &&
        is "$scratch/other.json" '[f for f in r["findings"] if f["severity"] == "error"]' '[]' || return 1
    sed -i 's/ADD amount/ADD amounts/' "$folder/src/adder/sums/writer.py"
    run 1 verify "$folder" -s "$scratch/other.yaml" --no-db && says "violated: exactly_once"
}

# Modules of a layer are there behind the package's own, and a change in them is noticed.
layers() {
    local folder=$scratch/other
    mkdir -p "$folder/common/python" "$folder/more/python"
    mv "$folder/src/adder/sums" "$folder/common/python/"
    touch "$folder/common/python/sums/__init__.py"
    sed -i 's/ADD amounts/ADD amount/' "$folder/common/python/sums/writer.py"
    mkdir "$folder/more/python/sums"
    echo 'raise ImportError("the layer named first is hidden by the second")' > "$folder/more/python/sums/__init__.py"
    sed -i '/^Resources:/i\
Globals: {Function: {Layers: [!Ref More]}}' "$folder/template.yaml"
    sed -i 's|^      Handler: app.handler|&\n      Layers: [!Ref Common, "arn:aws:lambda:us-east-1:017000801446:layer:Elsewhere:7"]|' "$folder/template.yaml"
    cat >> "$folder/template.yaml" << 'YAML'
  Common: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: common/}}
  More: {Type: AWS::Lambda::LayerVersion, Properties: {Content: {S3Bucket: b, S3Key: more.zip}}}
YAML
    run 0 verify "$folder" -s "$scratch/other.yaml" --no-db -v &&
        says "note: the layer arn:aws:lambda:us-east-1:017000801446:layer:Elsewhere:7 of Adder is not in the template" || return 1
    sed -i 's/ADD amount/ADD amounts/' "$folder/common/python/sums/writer.py"
    run 1 verify "$folder" -s "$scratch/other.yaml" --no-db --trace "$scratch/layers.json" && says "violated: exactly_once" || return 1
    # an exported test finds them, too
    run 0 report "$scratch/layers.json" --format pytest -o "$scratch/test_layers.py" &&
        ! /usr/bin/python3 -m pytest -q -p no:cacheprovider "$scratch/test_layers.py" > "$scratch/out" 2>&1 && says ", expected " || return 1
    mv "$folder/common" "$folder/uncommon"
    run 2 verify "$folder" -s "$scratch/other.yaml" --no-db &&
        complains "template.yaml:32: the layer Common of Adder is not there: no folder or archive common/ below $folder"
}

two_templates() {
    cp "$own/template.yaml" "$own/template.yml"
    run 2 verify "$own" "${small[@]}" && complains "a second template beside" &&
        run 0 verify "$own" -t "$own/template.yml" "${small[@]}"
    local status=$?
    rm "$own/template.yml"
    return $status
}

# A parameter's value decides on what is deployed, and is kept in the trace.
parameters() {
    sed -e 's/^Resources:/Parameters:\n  Retries: {Type: Number, MinValue: -1, MaxValue: 10000}\nResources:/' \
        -e '0,/EventSourceArn: !GetAtt StateTable/s//MaximumRetryAttempts: !Ref Retries\n      &/' \
        scenarios/workshop.yaml > "$scratch/parameters.yaml"
    local asked=(verify --handlers lab2 -t "$scratch/parameters.yaml" -s tests/cli/scenarios/small.yaml --no-db)
    run 2 "${asked[@]}" && complains "parameter 'Retries' has no Default: say its value with --parameter Retries=VALUE" &&
        run 2 "${asked[@]}" --parameter Retries=many && complains "parameter 'Retries' is 'many', expected a number" &&
        run 2 "${asked[@]}" --parameter retry=1 && complains "has no parameter of that name" &&
        run 2 "${asked[@]}" --parameter Retries && complains "expected NAME=VALUE" &&
        run 0 "${asked[@]}" --parameter Retries=-1 && says "parameters   Retries=-1" &&
        run 1 "${asked[@]}" --parameter Retries=0 --trace "$scratch/parameters.json" &&
        run 1 replay "$scratch/parameters.json" && says "violated" &&
        run 0 report "$scratch/parameters.json" --format mermaid
}

check "a parameter is given, checked and kept in the trace" parameters
check "functions are found where the template says" finds_code
check "an archive is unpacked once" unpacks_once
check "a bad archive is refused with a reason" bad_archives
check "code may be written into the template" code_in_the_template
check "a pipeline may have other names, and more than matters here" other_names
check "layers bring modules" layers
check "two templates are a mistake" two_templates

[ "$failures" -eq 0 ]
