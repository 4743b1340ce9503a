#!/usr/bin/env python3
"""oncecheck beside SPIN and Rumur, how it grows, and where its time goes.

    bench.py [quick|full] [--only NAME]... [--repetitions N] [--program FILE] [--json FILE]

quick takes under two minutes, full (the default) half an hour. NAME is a row, `growth`,
`profile` or `simulation`.
Participants of a row take turns, so that a busy machine disturbs them alike; medians are compared.
What the figures are, and the JSON, is in docs/benchmarks.md.
"""

import argparse
import json
import os
import sys
import tempfile

import growth
import measure
import profiling
import sampling
import simulation
from programs import HERE, NotSupported
from rows import MIB, ROWS, Settings

ROOT = os.path.dirname(os.path.dirname(HERE))
FORMAT = "oncecheck-bench/1"
FUNCTIONS_SHOWN = 12
FILES_SHOWN = 10
LOAD_MAX = 0.3  # a core; with more, seconds say little


def summary(runs):
    """The median of every figure, and rates that follow from them."""
    medians = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        medians[name] = values[0] if name == "verdict" else measure.median(values)
    seconds = medians["seconds"]
    for name in ("states", "transitions"):
        medians[f"{name}_per_second"] = medians[name] / seconds if medians[name] else None
    return medians


def take_turns(participants, row, repetitions, folder):
    """Each participant's runs, and by name what is wrong with one: it does not run, or what it says
    is not what the row is about, in which case one run is enough and wins nothing."""
    runs = {name: [] for name in participants}
    problems = {}
    for name, program in participants.items():
        own = os.path.join(folder, name.replace(" ", "-").replace(",", ""))
        os.makedirs(own)
        try:
            program.prepare(own)
        except (NotSupported, measure.ProgramFailed) as error:
            problems[name] = str(error)
    for _ in range(repetitions):
        for name, program in participants.items():
            if name in problems:
                continue
            try:
                run = program.run()
            except (NotSupported, measure.ProgramFailed) as error:
                problems[name] = str(error)
                continue
            runs[name].append(run)
            expected = row.verdict if name.startswith("oncecheck") else row.peers_verdict
            if run["verdict"] != expected:
                problems[name] = f"{run['verdict']}, expected {expected}"
    return runs, problems


def measure_row(row, settings, repetitions, folder):
    """The row's part of the JSON."""
    participants = row.participants(settings)
    runs, problems = take_turns(participants, row, repetitions, folder)
    medians = {name: summary(of) for name, of in runs.items() if of}
    judged = {name: of for name, of in medians.items() if name not in problems}
    targets = []
    for target in row.targets:
        found, met = target.judge(judged)
        targets.append({"text": target.text, "figure": target.figure, "other": target.other,
                        "wanted": target.factor, "found": found, "met": met})
    return {
        "name": row.name,
        "title": row.title,
        "participants": {
            name: {
                "command": getattr(program, "arguments", None),
                "build_seconds": program.build_seconds,
                "runs": runs[name],
                "median": medians.get(name),
                "problem": problems.get(name),
            }
            for name, program in participants.items()
        },
        "targets": targets,
    }


def with_unit(figure, unit, digits=0):
    return "" if figure is None else f"{figure:,.{digits}f} {unit}"


def print_participant(name, participant):
    figures = participant["median"]
    if figures is None:
        print(f"  {name:<20} {participant['problem']}")
        return
    seconds = [run["seconds"] for run in participant["runs"]]
    cells = [
        f"{figures['seconds']:9.3f} s",
        f"({min(seconds):.3f}-{max(seconds):.3f})".ljust(17),
        f"{figures['processor_seconds']:8.2f} s of processors",
        f"{figures['peak_bytes'] / MIB:8.1f} MiB",
        f"{figures['states'] or 0:12,.0f} states",
        f"{figures['transitions'] or 0:12,.0f} transitions",
        with_unit((figures["transitions_per_second"] or 0) / 1e6, "M/s", 3),
        f"{figures['bytes_per_state'] or 0:6.1f} B/state",
        with_unit(figures["events"], "events"),
        with_unit(figures["steps"], "steps"),
        participant["problem"] or "",
    ]
    print(f"  {name:<20} " + " ".join(cell for cell in cells if cell))


def found_text(target):
    """What was found; small ratios as fractions: 1/300."""
    found = target["found"]
    if found is None:
        return "not known"
    if target["other"] is not None:
        return f"1/{1 / found:,.0f}" if 0 < found < 0.5 else f"{found:,.2f} times"
    if target["figure"] == "peak_bytes":
        return f"{found / 1e6:,.1f} MB"
    return f"{found:,.3f} s" if target["figure"] == "seconds" else f"{found:,.1f}"


def print_row(row):
    print(f"\n{row['name']}: {row['title']}")
    for name, participant in row["participants"].items():
        print_participant(name, participant)
    verdicts = {None: "-", True: "met", False: "missed"}
    for target in row["targets"]:
        print(f"  target: {target['text']}: {found_text(target)}, {verdicts[target['met']]}")


def print_point(point, previous):
    if previous is None or previous["series"] != point["series"]:
        print(f"\ngrowth over {point['title']}")
        previous = None
    factors = ""
    prototype = ""
    if point["prototype"] is not None:
        prototype = "  prototype: {:,} states, {:,} events".format(*point["prototype"])
    if previous is not None:
        factors = "  ".join(
            f"{name} x{point[name] / previous[name]:.2f}"
            for name in ("states", "events", "seconds")
        )
    ended = "" if point["verdict"] != "inconclusive" else " (time limit)"
    print(
        f"  {point['value']:>4} {point['states']:12,} states {point['events']:8,} events "
        f"{point['seconds']:9.3f} s {point['peak_bytes'] / MIB:8.1f} MiB  "
        f"{factors}{prototype}{ended}",
        flush=True,
    )


def measure_growth(settings, repetitions, folder):
    points = []
    limit_s = 3 if settings.quick else 60
    for point in growth.points(settings.program, folder, limit_s, repetitions):
        print_point(point, points[-1] if points else None)
        points.append(point)
    return points


def measure_profiles(settings, folder):
    """Two very different uses: a proof with all reductions, and many plain states."""
    profiles = []
    for title, scenario, more in (
        ("a proof", "ten-puts", ["--max-states", "400000"]),
        ("reductions off", "peers-c3", ["--no-reduction", "--max-states", "1500000"]),
    ):
        path = os.path.join(HERE, "scenarios", scenario + ".yaml")
        arguments = ["--handlers", "lab2", "--no-db", "--scenario", path, *more]
        print(f"\ntime of {title}: {' '.join([scenario, *more])}")
        try:
            found = profiling.profile(settings.program, arguments, folder)
        except profiling.NoProfile as error:
            print(f"  not known: {error}")
            continue
        for entry in found["files"][:FILES_SHOWN]:
            print(f"  {entry['share']:6.1%}  {entry['file']}")
        print("  of which")
        for entry in found["functions"][:FUNCTIONS_SHOWN]:
            print(f"  {entry['share']:6.1%}  {entry['function']} ({entry['file']})")
        profiles.append({"title": title, "command": arguments, **found})
    return profiles


def measure_games(settings, repetitions):
    print("\nthe workshop's game in virtual time")
    found = []
    for game in simulation.games(settings.program, ROOT, settings.quick, repetitions):
        found.append(game)
        print(f"  {game['title']:<20} {game['minutes']:3} minutes {game['seconds']:9.2f} s  "
              f"{game['peak_bytes'] / MIB:8.1f} MiB  {game['times_real_time']:8.1f} times real time")
        print(f"  target: at least {game['wanted']} times: {'met' if game['met'] else 'missed'}"
              f"{'; ' + game['problem'] if game['problem'] else ''}", flush=True)
    return found


def measure_scores(settings):
    print("\nwho scores: Lab 1's handlers in Lab 1 alone, Lab 2's in every minute")
    found = []
    for board in simulation.scoreboards(settings.program, settings.quick):
        found.append(board)
        print(f"  {board['handlers']}  {board['as_expected']} of {board['seeds']} seeds: "
              f"{'met' if board['met'] else 'missed'}", end="")
        print(f"; {board['lucky']} lucky in minute 4" if board["lucky"] else "", flush=True)
    return found


def measure_samples(settings):
    print("\nruns of a random search until it finds what is wrong: median over the seeds, and most")
    found = []
    program = os.path.join(os.path.dirname(settings.program), "bench", "sampling")
    if not os.access(program, os.X_OK):
        print(f"  {program} is not there: make bench builds it")
        return found
    for sample in sampling.samples(program, ROOT, settings.quick):
        found.append(sample)
        print(f"  {sample['title']:<48}", end="")
        if sample["problem"]:
            print(f"  {sample['problem']}")
            continue
        for name, judged in sample["strategies"].items():
            median = "-" if judged["median"] is None else f"{judged['median']:.1f}"
            print(f"  {name} {median:>6} {judged['most'] or '-':>5} ({judged['found']} of "
                  f"{judged['of']})", end="")
        met = all(judged["met"] for judged in sample["strategies"].values())
        print(f"  {'met' if met else 'missed'}", flush=True)
    return found


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", nargs="?", choices=("quick", "full"), default="full")
    parser.add_argument("--only", action="append", metavar="NAME",
                        choices=[row.name for row in ROWS] + ["growth", "profile", "simulation", "sampling"],
                        help="a row, growth, profile, simulation or sampling; may be repeated")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    parser.add_argument("--program", default=os.path.join(ROOT, "build/oncecheck"), metavar="FILE")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    if arguments.repetitions < 1:
        parser.error(f"--repetitions: found {arguments.repetitions}, expected 1 or more")
    if not os.access(arguments.program, os.X_OK):
        parser.error(f"{arguments.program} is no program: run make, or name one with --program")
    return arguments


def main():
    arguments = read_arguments()
    settings = Settings(os.path.abspath(arguments.program), arguments.size == "quick")
    result = {
        "format": FORMAT,
        "size": arguments.size,
        "repetitions": arguments.repetitions,
        "machine": measure.machine(),
        "versions": measure.versions(settings.program),
        "rows": [],
        "growth": [],
        "profiles": [],
        "simulation": [],
        "scores": [],
        "sampling": [],
    }
    print(f"{result['machine']['processor']}, {result['machine']['cores']} cores; "
          f"medians of {arguments.repetitions}")
    if result["machine"]["load"] > LOAD_MAX * result["machine"]["cores"]:
        print(f"the machine is busy (load {result['machine']['load']:.1f}): compare processor time")

    def asked(name):
        return arguments.only is None or name in arguments.only

    with tempfile.TemporaryDirectory() as folder:
        for row in ROWS:
            if asked(row.name) and (row.quick or not settings.quick or arguments.only):
                own = os.path.join(folder, row.name)
                os.makedirs(own)
                result["rows"].append(measure_row(row, settings, arguments.repetitions, own))
                print_row(result["rows"][-1])
                sys.stdout.flush()
        if asked("growth"):
            repetitions = 1 if settings.quick else arguments.repetitions
            result["growth"] = measure_growth(settings, repetitions, folder)
        if asked("profile"):
            result["profiles"] = measure_profiles(settings, folder)
        if asked("simulation"):
            result["simulation"] = measure_games(settings, arguments.repetitions)
            result["scores"] = measure_scores(settings)
        if asked("sampling"):
            result["sampling"] = measure_samples(settings)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
