# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""child: a process that does not outlive the `with` block it is started in."""

import contextlib
import os
import subprocess

from comparison.failure import Failure
from comparison.interruption import held


@contextlib.contextmanager
def child(command, cpus=None, **options):
    """Yields the Popen of `command`, and kills what still runs at the end."""
    processes = []
    try:
        with held():
            processes.append(start(command, cpus, options))
        yield processes[0]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def start(command, cpus, options):
    with pinned(cpus or os.sched_getaffinity(0)):
        try:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, text=True,
                                    **options)
        except OSError as error:
            raise Failure(f'cannot start {command[0]}: '
                          f'{error.strerror}') from error


@contextlib.contextmanager
def pinned(cpus):
    """Runs on `cpus` meanwhile, and whoever is started then stays there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
