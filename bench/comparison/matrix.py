# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""matrix: compares under a list of loads, and over all of them."""

from comparison.figures import overview_table
from comparison.line import fit_line
from comparison.samples import RATE, Samples
from comparison.table import Table
from comparison.units import human_time


def run(session, cells, rate):
    try:
        for cell in cells:
            session.compare(cell, rate)
    finally:
        conclude(session)


def run_together(session, cells):
    """Measures all loads in each round, so that they compare with each other.

    A slow minute meets each of them, and not one alone.
    """
    series = [Samples(cell, session.contestants) for cell in cells]

    def measure(contestant, on_tick):
        return [session.measure(cell, None, contestant, on_tick)
                for cell in cells]

    def add_round(results):
        for index, samples in enumerate(series):
            samples.add_round({name: result[index]
                               for name, result in results.items()})

    try:
        session.rounds.run(f'{len(cells)} loads', measure, add_round)
    finally:
        if series[0].rounds > 0:
            for samples in series:
                session.keep(samples)
        conclude(session)


def conclude(session):
    if not session.done:
        return
    if len(session.done) > 1 and len(session.contestants) > 1:
        session.report.say_table(overview_table(session.done))
    session.report.draw('throughput', 'draw_rate', session.done)
    session.report.draw('cpu', 'draw_cpu', session.done)
    session.report.draw('latency', 'draw_latency', session.done)


def tell_round_time(session):
    """Tells how the time of a round grows with the connections.

    A round is one message on each connection. The slope is what a connection
    costs; R² near 1 says that it costs the same however many there are.
    """
    connections = [samples.cell.connections for samples in session.done]
    times = {name: [round_time(samples, name) for samples in session.done]
             for name in session.done[0].names}
    table = Table('time for one message on each connection, fitted by a line')
    rows = []
    for name, values in times.items():
        line = fit_line(connections, values)
        rows.append([name, *map(human_time, values),
                     f'{line.slope:,.0f} ns', f'{line.r_squared:.4f}'])
    table.add_part(['', *[f'{each:,}' for each in connections],
                    'a connection', 'R²'], rows)
    session.report.say_table(table)
    session.report.draw('round_time', 'draw_round_time', connections, times)


def round_time(samples, name):
    """In nanoseconds; the depth is 1, so all connections have one in flight."""
    return 1e9 * samples.cell.connections / samples.median(name, RATE)
