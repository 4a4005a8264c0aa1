# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""units: figures as people read them."""


def human_bytes(count):
    for unit in ('B', 'KiB', 'MiB'):
        if count < 1024 or unit == 'MiB':
            return f'{count:,.4g} {unit}'
        count /= 1024


def human_time(nanoseconds):
    for unit in ('ns', 'µs', 'ms', 's'):
        if nanoseconds < 999.5 or unit == 's':
            digits = 0 if unit == 'ns' or nanoseconds >= 99.95 else 1
            return f'{nanoseconds:.{digits}f} {unit}'
        nanoseconds /= 1000


def counted(number, noun):
    return f'{number:,} {noun}{"" if number == 1 else "s"}'


def minutes(seconds):
    whole, rest = divmod(round(seconds), 60)
    return f'{whole}:{rest:02}'
