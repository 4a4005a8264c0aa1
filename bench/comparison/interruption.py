# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""interruption: SIGINT and SIGTERM as exceptions, but not at a bad moment."""

import contextlib
import signal


class Interruption:
    """The state of the process, as signals are."""
    is_held = False
    pending = None  # a signal that came meanwhile


def raise_on_signals():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def on_signal(number, unused_frame):
    if Interruption.is_held:
        Interruption.pending = number
    else:
        raise SystemExit(128 + number)


@contextlib.contextmanager
def held():
    """Puts off the exception to the end of the block."""
    Interruption.is_held = True
    try:
        yield
    finally:
        Interruption.is_held = False
        number, Interruption.pending = Interruption.pending, None
        if number:
            raise SystemExit(128 + number)
