"""Draws of random.uniform and random.random by the function's own code, which are questions, and
the seeds of all other random numbers, which follow from event and attempt.

What the SDK draws for itself (the jitter of its waits) is the same in every run: it is about time
alone, and should not make a function look as if it depended on the attempt."""

import hashlib
import random
import sys
import weakref

import oncecheck_run

_getframe = sys._getframe


class Randomness:
    """Patches the random module; `current_run` returns the Run in progress or None."""

    def __init__(self, package, current_run):
        self.package = package
        self.current_run = current_run
        self.unseeded = [weakref.ref(random._inst)]
        self.original_seed = random.Random.seed
        self.sdk_generator = random.Random(0)
        self._patch(random.Random)
        self._patch(random.SystemRandom)
        self._patch_seed()
        random.random = random._inst.random
        random.uniform = random._inst.uniform

    def _asks(self, frame):
        """The run to ask, if `frame`, which draws, is the function's own code."""
        run = self.current_run()
        asks = run is not None and run.asks_draws and self.package.relative(frame) is not None
        return run if asks else None

    def _patch(self, kind):
        original_random = kind.random
        original_uniform = kind.uniform
        asks = self._asks
        sdk_generator = self.sdk_generator

        def random_(self):
            """random() -> x in the interval [0, 1)."""
            frame = _getframe(1)
            run = asks(frame)
            if oncecheck_run.top_module(frame) == "botocore":
                return original_random(sdk_generator)
            if run is None:
                return original_random(self)
            return 1.0 - 2.0**-53 if run.draw("random.random()", frame) else 0.0

        def uniform(self, a, b):
            """Get a random number in the range [a, b) or [a, b] depending on rounding."""
            frame = _getframe(1)
            run = asks(frame)
            if run is None:
                return original_uniform(self, a, b)
            lowest = a + (b - a) * 0.0  # raises what the original would raise
            return b + lowest * 0.0 if run.draw(f"random.uniform({a!r}, {b!r})", frame) else lowest

        random_.__name__ = random_.__qualname__ = "random"
        kind.random = random_
        kind.uniform = uniform

    def _patch_seed(self):
        original = self.original_seed
        unseeded = self.unseeded

        def seed(self, a=None, version=2):
            if a is None:
                unseeded.append(weakref.ref(self))
            else:
                unseeded[:] = [other for other in unseeded if other() is not self]
            original(self, a, version)

        random.Random.seed = seed
        random.seed = random._inst.seed

    def reseed(self, seed):
        """Give every generator that was not seeded by the function's code a seed of this attempt."""
        self.original_seed(self.sdk_generator, 0)
        known = {}
        for number, reference in enumerate(self.unseeded):
            generator = reference()
            if generator is not None and id(generator) not in known:
                known[id(generator)] = generator
                digest = hashlib.sha256(b"%d:%s" % (number, seed)).digest()
                self.original_seed(generator, digest)
