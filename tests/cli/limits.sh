#!/usr/bin/env bash
# What is one over a limit of docs/limits.md is refused, with the limit; what is at it is not.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

# Makes $scratch/NAME.at and $scratch/NAME.over, inputs at a limit and one over it.
/usr/bin/python3 - "$scratch" "$PWD/scenarios/workshop.yaml" << 'END'
import json, os, sys
folder, workshop = sys.argv[1:]
template = open(workshop).read()

def write(name, at, over):
    for which, text in (("at", at), ("over", over)):
        open(f"{folder}/{name}.{which}", "w").write(text)

def scenario(messages="[{trade: T1, version: 0}]", rest="", workload="", values="distinct"):
    return (f"scenario: one\ntemplate: {workshop}\nworkload:\n  messages: {messages}\n  values: {values}\n{workload}{rest}")

def padded(text, size):
    return text + "#" + "x" * (size - len(text.encode()) - 2) + "\n"

def message(**fields):
    return "[{" + ", ".join(f"{key}: {value}" for key, value in ({"trade": "T1", "version": 0} | fields).items()) + "}]"

write("scenario_size", padded(scenario(), 1 << 20), padded(scenario(), (1 << 20) + 1))
write("copies", scenario(message(copies=255)), scenario(message(copies=256)))
write("version", scenario(message(version=1000000000)), scenario(message(version=1000000001)))
write("trade_name", scenario(message(trade="T" * 64)), scenario(message(trade="T" * 65)))
write("template_size", padded(template, 1 << 20), padded(template, (1 << 20) + 1))

def resources(kind, count):
    text = template.rstrip("\n") + "\n"
    assert "\nResources:" in text
    added = "".join(f"  More{i}:\n" + kind(i) for i in range(count))
    return text.replace("\nResources:\n", "\nResources:\n" + added, 1)

stream = lambda i: f"    Type: AWS::Kinesis::Stream\n    Properties: {{Name: more{i}, ShardCount: 1}}\n"
table = lambda i: ("    Type: AWS::DynamoDB::Table\n    Properties: {TableName: more%d, BillingMode: PAY_PER_REQUEST,\n"
                   "      AttributeDefinitions: [{AttributeName: k, AttributeType: S}], KeySchema: [{AttributeName: k, KeyType: HASH}]}\n" % i)
function = lambda i: ("    Type: AWS::Lambda::Function\n    Properties: {FunctionName: more%d, Handler: a.b, Runtime: python3.11,\n"
                      "      Role: 'arn:aws:iam::123456789012:role/r', Code: {ZipFile: a}}\n" % i)
def count(kind): return template.count(f"Type: AWS::{kind}")
for name, kind, make, most in (("streams", "Kinesis::Stream", stream, 16), ("tables", "DynamoDB::Table", table, 32),
                               ("functions", "Lambda::Function", function, 32)):
    there = count(kind)
    write(name, resources(make, most - there), resources(make, most + 1 - there))
END

at_limit() { # NAME MESSAGE OPTION...: FILE stands for the input
    local name=$1 message=$2 which
    shift 2
    for which in at over; do
        local status=0
        "$oncecheck" verify --handlers lab2 --no-db -q --max-states 1 --fault crash=0 "${@/FILE/$scratch/$name.$which}" \
            > "$scratch/out" 2> "$scratch/err" || status=$?
        if [ "$which" = at ]; then
            [[ "$status" = [013] ]] || { echo "at the limit: exit $status"; return 1; }
        else
            [ "$status" = 2 ] || { echo "one over: exit $status"; return 1; }
            complains "$message" || return 1
        fi
    done
}
check scenario_size at_limit scenario_size "1048576" -s FILE
check copies at_limit copies "255" -s FILE
check version at_limit version "1000000000" -s FILE
check trade_name at_limit trade_name "64" -s FILE
check template_size at_limit template_size "1048576" -t FILE
check streams at_limit streams "16" -t FILE
check tables at_limit tables "32" -t FILE
check functions at_limit functions "32" -t FILE

times() { # N OPTION VALUE: the option that many times
    local i
    for ((i = 0; i < $1; i++)); do printf '%s\n' "$2" "$3"; done
}
options() { # N MESSAGE OPTION VALUE
    local arguments
    mapfile -t arguments < <(times "$1" "$3" "$4")
    run 0 verify --handlers lab2 --no-db -s audit -q "${arguments[@]}" || return 1
    run 2 verify --handlers lab2 --no-db -s audit -q "${arguments[@]}" "$3" "$4" && complains "$2"
}
check settings options 64 "--set: more than 64 times" --set BatchSize=1
check fault_options options 64 "--fault: more than 64 times" --fault crash
mapfile -t many < <(times 65 --function Map=x)
check functions_elsewhere run 2 verify "${many[@]}"
check functions_elsewhere_say complains "--function: more than 64 times"
mapfile -t many < <(times 201 --parameter A=b)
check parameters run 2 verify --handlers lab2 "${many[@]}"
check parameters_say complains "--parameter: more than 200 times"
check workers run 2 verify --handlers lab2 --workers 257
check workers_say complains "from 1 to 256"
check minutes run 2 simulate --handlers lab2 --minutes 10001
check minutes_say complains "from 1 to 10000"
check batch_size run 2 verify --handlers lab2 --no-db --set StateLambda.BatchSize=10001
check batch_size_says complains "10000"

truncate -s $(((256 << 20) + 1)) "$scratch/trace.json"
check trace_size run 2 replay "$scratch/trace.json"
check trace_size_says complains "$((256 << 20))"

deep=$scratch/deep
cp -r scenarios/solutions/lab2 "$deep"
below=$deep/StateLambda
[ -d "$below" ] || below=$deep/StateLambdaPackage
below=$below/$(printf 'd/%.0s' {1..33})
mkdir -p "$below" && echo > "$below/x.py"
check package_depth run 2 verify "$deep" --no-db --no-cache
check package_depth_says complains "32"
rm -rf "$deep"

# A request to the services alone; AT and OVER stand for what is at the limit and one over it.
request() { # MESSAGE KEYS ITEM AT OVER: put into a table of these keys
    local create put
    create='{"target":"DynamoDB_20120810.CreateTable","body":{"TableName":"Table","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"k","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"},{"AttributeName":"s","AttributeType":"S"}]}}'
    for put in "$3" "$4"; do
        printf '%s\n' "$create" '{"target":"DynamoDB_20120810.PutItem","body":{"TableName":"Table","Item":{"k":{"S":"a"},'"${2/HERE/$put}"'}}}' |
            "$oncecheck" aws > "$scratch/out" 2> "$scratch/err" || return 1
        if [ "$put" = "$3" ]; then
            ! grep -q ValidationException "$scratch/out" || { cat "$scratch/out"; return 1; }
        else
            says "$1" || return 1
        fi
    done
}
letters() { printf 'x%.0s' $(seq "$1"); }
nested() { printf '{"L":[%.0s' $(seq "$1"); printf '{"S":"x"}'; printf ']}%.0s' $(seq "$1"); }
check sort_key request "size limit of 1024 bytes" '"s":{"S":"HERE"}' "$(letters 1024)" "$(letters 1025)"
check attribute_depth request "Nesting Levels have exceeded supported limits" '"s":{"S":"b"},"l":HERE' "$(nested 32)" "$(nested 33)"

[ "$failures" -eq 0 ]
