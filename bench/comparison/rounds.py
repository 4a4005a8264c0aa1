# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""rounds: the order in which contestants are measured, and how often.

A round measures each contestant once, and the order is turned round from one
round to the next, so that whatever else the machine does meets all of them.
"""

import time

from comparison.progress import Progress
from comparison.units import counted, minutes


class Rounds:
    def __init__(self, contestants, count, seconds_each, num_series,
                 max_seconds=None):
        """num_series: how often `run` will be called.

        max_seconds: does fewer rounds, but at least one, to be done by then.
        """
        self.contestants = contestants
        self.seconds_a_round = seconds_each * len(contestants)
        self.count = count
        self.max_seconds = max_seconds
        if max_seconds:
            affordable = max_seconds / (self.seconds_a_round * num_series)
            self.count = max(1, min(count, int(affordable)))
        self.seconds = self.seconds_a_round * self.count * num_series
        self.progress = Progress(self.count * num_series * len(contestants),
                                 seconds_each)
        self.began = time.monotonic()

    def __str__(self):
        return (f'{counted(self.count, "round")} of '
                f'{counted(len(self.contestants), "server")}, about '
                f'{minutes(self.seconds)} min in all')

    def run(self, label, measure, add_round):
        """Calls measure(contestant, on_tick) for each, and adds the results.

        add_round: takes a dict from the name to what measure returned.
        """
        try:
            for index in range(self.count):
                if index > 0 and self._is_late():
                    break
                where = f'{label} · round {index + 1}/{self.count}'
                add_round(self._run_one(where, measure, index))
        finally:
            self.progress.clear()

    def _run_one(self, where, measure, index):
        order = self.contestants if index % 2 == 0 else self.contestants[::-1]
        results = {}
        for contestant in order:
            what = f'{where} · {contestant.name}'
            results[contestant.name] = measure(
                contestant, lambda since: self.progress.show(what, since))
            self.progress.done += 1
        return results

    def _is_late(self):
        spent = time.monotonic() - self.began
        return self.max_seconds and (
            spent + self.seconds_a_round > self.max_seconds)
