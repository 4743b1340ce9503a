"""The workshop's game in virtual time: how much faster than real time, and how much memory."""

import os

import measure

LIMIT_S = 600
SECONDS_A_MINUTE = 60
# name, arguments, minutes of the game (quick, full), how much faster than real time is wanted
GAMES = [
    ("C handlers", ["--handlers", "lab2"], (5, 10), 300),
    ("C handlers, an hour", ["--handlers", "lab2"], (None, 60), 300),
    ("Python", ["scenarios/solutions/lab2"], (None, 4), 10),
]


def ratio(minutes, seconds):
    """Simulated time by real time."""
    return minutes * SECONDS_A_MINUTE / seconds


def games(program, root, quick, repetitions):
    """Play each game; the figures of its median run."""
    for name, arguments, lengths, wanted in GAMES:
        minutes = lengths[0 if quick else 1]
        if minutes is None:
            continue
        code = [os.path.join(root, part) if os.sep in part else part for part in arguments]
        command = [program, "simulate", *code, "--quiet", "--progress", "never",
                   "--minutes", str(minutes)]
        runs = [measure.run(command, LIMIT_S) for _ in range(repetitions)]
        failed = next((run for run in runs if run.exit_code != 0), None)
        seconds = measure.median([run.seconds for run in runs])
        yield {
            "title": name,
            "minutes": minutes,
            "seconds": seconds,
            "processor_seconds": measure.median([run.processor_seconds for run in runs]),
            "peak_bytes": measure.median([run.peak_bytes for run in runs]),
            "times_real_time": ratio(minutes, seconds),
            "wanted": wanted,
            "met": failed is None and ratio(minutes, seconds) >= wanted,
            "problem": None if failed is None else (failed.stderr or failed.stdout).strip(),
        }
