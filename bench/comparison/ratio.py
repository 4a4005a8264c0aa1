# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""ratio: what the rounds say of one server against another, if anything.

A round measures both servers within a short time, so its ratio is freed of
what changes from minute to minute. The median of the rounds' ratios is the
figure. Its confidence interval is the one of the sign test: between the k-th
smallest and the k-th largest ratio, which holds the true median with a
probability that depends on k and the number of rounds alone, whatever the
distribution is. Of those the narrowest with at least CONFIDENCE is taken, or
where there are too few rounds for any, that from the smallest to the largest.

A ratio is refused when its interval reaches further from the median than what
is allowed, or has fewer than MIN_ROUNDS rounds: it would be noise.
"""

import dataclasses
import math
import statistics

CONFIDENCE = 0.90
MIN_ROUNDS = 3
MAX_SPREAD = 0.10          # of costs and rates
MAX_LATENCY_SPREAD = 0.30  # of percentiles, which differ by far more


@dataclasses.dataclass(frozen=True)
class Ratio:
    median: float
    low: float
    high: float
    confidence: float
    rounds: int
    max_spread: float

    @property
    def spread(self):
        """How far the interval reaches from the median, as a part of it."""
        return max(self.high / self.median - 1, 1 - self.low / self.median)

    @property
    def is_sound(self):
        return self.rounds >= MIN_ROUNDS and self.spread <= self.max_spread

    @property
    def short(self):
        """Without the spread of a sound one."""
        return f'{self.median:.3f}' if self.is_sound else str(self)

    def __str__(self):
        if self.rounds < MIN_ROUNDS:
            return f'— {self.rounds} of {MIN_ROUNDS} rounds'
        if not self.is_sound:
            return f'— spread ±{100 * self.spread:.3g} %'
        return f'{self.median:.3f} ±{100 * self.spread:4.1f} %'


def ratio_of(values, bases, max_spread=MAX_SPREAD):
    """Returns the Ratio of the values to the bases of the same rounds.

    None when there is no round, or one that has nothing to compare.
    """
    pairs = list(zip(values, bases))
    if not pairs or not all(value and base for value, base in pairs):
        return None
    ratios = sorted(value / base for value, base in pairs)
    k, confidence = rank_of_interval(len(ratios))
    return Ratio(statistics.median(ratios), ratios[k - 1], ratios[-k],
                 confidence, len(ratios), max_spread)


def rank_of_interval(count):
    """Returns k, and the probability that the interval of rank k is right."""
    for k in range((count + 1) // 2, 1, -1):
        if confidence_of(count, k) >= CONFIDENCE:
            return k, confidence_of(count, k)
    return 1, confidence_of(count, 1)


def confidence_of(count, k):
    """1 less the chance that fewer than k lie on one side of the median."""
    one_side = sum(math.comb(count, i) for i in range(k)) / 2 ** count
    return max(0.0, 1 - 2 * one_side)


def geometric_mean(ratios):
    """Returns that of the sound ones, and how many those are."""
    medians = [ratio.median for ratio in ratios if ratio and ratio.is_sound]
    if not medians:
        return None, 0
    return statistics.geometric_mean(medians), len(medians)
