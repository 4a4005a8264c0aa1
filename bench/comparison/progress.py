# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""progress: a line on the terminal; nothing when stderr is none."""

import shutil
import sys

from comparison.units import minutes


class Progress:
    WIDTH = 24

    def __init__(self, total, seconds_each):
        self.total = total
        self.seconds_each = seconds_each
        self.done = 0
        self.is_shown = sys.stderr.isatty()

    def show(self, what, seconds):
        """`seconds`: since the measurement that is under way began."""
        if not self.is_shown:
            return
        part = self.done + min(1, seconds / self.seconds_each)
        filled = round(self.WIDTH * part / self.total)
        left = (self.total - part) * self.seconds_each
        bar = '━' * filled + '┄' * (self.WIDTH - filled)
        line = f'{bar}  {minutes(left)} left  {what}'
        line = line[:shutil.get_terminal_size().columns - 1]
        print('\r\x1b[K' + line, end='', file=sys.stderr, flush=True)

    def clear(self):
        if self.is_shown:
            print('\r\x1b[K', end='', file=sys.stderr, flush=True)
