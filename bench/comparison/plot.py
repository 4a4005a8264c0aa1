# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""plot: the figures as SVG. Needs matplotlib, so nobody imports it at start."""

import itertools
import math

import matplotlib
from matplotlib import ticker

from comparison.line import fit_line
from comparison.palette import INK, looks_of
from comparison.samples import CPU, RATE, latency
from comparison.units import human_bytes, human_time

PANEL_INCHES = (4.9, 3.1)
MAX_COLUMNS = 3
LABEL_GAP = 0.075  # between labels, as a part of a panel's height
PERCENTS = (50, 90, 99, 99.9, 99.99, 99.999)

matplotlib.use('svg')
from matplotlib import pyplot  # only now, since it chooses the backend

pyplot.rcParams.update({
    'axes.edgecolor': INK, 'axes.labelcolor': INK, 'axes.titlecolor': INK,
    'axes.titlesize': 10, 'axes.titlelocation': 'left', 'font.size': 9,
    'axes.spines.top': False, 'axes.spines.right': False,
    'grid.alpha': 0.25, 'grid.color': INK, 'lines.markersize': 4,
    'lines.linewidth': 1.5, 'savefig.transparent': True,
    'svg.hashsalt': 'eddy', 'text.color': INK, 'xtick.color': INK,
    'ytick.color': INK})


def draw_rate(path, all_samples):
    """Throughput over connections."""
    draw_over_connections(path, all_samples, RATE, 'messages/s',
                          ticker.EngFormatter(sep=''))


def draw_cpu(path, all_samples):
    """Cost of a message over connections."""
    draw_over_connections(path, all_samples, CPU, 'server CPU per message',
                          as_time())


def draw_over_connections(path, all_samples, metric, title, formatter):
    panels = {}
    for samples in all_samples:
        key = (samples.cell.size, samples.cell.depth)
        panels.setdefault(key, []).append(samples)
    figure, all_axes = grid_of(len(panels))
    for axes, ((size, depth), row) in zip(all_axes, sorted(panels.items())):
        row = sorted(row, key=lambda samples: samples.cell.connections)
        axes.set_title(f'{title}, {human_bytes(size)}, depth {depth}')
        axes.set_xlabel('connections')
        axes.set_xscale('log')
        draw_lines(axes, row, metric)
        connections = [samples.cell.connections for samples in row]
        axes.set_xticks(connections, [f'{each:,}' for each in connections])
        axes.set_xticks([], minor=True)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(formatter)
    save(figure, path)


def draw_lines(axes, row, metric):
    """The medians, with the least and the most of the rounds as a shade."""
    ends = {}
    for name, look in looks_of(row[0].names).items():
        xs = [samples.cell.connections for samples in row]
        ys = [samples.median(name, metric) for samples in row]
        axes.plot(xs, ys, look.dashes, color=look.colour, marker=look.marker)
        values = [samples.values(name, metric) for samples in row]
        axes.fill_between(xs, list(map(min, values)), list(map(max, values)),
                          color=look.colour, alpha=0.08, linewidth=0)
        ends[name] = ys[-1]
    label_ends(axes, ends)


def draw_latency(path, all_samples):
    """The distribution of latencies, ever closer to the slowest of all."""
    figure, all_axes = grid_of(len(all_samples))
    for axes, samples in zip(all_axes, all_samples):
        axes.set_title(title_of(samples))
        axes.set_xlabel('so many of all messages')
        axes.set_xscale('log')
        axes.set_yscale('log')
        ends = {}
        for name, look in looks_of(samples.names).items():
            xs, ys = distribution_of(samples, name)
            axes.plot(xs, ys, look.dashes, color=look.colour)
            ends[name] = ys[-1]
        last = axes.get_xlim()[1]
        axes.set_xticks([1 / (1 - percent / 100) for percent in PERCENTS],
                        [f'{percent:g} %' for percent in PERCENTS])
        axes.set_xticks([], minor=True)
        axes.set_xlim(1, last)
        mark_times(axes.yaxis)
        label_ends(axes, ends)
    save(figure, path)


def distribution_of(samples, name):
    """Returns 1 / (part that is slower), and the medians of the rounds.

    Percentiles that less than one message lies beyond tell nothing.
    """
    messages = samples.median(name, ('messages',))
    xs, ys = [], []
    for percent in samples.by_name[name][0]['latency_percentiles_ns']:
        slower = 1 - float(percent) / 100
        if slower * messages >= 1:
            xs.append(1 / slower)
            ys.append(samples.median(name, ('latency_percentiles_ns', percent)))
    return xs, ys


def draw_round_time(path, connections, times):
    """A round of one message on each connection, and the line that fits.

    times: a dict from the name to nanoseconds, one for each of `connections`.
    """
    figure, (axes,) = grid_of(1)
    axes.set_title('time for one message on each connection')
    axes.set_xlabel('connections')
    ends = {}
    for name, look in looks_of(times).items():
        line = fit_line(connections, times[name])
        axes.plot(connections, times[name], look.marker, color=look.colour)
        axes.plot(connections, [line.at(x) for x in connections], look.dashes,
                  color=look.colour)
        ends[name] = line.at(connections[-1])
    axes.set_xticks(connections, [f'{each:,}' for each in connections])
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(as_time())
    label_ends(axes, ends)
    save(figure, path)


def draw_fairness(path, alone, crowded):
    """p99 of the polite connections, alone and beside a greedy one."""
    figure, (axes,) = grid_of(1)
    axes.set_title('p99 of polite connections: ○ alone, ● crowded')
    axes.set_xscale('log')
    for y, (name, look) in enumerate(looks_of(alone.names).items()):
        xs = [each.median(name, latency('p99')) for each in (alone, crowded)]
        axes.plot(xs, [y, y], '-', color=look.colour, alpha=0.5)
        axes.plot(xs[0], y, 'o', color=look.colour, markerfacecolor='none')
        axes.plot(xs[1], y, 'o', color=look.colour)
    axes.set_yticks(range(len(alone.names)), alone.names)
    axes.invert_yaxis()
    mark_times(axes.xaxis)
    save(figure, path)


def grid_of(count):
    columns = min(count, MAX_COLUMNS)
    rows = math.ceil(count / columns)
    figure, axes = pyplot.subplots(
        rows, columns, squeeze=False, layout='constrained',
        figsize=(PANEL_INCHES[0] * columns, PANEL_INCHES[1] * rows))
    flat = list(itertools.chain(*axes))
    for unused in flat[count:]:
        unused.remove()
    for each in flat[:count]:
        each.grid(True)
    return figure, flat[:count]


def label_ends(axes, ends):
    """Writes each name beside the end of its line, apart from the others."""
    looks = looks_of(ends)
    to_part = axes.transData + axes.transAxes.inverted()
    x = axes.get_xlim()[1]
    parts = {name: to_part.transform((x, y))[1] for name, y in ends.items()}
    names = sorted(parts, key=parts.get)
    for name, y in zip(names, spread([parts[name] for name in names])):
        axes.text(1.02, y, name, color=looks[name].colour, va='center',
                  transform=axes.transAxes)


def spread(ys):
    """Moves ascending ys apart until no two are closer than LABEL_GAP."""
    for index in range(1, len(ys)):
        ys[index] = max(ys[index], ys[index - 1] + LABEL_GAP)
    too_high = max(0, ys[-1] - 1)
    ys[-1] -= too_high
    for index in range(len(ys) - 2, -1, -1):
        ys[index] = min(ys[index], ys[index + 1] - LABEL_GAP)
    return ys


def title_of(samples):
    cell = samples.cell
    rate = f', {samples.rate:,.4g}/s' if samples.rate else ''
    return (f'latency, {cell.connections:,} × {human_bytes(cell.size)}, '
            f'depth {cell.depth}{rate}')


def mark_times(axis):
    """On a logarithmic axis."""
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(as_time())
    axis.set_minor_locator(ticker.NullLocator())


def as_time():
    return ticker.FuncFormatter(
        lambda value, _: human_time(value).replace('.0 ', ' '))


def save(figure, path):
    figure.savefig(path, metadata={'Date': None})
    pyplot.close(figure)
