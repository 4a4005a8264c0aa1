# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""offered: compares at rates that every contestant can carry.

In a closed loop a slow server is asked less often, which flatters its latency,
and events pile up meanwhile, which flatters its cost.
"""

from comparison.cell import Cell
from comparison.samples import RATE

CELLS = [Cell(64, 64), Cell(1000, 64)]
SHARES = (0.5, 0.8)
SERIES_OF_A_CELL = 1 + len(SHARES)


def run(session, cells):
    try:
        for cell in cells:
            closed = session.compare(cell)
            slowest = min(closed.names,
                          key=lambda name: closed.median(name, RATE))
            capacity = closed.median(slowest, RATE)
            session.report.say(f'the slowest, {slowest}, carries '
                               f'{capacity:,.0f} messages/s; next, '
                               + ' and '.join(f'{share:.0%}'
                                              for share in SHARES) + ' of it')
            for share in SHARES:
                session.compare(cell, rate=round(share * capacity))
    finally:
        open_loops = [samples for samples in session.done if samples.rate]
        if open_loops:
            session.report.draw('latency', 'draw_latency', open_loops)
