# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""cell: one kind of load, by connections, size of a message and depth."""

import dataclasses
import re

from comparison.failure import Failure
from comparison.units import counted, human_bytes

MAX_BYTES_IN_FLIGHT = 256 * 1024 * 1024
UNITS = {'': 1, 'k': 1024, 'm': 1024 * 1024}


@dataclasses.dataclass(frozen=True)
class Cell:
    connections: int
    size: int
    depth: int = 1

    def __str__(self):
        return (f'{counted(self.connections, "connection")} × '
                f'{human_bytes(self.size)} · depth {self.depth}')

    @property
    def bytes_in_flight(self):
        return self.connections * self.size * self.depth

    @property
    def fits(self):
        return self.bytes_in_flight <= MAX_BYTES_IN_FLIGHT


MATRIX = [Cell(connections, size, depth)
          for size in (64, 4096, 65536) for depth in (1, 16)
          for connections in (1, 64, 1000, 8000)]

# One of each kind: few and many connections, large messages, pipelined ones.
QUICK = [Cell(64, 64), Cell(1000, 64), Cell(64, 65536), Cell(64, 64, 16)]


def parse_cells(text):
    """Reads "64x64,1000x4kx16": connections x bytes, then x depth if not 1."""
    return [parse_cell(part) for part in text.split(',')]


def parse_cell(text):
    match = re.fullmatch(r'(\d+)x(\d+)([km]?)(?:x(\d+))?', text)
    if not match:
        raise Failure(f'{text!r} is no cell: CONNECTIONSxBYTES or '
                      'CONNECTIONSxBYTESxDEPTH, such as 64x64 or 1000x4kx16')
    connections, size, unit, depth = match.groups(default='1')
    unit = '' if unit == '1' else unit
    cell = Cell(int(connections), int(size) * UNITS[unit], int(depth))
    if 0 in dataclasses.astuple(cell):
        raise Failure(f'{text!r}: each number of a cell is 1 or more')
    if not cell.fits:
        raise Failure(f'{text!r}: {human_bytes(cell.bytes_in_flight)} would '
                      f'be in flight, more than the '
                      f'{human_bytes(MAX_BYTES_IN_FLIGHT)} that a cell may')
    return cell
