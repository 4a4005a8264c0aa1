# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""line: the straight line that fits points best, and how well it does."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Line:
    slope: float
    intercept: float
    r_squared: float

    def at(self, x):
        return self.intercept + self.slope * x


def fit_line(xs, ys):
    """Least squares; needs two different xs."""
    slope, intercept = statistics.linear_regression(xs, ys)
    mean = statistics.fmean(ys)
    total = sum((y - mean) ** 2 for y in ys)
    left = sum((y - intercept - slope * x) ** 2 for x, y in zip(xs, ys))
    return Line(slope, intercept, 1 - left / total if total else 1.0)
