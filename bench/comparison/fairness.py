# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""fairness: what one greedy connection does to the latency of polite ones."""

from comparison.cell import Cell
from comparison.ratio import MAX_LATENCY_SPREAD, ratio_of
from comparison.samples import Samples, latency
from comparison.table import Table
from comparison.units import human_time

POLITE = Cell(8, 64)
POLITE_RATE = 2000
GREEDY = Cell(1, 65536, 16)
MEASUREMENTS = 2  # of each contestant in each round


def run(session):
    alone = Samples(POLITE, session.contestants, POLITE_RATE, 'alone')
    crowded = Samples(POLITE, session.contestants, POLITE_RATE, 'crowded')
    greedy = Samples(GREEDY, session.contestants, label='greedy')
    kinds = (alone, crowded, greedy)

    def measure(contestant, on_tick):
        without = session.measure(POLITE, POLITE_RATE, contestant, on_tick)
        return without, *session.bench.measure_crowded(
            contestant, POLITE, POLITE_RATE, GREEDY, on_tick)

    def add_round(results):
        for index, samples in enumerate(kinds):
            samples.add_round({name: result[index]
                               for name, result in results.items()})

    try:
        session.rounds.run('fairness', measure, add_round)
    finally:
        if greedy.rounds > 0:
            session.done.extend(kinds)
            session.report.say_table(table_of(*kinds))
            session.report.draw('fairness', 'draw_fairness', alone, crowded)


def table_of(alone, crowded, greedy):
    table = Table(f'{alone}, alone and beside {greedy} · {alone.rounds} rounds')
    rows = []
    for name in alone.names:
        ratio = ratio_of(crowded.values(name, latency('p99')),
                         alone.values(name, latency('p99')),
                         MAX_LATENCY_SPREAD)
        rows.append([name, *times_of(alone, name), *times_of(crowded, name),
                     ratio,
                     f'{greedy.median(name, ("megabytes_per_second",)):,.0f}'])
    table.add_part(['', 'p50 alone', 'p99 alone', 'p50 beside', 'p99 beside',
                    'ratio of p99', 'greedy MB/s'], rows)
    return table


def times_of(samples, name):
    return [human_time(samples.median(name, latency(percentile)))
            for percentile in ('p50', 'p99')]
