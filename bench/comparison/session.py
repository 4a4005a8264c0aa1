# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""session: a run, whichever way it compares: who, where, how often."""

import dataclasses
import functools

from comparison.bench import Bench
from comparison.figures import closed_loop_table, notes_on, open_loop_table
from comparison.report import Report
from comparison.rounds import Rounds
from comparison.samples import Samples


@dataclasses.dataclass(frozen=True)
class Session:
    bench: Bench
    contestants: list
    rounds: Rounds
    report: Report
    # What was measured, also when the run ends early.
    done: list = dataclasses.field(default_factory=list)

    def compare(self, cell, rate=None):
        """Measures all under one load, says what came out and returns it.

        What was measured before an error is said and kept as well.
        """
        samples = Samples(cell, self.contestants, rate)
        label = str(cell) + (f' · {rate:,.6g}/s' if rate else '')
        try:
            self.rounds.run(
                label, functools.partial(self.measure, cell, rate),
                samples.add_round)
        finally:
            if samples.rounds > 0:
                self.keep(samples)
        return samples

    def keep(self, samples):
        """Says what was measured, and keeps it."""
        self.done.append(samples)
        of_loop = open_loop_table if samples.rate else closed_loop_table
        self.report.say_table(of_loop(samples, self.bench.duration),
                              notes_on(samples))

    def measure(self, cell, rate, contestant, on_tick):
        return self.bench.measure(contestant, cell, rate, on_tick)
