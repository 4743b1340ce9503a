#!/usr/bin/env bash
# `oncecheck simulate`: the workshop's game.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

game() { # EXPECTED-EXIT ARGUMENTS...: a short game of 20 puts a minute, result in $scratch/game.json
    local expected=$1
    shift
    run "$expected" simulate --rate 8% --json "$scratch/game.json" "$@"
}

same_again() { # ARGUMENTS...: the same bytes twice, text and JSON
    run 0 simulate --rate 4% --minutes 2 "$@" --json "$scratch/a.json" && cp "$scratch/out" "$scratch/a.out" &&
        run 0 simulate --rate 4% --minutes 2 "$@" --json "$scratch/b.json" &&
        cmp "$scratch/a.json" "$scratch/b.json" && cmp "$scratch/a.out" "$scratch/out"
}

other_seed() {
    run 0 simulate --handlers lab2 --rate 4% --minutes 1 --seed 7 --json "$scratch/b.json" &&
        ! cmp -s "$scratch/a.json" "$scratch/b.json"
}

check lab2_handlers_keep_scoring game 0 --handlers lab2 --minutes 5
check lab2_begins_at_300_points is "$scratch/game.json" "[m['lab'] for m in r['minutes']]" "[1, 1, 1, 2, 2]"
check scores_are_added_up is "$scratch/game.json" "[m['points'] for m in r['minutes']]" "[100, 200, 300, 400, 500]"
check messages_a_minute is "$scratch/game.json" "{m['messages'] for m in r['minutes']}" "{800}"
check five_copies_in_forty is "$scratch/game.json" "[m['duplicates'] for m in r['minutes']][2:4]" "[0, 100]"
check failures_are_retried is "$scratch/game.json" "sum(f['errors'] for m in r['minutes'] for f in m['functions'].values()) > 0" True
check copies_are_dropped is "$scratch/game.json" \
    "r['minutes'][3]['functions']['StateLambda']['rejected'] >= r['minutes'][3]['duplicates']" True
check every_change_is_counted is "$scratch/game.json" "r['minutes'][0]['counted']" 800
check latency_is_told is "$scratch/game.json" \
    "all(0 < m['latency_ms']['p50'] <= m['latency_ms']['p99'] <= m['latency_ms']['max'] for m in r['minutes'])" True
check assumptions_are_told is "$scratch/game.json" "len(r['assumptions'])" 6

check lab1_handlers_drop_to_zero game 1 --handlers lab1 --minutes 5
check lab1_scores_in_lab1 is "$scratch/game.json" "[m['score'] for m in r['minutes']]" "[100, 100, 100, 0, 0]"
check names_what_went_wrong is "$scratch/game.json" "r['wrong']['minute'], r['wrong']['lab'], r['wrong']['kind'] in ('twice', 'old_version')" "(4, 2, True)"
check says_what_went_wrong says "Minute 4 is the first that scores 0."

trace_of() { # KIND ARGUMENTS...: what went wrong, and a trace that replays
    local kind=$1
    shift
    rm -f "$scratch/trace.json"
    game 1 --minutes 4 --trace "$scratch/trace.json" "$@" && is "$scratch/game.json" "r['wrong']['kind']" "$kind" &&
        says "The trace is the shortest execution" && run 1 replay "$scratch/trace.json" && says "each as recorded"
}
check trace_of_an_old_version trace_of old_version --handlers lab1 --rate reduce=0
check trace_of_a_double_count trace_of twice --handlers lab1 --rate modifications=0 --rate reduce=50
check trace_of_a_python_solution trace_of twice scenarios/solutions/reduce-no-token --rate reduce=60 --python /usr/bin/python3

check same_seed_same_bytes same_again --handlers lab2 --seed 3
check other_seed_other_game other_seed
# What is under way is given back: 12,000 messages in an hour, and 28 MB, the program included, would not hold their values.
check memory_is_given_back run 0 simulate --handlers lab2 --rate 2% --minutes 60 --max-memory 28M -q
short_of_memory() { # each place that can lack it says so
    local size
    for size in 1M 1300K 2M 3M; do
        run 3 simulate --handlers lab2 --rate 4% --minutes 20 --max-memory "$size" -q && complains "out of memory" || return 1
    done
}
check without_memory_it_says_so short_of_memory

check board_while_it_plays run 0 simulate --handlers lab2 --rate 4% --minutes 1 --progress always
check board_by_hierarchy bash -c "[ \$(grep -cE '^ +(Delta|PV|FXSpot|FXOptions|AMER|APAC|EMEA) +-?[0-9.]+ +-?[0-9.]+' '$scratch/err') -ge 18 ]"
check no_board_in_files bash -c "! grep -q AMER '$scratch/out'"

check page run 0 simulate --handlers lab2 --rate 4% --minutes 2 --html "$scratch/page.html"
check page_needs_no_network bash -c "grep -q '<svg' '$scratch/page.html' && ! grep -qE 'https?://' '$scratch/page.html'"
check json_on_standard_output run 0 simulate --handlers lab2 --rate 4% --minutes 1 --json -
check json_alone is "$scratch/out" "r['format']" oncecheck-simulation/1

check rate_of_101_percent run 2 simulate --handlers lab2 --rate 101%
check rate_says_its_place complains "--rate: found '101%', expected a percentage"
check rate_of_copies run 2 simulate --handlers lab2 --rate duplicates=101
check rate_without_number run 2 simulate --handlers lab2 --rate state=
check unknown_rate run 2 simulate --handlers lab2 --rate copies=3
check negative_seed run 2 simulate --handlers lab2 --seed -1
check seed_says_its_place complains "--seed: found '-1'"
check no_minutes run 2 simulate --handlers lab2 --minutes 0
check nothing_to_simulate run 2 simulate
check no_such_solution run 2 simulate "$scratch/nothing"

cat > "$scratch/other.yaml" <<'YAML'
Resources:
  IncomingDataStream: {Type: "AWS::Kinesis::Stream", Properties: {ShardCount: 1}}
  Handler: {Type: "AWS::Lambda::Function", Properties: {FunctionName: StateLambda, Handler: lambda_function.lambda_handler, Runtime: python3.11}}
  Mapping: {Type: "AWS::Lambda::EventSourceMapping", Properties: {FunctionName: !Ref Handler, EventSourceArn: !GetAtt IncomingDataStream.Arn, StartingPosition: LATEST}}
YAML
check another_pipeline run 2 simulate --handlers lab2 -t "$scratch/other.yaml"
check another_pipeline_says_what_is_missing complains "needs a table StateTable"

check python_solution game 0 scenarios/solutions/lab2 --minutes 1 --python /usr/bin/python3
cp "$scratch/game.json" "$scratch/python.json"
check reference_solution game 0 --handlers lab2 --minutes 1
check python_does_what_the_reference_does is "$scratch/python.json" "r['minutes']" "$(field "$scratch/game.json" "r['minutes']")"

[ "$failures" -eq 0 ]
