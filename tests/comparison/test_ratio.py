# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""Tests of the rule by which a ratio is told or refused."""

import itertools
import random
import statistics
import unittest

from comparison.ratio import (CONFIDENCE, confidence_of, geometric_mean,
                              rank_of_interval, ratio_of)


class IntervalTest(unittest.TestCase):
    def test_confidence_is_that_of_the_sign_test(self):
        # All orders of 5 values below (0) or above (1) the median: how often
        # is the median between the second smallest and second largest?
        orders = list(itertools.product((0, 1), repeat=5))
        right = sum(2 <= sum(order) <= 3 for order in orders) / len(orders)
        self.assertAlmostEqual(confidence_of(5, 2), right)

    def test_known_ranks(self):
        for rounds, rank, confidence in ((1, 1, 0), (3, 1, 0.75),
                                         (5, 1, 0.9375), (7, 1, 0.984375),
                                         (8, 2, 0.9296875), (15, 4, 0.96484375)):
            with self.subTest(rounds=rounds):
                found = rank_of_interval(rounds)
                self.assertEqual(found[0], rank)
                self.assertAlmostEqual(found[1], confidence)

    def test_enough_rounds_reach_the_confidence(self):
        for rounds in range(5, 100):
            self.assertGreaterEqual(rank_of_interval(rounds)[1], CONFIDENCE)

    def test_the_interval_holds_the_median_as_often_as_it_says(self):
        numbers = random.Random(1)
        trials, held = 4000, 0
        for _ in range(trials):
            # Skewed; the true median of the ratio is 1.
            values = [numbers.lognormvariate(0, 0.5) for _ in range(8)]
            ratio = ratio_of(values, [1.0] * 8)
            held += ratio.low <= 1 <= ratio.high
        self.assertAlmostEqual(held / trials, ratio.confidence, delta=0.02)


class RatioTest(unittest.TestCase):
    def test_pairs_the_rounds(self):
        # Each round is twice as slow as the one before, for both.
        ratio = ratio_of([11, 22, 44, 88], [10, 20, 40, 80])
        self.assertAlmostEqual(ratio.median, 1.1)
        self.assertAlmostEqual(ratio.spread, 0)
        self.assertTrue(ratio.is_sound)
        self.assertEqual(str(ratio), '1.100 ± 0.0 %')

    def test_the_median_is_that_of_the_ratios(self):
        ratio = ratio_of([1.02, 0.98, 1.01], [1, 1, 1])
        self.assertEqual(ratio.median, statistics.median([1.02, 0.98, 1.01]))

    def test_a_wide_spread_is_refused(self):
        ratio = ratio_of([0.8, 1.0, 1.05], [1, 1, 1])
        self.assertAlmostEqual(ratio.spread, 0.2)
        self.assertFalse(ratio.is_sound)
        self.assertEqual(str(ratio), '— spread ±20 %')

    def test_the_spread_that_is_allowed_decides(self):
        values = [0.8, 1.0, 1.05]
        self.assertTrue(ratio_of(values, [1, 1, 1], 0.21).is_sound)
        self.assertFalse(ratio_of(values, [1, 1, 1], 0.19).is_sound)

    def test_too_few_rounds_are_refused(self):
        ratio = ratio_of([1, 1], [1, 1])
        self.assertFalse(ratio.is_sound)
        self.assertEqual(str(ratio), '— 2 of 3 rounds')

    def test_one_bad_round_of_eight_is_forgiven(self):
        self.assertTrue(ratio_of([1.0] * 7 + [3.0], [1.0] * 8).is_sound)
        self.assertFalse(ratio_of([1.0] * 6 + [3.0] * 2, [1.0] * 8).is_sound)

    def test_nothing_to_compare_is_no_ratio(self):
        self.assertIsNone(ratio_of([], []))
        self.assertIsNone(ratio_of([1, 2, 3], [1, 0, 1]))
        self.assertIsNone(ratio_of([None, 2, 3], [1, 1, 1]))

    def test_the_geometric_mean_is_over_sound_ratios(self):
        double = ratio_of([2.0] * 3, [1.0] * 3)
        half = ratio_of([0.5] * 3, [1.0] * 3)
        refused = ratio_of([1.0, 5.0, 9.0], [1.0] * 3)
        self.assertEqual(geometric_mean([double, half, refused, None]),
                         (1.0, 2))
        self.assertEqual(geometric_mean([refused]), (None, 0))


if __name__ == '__main__':
    unittest.main()
