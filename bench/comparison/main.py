# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""main: the program bench/compare."""

import sys

from comparison import fairness, matrix, offered
from comparison.bench import Bench
from comparison.cases import CASES, list_of_cases
from comparison.failure import Failure
from comparison.interruption import raise_on_signals
from comparison.options import parse_options
from comparison.report import Report
from comparison.rounds import Rounds
from comparison.session import Session


def main():
    sys.stdout.reconfigure(encoding='utf-8')
    options = parse_options(sys.argv[1:])
    if options.case == 'list':
        print(list_of_cases())
        return 0
    raise_on_signals()
    session = session_of(options)
    try:
        begin(session, options)
        run(session, options)
        return 0
    except Failure as failure:
        print(f'compare: {failure}', file=sys.stderr)
        return 1
    finally:
        if session.done:
            session.report.write(document_of(session, options))


def session_of(options):
    bench = Bench(load=options.load, server_cpus=options.server_cpu,
                  client_cpus=options.client_cpu, threads=options.threads,
                  duration=options.duration, warmup=options.warmup)
    measurements = 1  # of each contestant in each round
    series = len(options.cells) * (
        offered.SERIES_OF_A_CELL if options.offered else 1)
    if options.fairness:
        measurements = fairness.MEASUREMENTS
    elif is_of_one_series(options):
        measurements, series = series, 1
    rounds = Rounds(options.contestants, options.rounds,
                    bench.seconds_each * measurements, series,
                    options.max_seconds)
    return Session(bench, options.contestants, rounds,
                   Report(options.output, options.json))


def is_of_one_series(options):
    """Whether all loads are measured in each round."""
    case = CASES.get(options.case)
    return bool(case and case.fits_round_time and not options.rate
                and not options.offered)


def begin(session, options):
    say = session.report.say
    if options.quick:
        say('a quick look: few loads, short rounds; figures to quote come from '
            'a run without --quick')
    for note in options.notes:
        say(f'note: {note}')
    if options.server_cpu & options.client_cpu:
        say('note: server and client share a CPU, so messages/s say little')
    say(str(session.rounds))


def run(session, options):
    if options.fairness:
        fairness.run(session)
    elif options.offered:
        offered.run(session, options.cells)
    elif is_of_one_series(options):
        matrix.run_together(session, options.cells)
        if session.done:
            matrix.tell_round_time(session)
    else:
        matrix.run(session, options.cells, options.rate)


def document_of(session, options):
    return {
        'servers': {contestant.name: ' '.join(contestant.command)
                    for contestant in session.contestants},
        'duration_seconds': options.duration,
        'server_cpus': sorted(options.server_cpu),
        'client_cpus': sorted(options.client_cpu),
        'loads': [samples.document() for samples in session.done],
    }
