#!/usr/bin/env bash
# verify --determinism: what a function does otherwise by chance, time or container, and in which line.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
function=$scratch/solution/StateLambda/lambda_function.py
mkdir -p "$scratch/solution/StateLambda"

# A comment names what has to differ there (call), or the kind of what the line asks for (source).
cat > "$function" << 'END'
import datetime, hashlib, os, random, time, uuid
import boto3

client = boto3.client("dynamodb")
invocations = 0
START = os.environ["AWS_REGION"]


def item(value):
    return {"TableName": "AggregateTable", "Item": {"Identifier": {"S": "x"}, "Note": {"S": str(value)}}}


def remember(value, seen=[]):
    seen.append(value)  # source: global
    return len(seen)


def lambda_handler(event, context):
    global invocations
    invocations += 1  # source: global
    fixed = hashlib.md5(START.encode()).hexdigest() + str(sorted({"b", "a"})) + str(uuid.uuid3(uuid.NAMESPACE_DNS, "x"))
    client.put_item(**item(fixed))
    chance = uuid.uuid4()  # source: uuid
    client.put_item(**item(chance))  # call: seed
    chance = random.choice(range(10**9))  # source: random
    client.put_item(**item(chance))  # call: seed
    chance = context.aws_request_id  # source: request_id
    client.put_item(**item(chance))  # call: seed
    chance = os.urandom(8)  # source: random
    names = {"alpha", "beta", "gamma", "delta", "epsilon"}
    names = ",".join(names)  # source: set_order
    client.put_item(**item(names))  # call: hash_seed
    number = hash("a text")  # source: hash
    client.put_item(**item(number))  # call: hash_seed
    now = time.time()  # source: time
    client.put_item(**item(now))  # call: clock
    now = datetime.datetime.now()  # source: time
    client.put_item(**item(now))  # call: clock
    client.put_item(**item(invocations))  # call: container
    client.put_item(**item(remember("x")))  # call: container
    with open("/tmp/log", "a+") as log:  # source: tmp
        log.write("x")
        log.seek(0)
        size = len(log.read())
    client.put_item(**item(size))  # call: container
END

wanted() { # call|source: [line, kind] of each comment
    grep -nE "# $1: [a-z_]+\$" "$function" | sed -E 's/^([0-9]+):.*: ([a-z_]+)$/(\1, '"'\2'"')/' | paste -sd, | sed 's/,(/, (/g; s/.*/[&]/'
}

report() {
    run 1 verify "$scratch/solution" -s tests/cli/scenarios/single.yaml --faults 0 --no-db --no-cache --determinism \
        --json "$scratch/r.json" && says_like "^  StateLambda, 1 event, [0-9]+ steps: differs$" &&
        says_like "^    Item.Note.S of PutItem differs at another time  \(lambda_function.py:[0-9]+\)$"
}
check "a function of every kind" report
check "each call that differs, by what, in its line" is "$scratch/r.json" \
    "sorted((d['line'], d['changed']) for d in r['determinism'][0]['differences'])" "$(wanted call)"
check "each line that asks for it" is "$scratch/r.json" \
    "sorted((s['line'], s['kind']) for s in r['determinism'][0]['sources'])" "$(wanted source)"

[ "$failures" -eq 0 ]
