# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""options: what the command line asks for."""

import argparse
import os
import pathlib

from comparison import fairness, offered
from comparison.cases import CASES
from comparison.cell import MATRIX, MAX_BYTES_IN_FLIGHT, QUICK, parse_cells
from comparison.contestant import (STANDARD, choose, given_contestants,
                                   standard_contestants)
from comparison.failure import Failure
from comparison.units import human_bytes

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Many short rounds rather than few long ones: what others do on the machine
# lasts longer than a round, and the interval narrows with their number.
FULL = {'rounds': 40, 'duration': 0.3, 'warmup': 0.1, 'max_seconds': None}
QUICK_RUN = {'rounds': 8, 'duration': 0.25, 'warmup': 0.1, 'max_seconds': 110}


def parse_options(arguments):
    """Returns the options with `contestants` and `cells` made of them.

    `notes` says what was left out.
    """
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.case == 'list':
        return options
    if options.fairness and (options.cells or options.case):
        parser.error('--fairness has loads of its own: leave out --cells and '
                     '--case')
    if options.ws and not options.server:
        parser.error('--ws tells of --server; --case ws-echo compares the '
                     'standard servers')
    if options.server and options.only:
        parser.error('--only chooses among the standard servers: leave out '
                     'those of --server that you do not want')
    for name, value in (QUICK_RUN if options.quick else FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.notes = []
    options.load = options.build / 'bench/eddy_load'
    if not options.load.exists():
        parser.error(f'there is no {options.load}: run ./dev build, or name '
                     'another folder with --build')
    try:
        options.contestants = contestants_of(options)
        options.cells = cells_of(options)
    except Failure as failure:
        parser.error(str(failure))
    return options


def contestants_of(options):
    if options.server:
        return given_contestants(options.server, options.ws)
    entries = CASES[options.case].entries if options.case else STANDARD
    built, missing = standard_contestants(options.build, entries)
    if options.only:
        return choose(built, missing, options.only.split(','))
    if missing:
        options.notes.append(f'left out, since they are not built: '
                             f'{", ".join(missing)}; ./dev bench installs '
                             'what they need and builds them')
    return built


def cells_of(options):
    if options.fairness:
        return [fairness.POLITE]
    if options.cells:
        return parse_cells(options.cells)
    if options.case:
        return list(CASES[options.case].cells)
    if options.offered:
        return offered.CELLS
    if options.quick:
        return QUICK
    for cell in MATRIX:
        if not cell.fits:
            options.notes.append(
                f'left out, since more than {human_bytes(MAX_BYTES_IN_FLIGHT)} '
                f'would be in flight: {cell}')
    return [cell for cell in MATRIX if cell.fits]


def make_parser():
    parser = argparse.ArgumentParser(
        prog='bench/compare', description='Compares echo servers in one run.',
        epilog='bench/README.md tells how to read the result.')
    add_who(parser.add_argument_group('who is compared'))
    add_what(parser.add_argument_group('under which load'))
    add_how(parser.add_argument_group('how'))
    return parser


def add_who(group):
    group.add_argument('--only', metavar='NAME,…',
                       help='of the standard servers; all that are built')
    group.add_argument('--server', action='append', metavar='NAME=COMMAND',
                       help='these instead, each with the others to the first '
                            'one; it prints "listening on ADDRESS" and ends '
                            'on SIGINT')
    group.add_argument('--ws', action='store_true',
                       help='those of --server speak WebSocket')
    group.add_argument('--build', type=pathlib.Path, metavar='FOLDER',
                       default=ROOT / 'build/release',
                       help='where the servers and eddy_load are built '
                            '[build/release]')


def add_what(group):
    loads = group.add_mutually_exclusive_group()
    loads.add_argument('--cells', metavar='CELL,…',
                       help='CONNECTIONSxBYTES[xDEPTH], such as '
                            '64x64,1000x4kx16 [the matrix]')
    loads.add_argument('--case', choices=[*CASES, 'list'],
                       help='loads by name; list: tells which')
    ways = group.add_mutually_exclusive_group()
    ways.add_argument('--rate', type=positive(float),
                      help='open loop: messages/s offered to each server')
    ways.add_argument('--offered', action='store_true',
                      help='open loop at 50 and 80 %% of what the slowest '
                           'server carries')
    ways.add_argument('--fairness', action='store_true',
                      help='polite connections without and with a greedy one')
    group.add_argument('--quick', action='store_true',
                       help='a look within two minutes: fewer loads and '
                            'shorter rounds')


def add_how(group):
    group.add_argument('--rounds', type=positive(int),
                       help=default_of('rounds'))
    group.add_argument('--duration', type=positive(float), metavar='SECONDS',
                       help='of a measurement ' + default_of('duration'))
    group.add_argument('--warmup', type=positive(float), metavar='SECONDS',
                       help='of load before it ' + default_of('warmup'))
    group.add_argument('--max-seconds', type=positive(float),
                       metavar='SECONDS',
                       help='do fewer rounds, but at least one of each load, '
                            'to be done by then')
    group.add_argument('--threads', type=positive(int), default=1,
                       help='of eddy_load [1]')
    allowed = sorted(os.sched_getaffinity(0))
    group.add_argument('--server-cpu', type=cpu_set, metavar='LIST',
                       default=frozenset(allowed[:1]),
                       help='such as 0 or 0,2-3 [the first]')
    group.add_argument('--client-cpu', type=cpu_set, metavar='LIST',
                       default=frozenset(allowed[-1:]), help='[the last]')
    group.add_argument('--output', type=pathlib.Path, metavar='FOLDER',
                       default=ROOT / 'build/compare',
                       help='for the report, samples and plots '
                            '[build/compare]')
    group.add_argument('--json', type=pathlib.Path, metavar='FILE',
                       help='for the samples [samples.json in there]')


def default_of(name):
    return f'[{FULL[name]:g}; {QUICK_RUN[name]:g} when quick]'


def cpu_set(text):
    cpus = set()
    try:
        for part in text.split(','):
            first, _, last = part.partition('-')
            cpus |= set(range(int(first), int(last or first) + 1))
    except ValueError:
        cpus = set()
    if not cpus or not cpus <= os.sched_getaffinity(0):
        raise argparse.ArgumentTypeError(f'no CPUs to run on: {text}')
    return frozenset(cpus)


def positive(kind):
    def parse(text):
        value = kind(text)
        if not 0 < value < float('inf'):
            raise argparse.ArgumentTypeError(f'must be above 0: {text}')
        return value
    parse.__name__ = kind.__name__
    return parse
