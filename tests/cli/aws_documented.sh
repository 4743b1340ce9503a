#!/usr/bin/env bash
# What AWS's documentation says of requests: tests/cli/aws/documented.txt, rule by rule.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

documented=tests/cli/aws/documented.txt
grep '^> ' "$documented" | sed -E 's/^> ([^ ]+) (.*)$/{"target": "\1", "body": \2}/' > "$scratch/requests"
"$oncecheck" aws < "$scratch/requests" > "$scratch/answers" || failures=$((failures + 1))

rule="" answer="" ok=true
finish() {
    [ -n "$rule" ] || return 0
    if $ok; then echo "ok $rule"; else
        echo "not ok $rule"
        failures=$((failures + 1))
    fi
    ok=true
}
while IFS= read -r line; do
    case $line in
    "= "*)
        finish
        rule=${line#= }
        ;;
    "> "*) IFS= read -r answer <&3 || answer="no answer" ;;
    "<~ "*) [[ $answer == *"${line#<~ }"* ]] || { ok=false; echo "found: $answer"; } ;;
    "< "*) [ "$answer" = "${line#< }" ] || { ok=false; echo "found: $answer"; } ;;
    esac
done < "$documented" 3< "$scratch/answers"
finish

[ "$failures" -eq 0 ]
