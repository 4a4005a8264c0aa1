# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""figures: the tables that tell what was measured."""

import statistics

from comparison.contestant import Kind
from comparison.ratio import MAX_LATENCY_SPREAD, geometric_mean
from comparison.samples import CPU, RATE, WAKEUP, latency
from comparison.table import Table
from comparison.units import counted, human_time

BUSY = 0.95


def closed_loop_table(samples, duration):
    """Throughput and cost of one load, and the ratios of both."""
    table = Table(title_of(samples, duration))
    table.add_part(
        ['', 'messages/s', 'min … max', 'CPU ns', 'min … max', 'p50', 'p99'],
        [[name, *span(samples, name, RATE), *span(samples, name, CPU),
          time_of(samples, name, 'p50'), time_of(samples, name, 'p99')]
         for name in samples.names])
    add_ratios(table, samples)
    return table


def open_loop_table(samples, duration):
    """Latency and cost at one offered rate, and the ratios of both."""
    percentiles = ('p50', 'p99', 'p99.9')
    table = Table(title_of(samples, duration))
    table.add_part(
        ['', *percentiles, 'CPU ns', 'min … max', 'messages/wake-up',
         'overdue'],
        [[name, *[time_of(samples, name, each) for each in percentiles],
          *span(samples, name, CPU), rounded(samples.median(name, WAKEUP), 2),
          rounded(samples.median(name, ('trouble', 'overdue')), 0)]
         for name in samples.names])
    if len(samples.names) > 1:
        limit = samples.limit
        table.add_part(
            [f'ratio to {limit}', *percentiles, 'CPU'],
            [[name, *[samples.ratio(name, limit, latency(each),
                                    MAX_LATENCY_SPREAD)
                      for each in percentiles],
              samples.ratio(name, limit, CPU)]
             for name in samples.names if name != limit])
    return table


def add_ratios(table, samples):
    if len(samples.names) < 2:
        return
    limit = samples.limit
    table.add_part(
        [f'ratio to {limit}', 'messages/s', '', 'CPU'],
        [[name, samples.ratio(name, limit, RATE), '',
          samples.ratio(name, limit, CPU)]
         for name in samples.names if name != limit])
    eddies = samples.names_of(Kind.EDDY)
    others = [other for other in samples.names
              if any(other in samples.references(name) for name in eddies)]
    if others:
        table.add_part(
            ['CPU ratio to', *others],
            [[name, *[samples.ratio(name, other, CPU)
                      if other in samples.references(name) else ''
                      for other in others]] for name in eddies])


def overview_table(all_samples):
    """CPU per message, each load by each contestant, and the means."""
    names = all_samples[0].names
    rows = [[str(samples.cell), samples.limit,
             *[short(samples.ratio(name, samples.limit, CPU))
               for name in names]]
            for samples in all_samples]
    table = Table('CPU per message, as a ratio to the limit of each load')
    table.add_part(['', 'limit', *names], rows)
    means = [mean_row('to the limit', all_samples, names,
                      lambda samples: samples.limit)]
    if all_samples[0].names_of(Kind.PEER):
        means.append(mean_row('to the best peer', all_samples, names,
                              lambda samples: samples.cheapest(Kind.PEER)))
    table.add_part(['geometric mean of the ratios', ''] + [''] * len(names),
                   means)
    return table


def mean_row(title, all_samples, names, base_of):
    """Over the loads whose ratio is sound, with how many those are."""
    row = [title, '']
    for name in names:
        ratios = [samples.ratio(name, base_of(samples), CPU)
                  for samples in all_samples]
        mean, count = geometric_mean(ratios)
        of_all = f' ({count} of {len(ratios)})' if count < len(ratios) else ''
        row.append('—' if mean is None else f'{mean:.3f}{of_all}')
    return row


def notes_on(samples):
    """What must be known to read a table right, a line each."""
    notes = []
    for name in samples.names:
        client = samples.median(name, ('client_cpus_busy',))
        server = samples.median(name, ('server_cpus_busy',))
        if samples.rate is None and client > BUSY > server:
            notes.append(f'{name}: the client was the limit of messages/s')
        sent = samples.median(name, ('messages',))
        if samples.median(name, ('trouble', 'overdue')) > sent / 100:
            notes.append(f'{name}: could not carry the offered rate, so its '
                         'latencies tell only how long the run was')
    return notes


def title_of(samples, duration):
    return f'{samples} · {counted(samples.rounds, "round")} of {duration:g} s'


def span(samples, name, path):
    """The median, and the least and the most."""
    values = samples.values(name, path)
    return (f'{statistics.median(values):,.0f}',
            f'{min(values):,.0f} … {max(values):,.0f}')


def time_of(samples, name, percentile):
    return human_time(samples.median(name, latency(percentile)))


def short(ratio):
    return ratio.short if ratio else '—'


def rounded(value, digits):
    return '—' if value is None else f'{value:,.{digits}f}'
