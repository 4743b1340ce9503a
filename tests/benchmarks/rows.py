"""The rows of the benchmark: who runs what, and what is wanted of the medians."""

import os

from programs import HERE, Oncecheck, Rumur, Spin

# What the peers explore, see peers/semantics.md.
C2, C2_STATES = "2 2 0 2 2 2 2 1", 1_504_519
C3, C3_STATES = "4 1 1 2 2 2 2 1", 9_275_785
C4, C4_STATES = "2 2 1 2 2 2 2 2", 31_710_233

MIB = 1 << 20


class Settings:
    def __init__(self, program, quick):
        self.program = program
        self.quick = quick
        self.limit_s = 5 if quick else 120  # of oncecheck's search; then it is inconclusive
        self.peer_limit_s = 60 if quick else 900

    def oncecheck(self, scenario, *arguments, handlers="lab2", warm=False):
        # a run is recorded only where functions run: the peers record nothing either
        in_c = handlers in ("lab1", "lab2")
        code = ["--handlers", handlers, "--no-db"] if in_c else [handlers]
        path = os.path.join(HERE, "scenarios", scenario + ".yaml")
        return Oncecheck(
            self.program,
            [*code, "--scenario", path, "--time-limit", f"{self.limit_s}s", *arguments],
            limit_s=2 * self.limit_s + 30,
            warm=warm,
        )


class Target:
    """`figure` of participant `who` is at most, or at least, `factor` (times that of `other`)."""

    def __init__(self, text, figure, at_most=None, at_least=None, other=None, who="oncecheck"):
        self.text = text
        self.figure = figure
        self.factor = at_least if at_most is None else at_most
        self.is_ceiling = at_most is not None
        self.other = other
        self.who = who

    def judge(self, medians):
        """(the ratio or figure found, whether it is met); (None, None) where one is missing."""
        ours = medians.get(self.who, {}).get(self.figure)
        if self.other is None:
            found = ours
        else:
            theirs = [medians[name].get(self.figure) for name in medians if self.other in name]
            theirs = [figure for figure in theirs if figure]
            if ours is None or not theirs:
                return None, None
            # the best of them: the quickest, the one with the least memory, ...
            found = ours / (min(theirs) if self.is_ceiling else max(theirs))
        if found is None:
            return None, None
        return found, found <= self.factor if self.is_ceiling else found >= self.factor


class Row:
    """`participants` makes them from Settings: a dictionary by name. `verdict` is what oncecheck
    must say; the peers too, but where oncecheck stops at a number of states."""

    def __init__(self, name, title, participants, targets, quick, verdict="holds"):
        self.name = name
        self.title = title
        self.participants = participants
        self.targets = targets
        self.quick = quick
        self.verdict = verdict
        self.peers_verdict = "holds" if verdict == "inconclusive" else verdict


def named(*programs, **more):
    """Participants by their own names; of several oncechecks, by the given ones."""
    participants = {program.name: program for program in programs}
    participants.update({name.replace("_", " "): program for name, program in more.items()})
    return participants


def peers(settings, configuration, states, rumur=True):
    limit_s = settings.peer_limit_s
    programs = [Spin(configuration, states, "depth", limit_s)]
    if not settings.quick:
        programs.append(Spin(configuration, states, "two cores", limit_s))
    return programs + ([Rumur(configuration, 2, limit_s)] if rumur else [])


def plain(settings, states, *arguments):
    """All reductions off: as many of C3's states as the peers have in all. It ends inconclusive."""
    return settings.oncecheck("peers-c3", "--no-reduction", "--max-states", str(states), *arguments)


def plain_row(settings):
    configuration, states = (C2, C2_STATES) if settings.quick else (C3, C3_STATES)
    participants = named(
        plain(settings, states, "--workers", "1"),
        Spin(configuration, states, "depth", settings.peer_limit_s),
        oncecheck_2_workers=plain(settings, states, "--workers", "2"),
    )
    if not settings.quick:
        rumur = Rumur(configuration, 2, settings.peer_limit_s)
        participants[rumur.name] = rumur
    return participants


def fingerprint_row(settings):
    states = C2_STATES if settings.quick else C3_STATES
    return named(plain(settings, states, "--workers", "1", "--fingerprints"))


def python_row(settings, warm):
    solution = os.path.join(os.path.dirname(os.path.dirname(HERE)), "scenarios/solutions/lab2")
    return named(settings.oncecheck("lab2-two-shards", handlers=solution, warm=warm))


ROWS = [
    Row(
        "c2", "the peers' C2, proof",
        lambda s: named(s.oncecheck("peers-c2"), *peers(s, C2, C2_STATES)),
        [], quick=True,
    ),
    Row(
        "c3", "the peers' C3, proof",
        lambda s: named(s.oncecheck("peers-c3"), *([] if s.quick else peers(s, C3, C3_STATES))),
        [
            Target("at most 1/300 of SPIN's time", "seconds", at_most=1 / 300, other="spin"),
            Target("at most 1/20 of SPIN's memory", "peak_bytes", at_most=1 / 20, other="spin"),
        ],
        quick=True,
    ),
    Row(
        "c4", "the peers' C4, proof",
        lambda s: named(
            s.oncecheck("peers-c4"), *([] if s.quick else peers(s, C4, C4_STATES, rumur=False))
        ),
        [Target("at most 1/1,000 of SPIN's time", "seconds", at_most=1 / 1000, other="spin")],
        quick=True,
    ),
    Row(
        "c5", "3 2 1 2 2 2 3 2, which no peer can do, proof",
        lambda s: named(s.oncecheck("peers-c5")),
        [
            Target("at most 5 s", "seconds", at_most=5),
            Target("at most 500 MB", "peak_bytes", at_most=500e6),
        ],
        quick=True,
    ),
    Row(
        "plain", "reductions off, exact store with traces",
        plain_row,
        [
            Target("at least 2x SPIN's transitions/s", "transitions_per_second", at_least=2,
                   other="spin"),
            Target("on two cores 1.6 times that", "transitions_per_second", at_least=3.2,
                   other="spin", who="oncecheck 2 workers"),
            Target("at most 32 bytes a state", "bytes_per_state", at_most=32),
        ],
        quick=True, verdict="inconclusive",
    ),
    Row(
        "fingerprints", "the same with --fingerprints",
        fingerprint_row,
        [Target("at least 10 M transitions/s", "transitions_per_second", at_least=10e6)],
        quick=True, verdict="inconclusive",
    ),
    Row(
        "token-off", "a counterexample where the token is missing, C3's shape",
        lambda s: named(
            s.oncecheck("peers-c3", handlers="lab1"),
            Spin(C3, C2_STATES, "breadth", s.peer_limit_s, token=False),
            Rumur(C3, 1, s.peer_limit_s, token=False),
        ),
        [
            Target("as short as SPIN's", "steps", at_most=1, other="spin"),
            Target("at most 0.05 s", "seconds", at_most=0.05),
        ],
        quick=True, verdict="violated",
    ),
    Row(
        "ten-puts", "ten puts, any number of crashes, proof",
        lambda s: named(s.oncecheck("ten-puts")),
        [Target("at most 1 s", "seconds", at_most=1)],
        quick=True,
    ),
    Row(
        "python", "lab2 in Python, two ReduceTable shards, nothing stored",
        lambda s: python_row(s, warm=False),
        [Target("at most 20 s", "seconds", at_most=20)],
        quick=False,
    ),
    Row(
        "python-again", "the same once more, with what the first run stored",
        lambda s: python_row(s, warm=True),
        [Target("at most 2 s", "seconds", at_most=2)],
        quick=False,
    ),
]
