# For tests of tools: source it, call expect, end with `[ "$failures" -eq 0 ]`.
# shellcheck shell=bash
failures=0

expect() { # NAME OUTPUT EXPECTED
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        echo "not ok $1: expected '$3', found '$2'"
        failures=$((failures + 1))
    fi
}

# Every test of the Criterion programs as suite/name.
criterion_tests() {
    find tests -name 'test_*.c' -exec grep -hoE '^Test\([a-z_0-9]+, [a-z_0-9]+' {} + |
        sed -E 's/^Test\(([a-z_0-9]+), /\1\//'
}
