# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""samples: what was measured of all contestants under one load."""

import dataclasses
import statistics

from comparison.contestant import Kind
from comparison.ratio import MAX_SPREAD, ratio_of

# Paths to figures within what eddy_load reports.
RATE = ('messages_per_second',)
CPU = ('server_cpu_ns_per_message',)
WAKEUP = ('messages_per_wakeup',)


def latency(percentile):
    return ('latency_ns', percentile)


class Samples:
    """Complete rounds only, so that figures of the same index are pairs.

    rate: messages/s of an open loop; None: closed loop.
    label: tells it from another of the same load.
    """

    def __init__(self, cell, contestants, rate=None, label=None):
        self.label = label
        self.cell = cell
        self.contestants = {each.name: each for each in contestants}
        self.rate = rate
        self.by_name = {name: [] for name in self.contestants}

    def __str__(self):
        loop = f'open loop, {self.rate:,.6g}/s' if self.rate else 'closed loop'
        return f'{self.cell} · {loop}'

    def add_round(self, samples):
        for name, sample in samples.items():
            self.by_name[name].append(sample)

    @property
    def names(self):
        return list(self.contestants)

    @property
    def rounds(self):
        return min(map(len, self.by_name.values()))

    def values(self, name, path):
        """One a round; None where eddy_load knows none."""
        values = self.by_name[name]
        for key in path:
            values = [value[key] for value in values]
        return values

    def median(self, name, path):
        values = [value for value in self.values(name, path)
                  if value is not None]
        return statistics.median(values) if values else None

    def ratio(self, name, base, path, max_spread=MAX_SPREAD):
        return ratio_of(self.values(name, path), self.values(base, path),
                        max_spread)

    def names_of(self, *kinds):
        return [name for name, contestant in self.contestants.items()
                if contestant.kind in kinds]

    def cheapest(self, *kinds):
        """The name of the kind that spends the least CPU; None: none is."""
        return min(self.names_of(*kinds), default=None,
                   key=lambda name: self.median(name, CPU))

    @property
    def limit(self):
        """What is possible: the cheaper baseline, else the first of all."""
        return self.cheapest(Kind.RAW) or self.names[0]

    def references(self, name):
        """Whom `name` is compared with, beside the limit."""
        baseline = self.contestants[name].baseline
        own = [baseline] if baseline in self.contestants else []
        return [*own, *self.names_of(Kind.PEER)]

    def document(self):
        """All of it, for JSON."""
        ratios = {
            name: {base: {path[0]: document_of(self.ratio(name, base, path))
                          for path in (RATE, CPU)}
                   for base in dict.fromkeys([self.limit,
                                              *self.references(name)])
                   if base != name}
            for name in self.names}
        return {'label': self.label, **dataclasses.asdict(self.cell),
                'offered_messages_per_second': self.rate,
                'limit': self.limit, 'ratios': ratios,
                'samples': self.by_name}


def document_of(ratio):
    return ratio and dataclasses.asdict(ratio) | {'is_sound': ratio.is_sound}
