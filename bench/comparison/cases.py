# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""cases: loads by name, such as those that others measured themselves with."""

import dataclasses

from comparison.cell import Cell
from comparison.contestant import STANDARD, WEBSOCKET


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    about: str
    cells: tuple
    # Whether the time of a round is fitted over the connections.
    fits_round_time: bool = False
    # Who takes part, as in STANDARD.
    entries: tuple = STANDARD


CASES = {case.name: case for case in (
    Case('gev-ping-pong', '4 KiB echoes on 10 to 10,000 connections',
         tuple(Cell(count, 4096) for count in (10, 100, 1000, 10_000))),
    Case('gev-small', '6-byte echoes on 50 connections', (Cell(50, 6),)),
    Case('gaio-echo', '128 B to 128 KiB echoes on 1, 128 and 1,024 connections',
         tuple(Cell(count, size) for count in (1, 128, 1024)
               for size in (128, 1024, 4096, 65536, 131072))),
    Case('gaio-64k', '64 KiB echoes on 1 to 1,024 connections',
         tuple(Cell(count, 65536) for count in (1, 64, 1024))),
    Case('gaio-8k', '1 KiB echoes on 1,024 to 8,192 connections, and how the '
         'time of a round grows with them',
         tuple(Cell(count, 1024) for count in range(1024, 8193, 1024)),
         fits_round_time=True),
    Case('ws-echo', '64 B to 64 KiB echoes over WebSocket on 1, 64 and 1,000 '
         'connections, and what eddy needs for them over TCP',
         tuple(Cell(count, size) for size in (64, 4096, 65536)
               for count in (1, 64, 1000)), entries=WEBSOCKET),
)}


def list_of_cases():
    width = max(map(len, CASES))
    return '\n'.join(f'{case.name:<{width}}  {case.about}'
                     for case in CASES.values())
