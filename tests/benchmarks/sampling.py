"""Random search: how many runs it takes to find what is wrong with the shipped solutions."""

import json
import os

import measure

LIMIT_S = 1800
RUNS = 10000
STRATEGIES = ("walk", "pct", "swarm")
# solution, faults besides those of the scenario lab2; those without have their violation there
SOLUTIONS = [
    ("lab1",),
    ("map-global-never-emptied",),
    ("map-old-image-ignored",),
    ("map-random-message-id",),
    ("reduce-marker-before",),
    ("reduce-marker-per-batch", "rebatch"),
    ("reduce-no-token",),
    ("reduce-random-token",),
    ("reduce-seen-in-global",),
    ("reduce-token-64-characters",),
    ("reduce-update-per-key",),
    ("state-errors-swallowed", "throttle@StateLambda=1"),
    ("state-failed-condition-raised",),
    ("state-insert-only",),
    ("state-newer-version-only",),
    ("state-no-condition",),
    ("state-read-then-write",),
    ("state-returns-500", "throttle@StateLambda=1"),
    ("lab2", "timeout"),
    ("lab2", "delay"),
]
QUICK = ("lab1", "reduce-no-token")


def judge(numbers):
    """What the runs' numbers of one strategy come to; 0 stands for a search that found nothing."""
    found = [number for number in numbers if number > 0]
    missed = len(numbers) - len(found)
    return {
        "found": len(found),
        "of": len(numbers),
        "median": measure.median(numbers) if missed == 0 else None,
        "most": max(found, default=None),
        "met": missed == 0,
    }


def samples(program, root, quick):
    """For each solution what each strategy takes; yields one at a time."""
    for solution, *faults in SOLUTIONS:
        if quick and solution not in QUICK:
            continue
        folder = os.path.join("scenarios/solutions", solution)
        command = [program, "lab2", folder, "3" if quick else "20", str(RUNS), *faults]
        run = measure.run(command, LIMIT_S, folder=root)
        found = {"title": " ".join([solution, *faults]), "seconds": run.seconds, "problem": None}
        if run.exit_code != 0:
            found["problem"] = run.stderr.strip()
        else:
            numbers = json.loads(run.stdout)
            found["runs"] = numbers
            found["strategies"] = {name: judge(numbers[name]) for name in STRATEGIES}
        yield found
