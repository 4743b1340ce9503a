"""How states, events of functions and seconds grow with puts, shards and faults."""

import os

import measure
import programs

# (trade, version, shard): ten-puts.yaml, put by put.
PUTS = [
    ("T1", 0, 0), ("T1", 1, 1), ("T2", 0, 0), ("T2", 0, 0), ("T3", 0, 0),
    ("T3", 1, 1), ("T4", 0, 1), ("T4", 1, 0), ("T5", 0, 0), ("T5", 1, 1),
]
ANY = "any"

# States, and events of StateLambda, MapLambda and ReduceLambda, of a search written for this one
# pipeline (all reductions, rows placed by a hash, up to two crashes): what can be reached.
PROTOTYPE = {
    5: (1_381, 10 + 14 + 53),
    6: (4_183, 12 + 27 + 141),
    7: (15_171, 15 + 32 + 417),
    8: (48_445, 18 + 39 + 1_084),
    9: (150_293, 21 + 69 + 2_696),
    10: (393_730, 24 + 96 + 4_621),
}


def scenario(puts, template, shards=(2, 2, 2), batch=3, faults=ANY, place_rows=True):
    """A scenario's text: the first `puts` of PUTS; shards of the input, of StateTable's and of
    ReduceTable's stream. Rows go to shards by their keys, or (not place_rows) by chance: to any."""
    counts = {}
    for trade, version, shard in PUTS[:puts]:
        key = (trade, version, shard % shards[0])
        counts[key] = counts.get(key, 0) + 1
    trades = sorted({trade for trade, _, _ in counts})
    places = ", ".join(f"{trade}: {i % shards[1]}" for i, trade in enumerate(trades))
    lines = [
        f"scenario: growth-{puts}",
        f"template: {template}",
        "workload:",
        "  stream: IncomingDataStream",
        f"  shards: {shards[0]}",
        "  messages:",
    ]
    for (trade, version, shard), copies in counts.items():
        lines.append(
            f"    - {{trade: {trade}, version: {version}, shard: {shard}, copies: {copies}}}"
        )
    lines += [
        "  order: given",
        "  values: distinct",
        "tables:",
        f"  StateTable: {{stream_shards: {shards[1]}, place: {{{places}}}}}",
        f"  ReduceTable: {{stream_shards: {shards[2]}{', place: by_key' if place_rows else ''}}}",
        "mappings:",
    ]
    for function in ("StateLambda", "MapLambda", "ReduceLambda"):
        lines.append(f"  {function}: {{BatchSize: {batch}}}")
    lines.append(f"faults: {{limit: {faults}, crash: true}}")
    return "\n".join(lines) + "\n"


# name, what changes, its values, the scenario for one
SERIES = [
    (
        "puts", "puts, two shards everywhere",
        range(2, 11), lambda n: {"puts": n},
    ),
    (
        "puts-chance", "puts, rows on any of two shards",
        range(2, 11), lambda n: {"puts": n, "place_rows": False},
    ),
    (
        "puts-1", "puts, one ReduceTable shard",
        range(2, 11), lambda n: {"puts": n, "shards": (2, 2, 1)},
    ),
    (
        "shards", "shards everywhere, five puts",
        range(1, 5), lambda n: {"puts": 5, "shards": (n, n, n)},
    ),
    (
        "faults", "crashes, six puts",
        [0, 1, 2, 3, 4, ANY], lambda n: {"puts": 6, "faults": n},
    ),
]


def points(program, folder, limit_s, repetitions, wanted=None):
    """Yield a dictionary for each point; a series ends after the first inconclusive one."""
    template = os.path.join(programs.HERE, "../../scenarios/workshop.yaml")
    path = os.path.join(folder, "growth.yaml")
    for name, title, values, choose in SERIES:
        if wanted is not None and name not in wanted:
            continue
        for value in values:
            with open(path, "w", encoding="utf-8") as file:
                file.write(scenario(template=template, **choose(value)))
            arguments = ["--handlers", "lab2", "--no-db", "--scenario", path,
                         "--time-limit", f"{limit_s}s"]
            subject = programs.Oncecheck(program, arguments, limit_s=2 * limit_s + 30)
            subject.prepare(folder)
            runs = [subject.run() for _ in range(repetitions)]
            yield {
                "series": name,
                "title": title,
                "value": value,
                "prototype": PROTOTYPE.get(value) if name == "puts" else None,
                "verdict": runs[0]["verdict"],
                "states": runs[0]["states"],
                "transitions": runs[0]["transitions"],
                "events": runs[0]["events"],
                "seconds": measure.median([run["seconds"] for run in runs]),
                "peak_bytes": measure.median([run["peak_bytes"] for run in runs]),
            }
            if runs[0]["verdict"] == "inconclusive":
                break
