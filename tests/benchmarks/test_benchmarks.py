"""Tests of what the benchmark computes. Run by tests/tools/benchmarks.sh."""

import os
import shutil
import sys
import tempfile
import unittest

import growth
import measure
import profiling
import rows
import sampling
import simulation
from programs import Rumur, Spin, definitions

SPIN_HOLDS = """
State-vector 108 byte, depth reached 50, errors: 0
  9275785 states, stored
 52605029 transitions (= stored+matched)
pan: elapsed time 28.6 seconds
"""
SPIN_VIOLATED = """
pan:1: assertion violated ((once&y)==0) (at depth 10)
State-vector 116 byte, depth reached 10, errors: 1
    30575 states, stored
    99760 transitions (= stored+matched)
"""
RUMUR_HOLDS = "Status:\n\n\tNo error found.\n\n\t1711 states, 4820 rules fired in 0s.\n"
RUMUR_VIOLATED = """
	 thread 0: 10000 states explored in 0s, with 13426 rules fired and 2682 states in the queue.
Startstate "nothing has happened" fired.
Rule "put", m: 3 fired.
Rule "ReduceLambda adds", r: 1 fired.
Status:

	1 error(s) found.

	19361 states, 59877 rules fired in 1s.
"""
PERF = """
    55d0c4a1bbf0 locate (/x/build/oncecheck)
    55d0c4a1bc10 locate+0x20 (/x/build/oncecheck)
    55d0c4a25410 locate.isra.0+0x20 (/x/build/oncecheck)
    7f00c4a25410 __memcmp_avx2+0x1 (/usr/lib/libc.so.6)
    7f00c4a25410 [unknown] ([unknown])
"""


def said(text):
    return measure.Measured(2.0, 1.5, 1000, 0, text, "")


class Sampling(unittest.TestCase):
    def test_median_and_most_of_runs(self):
        judged = sampling.judge([4, 1, 9])
        self.assertEqual((judged["median"], judged["most"], judged["met"]), (4, 9, True))

    def test_a_search_that_finds_nothing_meets_no_target(self):
        judged = sampling.judge([4, 0, 9])
        self.assertEqual((judged["median"], judged["found"], judged["met"]), (None, 2, False))


class Simulation(unittest.TestCase):
    def test_ratio_of_simulated_to_real_time(self):
        self.assertEqual(simulation.ratio(10, 2.0), 300)

    def test_a_game_that_loses_meets_no_target(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "program")
            with open(program, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\necho lost; exit 1\n")
            os.chmod(program, 0o755)
            games = list(simulation.games(program, folder, True, 1))
        self.assertEqual([(game["met"], game["problem"]) for game in games], [(False, "lost")])


    def test_lab_1_scores_in_lab_1_alone(self):
        self.assertTrue(simulation.scores_as_expected("lab1", [100, 100, 100, 0, 0, 0]))
        self.assertTrue(simulation.scores_as_expected("lab1", [100, 100, 100, 100, 0, 0]))
        self.assertFalse(simulation.scores_as_expected("lab1", [100, 100, 100, 0, 100, 0]))
        self.assertFalse(simulation.scores_as_expected("lab1", [100, 100, 0, 0, 0, 0]))

    def test_lab_2_scores_always(self):
        self.assertTrue(simulation.scores_as_expected("lab2", [100] * 6))
        self.assertFalse(simulation.scores_as_expected("lab2", [100, 100, 100, 100, 0, 100]))


class Reading(unittest.TestCase):
    def test_spin_counts_no_transition_to_the_initial_state(self):
        found = Spin.read(said(SPIN_HOLDS))
        self.assertEqual((found["states"], found["transitions"]), (9275785, 52605028))
        self.assertEqual((found["verdict"], found["steps"]), ("holds", None))

    def test_spin_steps_of_a_violation(self):
        found = Spin.read(said(SPIN_VIOLATED))
        self.assertEqual((found["verdict"], found["steps"]), ("violated", 11))

    def test_spin_rounds_large_numbers(self):
        found = Spin.read(said(SPIN_HOLDS.replace("52605029", "2.0767951e+08")))
        self.assertEqual(found["transitions"], 207679510)

    def test_spin_without_a_result_is_a_failure(self):
        for text in ("", "pan: out of memory\n" + SPIN_HOLDS):
            with self.assertRaises(measure.ProgramFailed):
                Spin.read(said(text))

    def test_rumur(self):
        found = Rumur.read(said(RUMUR_HOLDS))
        self.assertEqual((found["states"], found["transitions"]), (1711, 4820))
        self.assertEqual((found["verdict"], found["steps"]), ("holds", None))
        found = Rumur.read(said(RUMUR_VIOLATED))
        self.assertEqual((found["verdict"], found["steps"]), ("violated", 2))
        self.assertEqual((found["states"], found["transitions"]), (19361, 59877))

    def test_definitions_want_eight_numbers(self):
        self.assertIn("-DF=1", definitions("4 1 1 2 2 2 2 1", True))
        with self.assertRaises(ValueError):
            definitions("4 1 1 2 2 2 2", True)

    def test_perf_shares_by_file(self):
        functions, files = profiling.parse(
            PERF, {("locate", 0xBF0): "checker/visited_set.c", ("locate", 0x3F0): "model/memo.c"})
        self.assertEqual([entry["share"] for entry in functions], [0.4, 0.2, 0.2, 0.2])
        self.assertEqual(functions[0]["file"], "checker/visited_set.c")
        self.assertEqual([entry["file"] for entry in files],
                         ["checker/visited_set.c", "[unknown]", "libc.so.6", "model/memo.c"])


class Targets(unittest.TestCase):
    medians = {
        "oncecheck": {"seconds": 0.05, "transitions_per_second": 6e6},
        "spin, depth": {"seconds": 18.0, "transitions_per_second": 2e6},
        "spin, two cores": {"seconds": 10.0, "transitions_per_second": 2.5e6},
    }

    def judge(self, **wanted):
        return rows.Target("", **wanted).judge(self.medians)

    def test_a_ceiling_is_measured_against_the_best_peer(self):
        missed = self.judge(figure="seconds", at_most=1 / 300, other="spin")
        met = self.judge(figure="seconds", at_most=1 / 200, other="spin")
        self.assertEqual((missed, met), ((0.005, False), (0.005, True)))

    def test_a_floor_too(self):
        found, met = self.judge(figure="transitions_per_second", at_least=2, other="spin")
        self.assertAlmostEqual(found, 2.4)
        self.assertTrue(met)

    def test_what_is_not_known_is_not_met(self):
        self.assertEqual(self.judge(figure="seconds", at_most=1, other="rumur"), (None, None))
        self.assertEqual(self.judge(figure="bytes_per_state", at_most=1), (None, None))

    def test_every_row_has_its_scenario(self):
        settings = rows.Settings(sys.executable, quick=False)
        for row in rows.ROWS:
            ours = row.participants(settings)["oncecheck"]
            scenario = ours.arguments[ours.arguments.index("--scenario") + 1]
            self.assertTrue(os.path.exists(scenario), scenario)


class Measuring(unittest.TestCase):
    def test_memory_and_time_are_the_programs(self):
        small = measure.run([sys.executable, "-Sc", "pass"], 60)
        large = measure.run([sys.executable, "-Sc", "x = b'1' * (64 << 20)"], 60)
        self.assertGreater(large.peak_bytes - small.peak_bytes, 50 << 20)
        slow = measure.run([sys.executable, "-Sc", "import time; time.sleep(0.3)"], 60)
        self.assertGreater(slow.seconds, 0.3)
        busy = measure.run([sys.executable, "-Sc", "for i in range(3000000): pass"], 60)
        self.assertGreater(busy.processor_seconds, slow.processor_seconds)

    def test_exit_code_and_output(self):
        done = measure.run([sys.executable, "-Sc", "print('said'); raise SystemExit(3)"], 60)
        self.assertEqual((done.exit_code, done.stdout), (3, "said\n"))

    def test_a_limit_ends_the_program(self):
        with self.assertRaises(measure.ProgramFailed):
            measure.run([sys.executable, "-Sc", "import time; time.sleep(60)"], 0.2)

    def test_median(self):
        self.assertEqual(measure.median([3, None, 1, 2]), 2)
        self.assertIsNone(measure.median([None]))


class Growth(unittest.TestCase):
    def test_copies_are_one_message(self):
        text = growth.scenario(4, "t.yaml")
        self.assertEqual(text.count("trade: T"), 3)
        self.assertIn("{trade: T2, version: 0, shard: 0, copies: 2}", text)

    def test_rows_are_placed_by_key_or_by_chance(self):
        self.assertIn("{stream_shards: 2, place: by_key}", growth.scenario(4, "t.yaml"))
        self.assertNotIn("by_key", growth.scenario(4, "t.yaml", place_rows=False))

    def test_shards_stay_within_their_number(self):
        text = growth.scenario(10, "t.yaml", shards=(1, 1, 1))
        self.assertNotIn("shard: 1", text)
        self.assertIn("place: {T1: 0, T2: 0", text)


@unittest.skipUnless(shutil.which("spin") and shutil.which("rumur"), "no spin, no rumur")
class Peers(unittest.TestCase):
    """Both models say the same, on a small configuration of peers/semantics.md."""

    def test_spin_and_rumur_agree(self):
        configuration, states = "2 1 1 2 1 1 2 1", 12753
        for program in (
            Spin(configuration, states, "depth", 60),
            Spin(configuration, states, "two cores", 60),
            Rumur(configuration, 2, 60),
        ):
            with tempfile.TemporaryDirectory() as folder:
                program.prepare(folder)
                found = program.run()
            self.assertEqual((found["states"], found["transitions"], found["verdict"]),
                             (states, 50832, "holds"), program.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
