# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""Tests of the line through points."""

import unittest

from comparison.line import fit_line


class LineTest(unittest.TestCase):
    def test_fits_a_line_exactly(self):
        line = fit_line([1, 2, 4], [5, 7, 11])
        self.assertAlmostEqual(line.slope, 2)
        self.assertAlmostEqual(line.intercept, 3)
        self.assertAlmostEqual(line.r_squared, 1)
        self.assertAlmostEqual(line.at(10), 23)

    def test_tells_how_well_it_fits(self):
        # By hand: slope 0.5, intercept 1.5; 0.5 of 1 is left unexplained.
        line = fit_line([0, 1, 2, 3], [2, 1, 3, 3])
        self.assertAlmostEqual(line.slope, 0.5)
        self.assertAlmostEqual(line.intercept, 1.5)
        self.assertAlmostEqual(line.r_squared, 1 - 1.5 / 2.75)

    def test_a_flat_line_fits_points_that_are_all_the_same(self):
        self.assertEqual(fit_line([1, 2, 3], [4, 4, 4]).r_squared, 1)


if __name__ == '__main__':
    unittest.main()
