# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""Tests of how loads are named, and of what may be in flight."""

import unittest

from comparison.cases import CASES
from comparison.cell import (MATRIX, MAX_BYTES_IN_FLIGHT, QUICK, Cell,
                             parse_cells)
from comparison.failure import Failure


class ParseTest(unittest.TestCase):
    def test_reads_connections_bytes_and_depth(self):
        self.assertEqual(parse_cells('64x64,1000x4096x16'),
                         [Cell(64, 64, 1), Cell(1000, 4096, 16)])

    def test_reads_units(self):
        self.assertEqual(parse_cells('1x64k,2x1mx3'),
                         [Cell(1, 65536, 1), Cell(2, 1024 * 1024, 3)])

    def test_says_what_is_wrong(self):
        for text, why in (('', 'is no cell'), ('64', 'is no cell'),
                          ('64x64,', 'is no cell'), ('ax64', 'is no cell'),
                          ('64x64x1x1', 'is no cell'), ('-1x64', 'is no cell'),
                          ('0x64', '1 or more'), ('64x64x0', '1 or more'),
                          ('8000x64k', 'in flight')):
            with self.subTest(text=text):
                with self.assertRaisesRegex(Failure, why):
                    parse_cells(text)


class LimitTest(unittest.TestCase):
    def test_the_limit_itself_fits(self):
        self.assertTrue(Cell(256, 1024 * 1024).fits)
        self.assertFalse(Cell(256, 1024 * 1024 + 1).fits)
        self.assertFalse(Cell(257, 65536, 16).fits)

    def test_what_is_chosen_for_all_fits(self):
        named = [cell for case in CASES.values() for cell in case.cells]
        for cell in QUICK + named:
            self.assertLessEqual(cell.bytes_in_flight, MAX_BYTES_IN_FLIGHT)

    def test_the_matrix_has_each_load_once(self):
        self.assertEqual(len(MATRIX), 24)
        self.assertEqual(len(set(MATRIX)), 24)
        self.assertEqual(sum(cell.fits for cell in MATRIX), 20)


if __name__ == '__main__':
    unittest.main()
