#!/usr/bin/env bash
# tests/benchmarks: what is computed from figures, and one row measured with oncecheck alone. SPIN and
# Rumur are asked where they are installed: `make test` does not install them.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Reading the programs' output, judging targets, parsing a profile.
if (cd tests/benchmarks && /usr/bin/python3 -B test_benchmarks.py) >"$scratch/out" 2>&1; then
    sed -n 's/^test_\([a-z_]*\) .*\.\.\. ok$/ok \1/p' "$scratch/out"
else
    cat "$scratch/out"
    echo "not ok test_benchmarks.py"
fi

# The whole program, on one row and without peers.
if ! /usr/bin/python3 tests/benchmarks/bench.py quick --only c4 --repetitions 2 \
    --json "$scratch/result.json" >"$scratch/out" 2>&1; then
    cat "$scratch/out"
    echo "not ok measures_a_row"
    exit
fi
/usr/bin/python3 - "$scratch/result.json" <<'END' || { cat "$scratch/out"; echo "not ok measures_a_row"; exit; }
import json, sys
result = json.load(open(sys.argv[1]))
assert result["format"] == "oncecheck-bench/1", result["format"]
(row,) = result["rows"]
ours = row["participants"]["oncecheck"]
assert ours["problem"] is None, ours["problem"]
assert len(ours["runs"]) == 2, ours["runs"]
first, second = ours["runs"]
assert first["verdict"] == "holds" and first["states"] == second["states"] > 1000, ours
assert 0 < ours["median"]["seconds"] < 60 and ours["median"]["peak_bytes"] > 1 << 20, ours
END
echo "ok measures_a_row"
