# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""server: a server process, and where it listens."""

import contextlib
import functools
import os
import queue
import re
import signal
import subprocess
import threading
import time

from comparison.child import child
from comparison.failure import Failure

START_SECONDS = 10
STOP_SECONDS = 10
ACCEPT_SECONDS = 30


@contextlib.contextmanager
def serving(contestant, cpus):
    """Yields a Server that runs until the end of the block."""
    with child(contestant.command, cpus, stderr=subprocess.STDOUT) as process:
        server = Server(contestant.name, process)
        try:
            yield server
        finally:
            server.stop()


class Server:
    def __init__(self, name, process):
        self.name = name
        self.process = process
        self.addresses = queue.Queue()
        self.last_line = 'nothing'
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        # Reads to the end, so that a talkative server never blocks.
        for line in self.process.stdout:
            self.last_line = line.strip()
            match = re.search(r'listening on (\S+)', line)
            if match:
                self.addresses.put(match.group(1))
        self.addresses.put(None)

    @functools.cached_property
    def address(self):
        try:
            address = self.addresses.get(timeout=START_SECONDS)
        except queue.Empty:
            raise Failure(f'{self.name}: no "listening on ADDRESS" within '
                          f'{START_SECONDS} s') from None
        if address is None:
            raise Failure(f'{self.name}: ended without "listening on ADDRESS"; '
                          f'it said {self.last_line}')
        return re.sub(r'^(0\.0\.0\.0|\[::\]|\*)?:(?=\d+$)', '127.0.0.1:',
                      address)

    def descriptor_count(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def await_descriptors(self, count):
        """Waits until it has so many, and so has accepted whom it was to."""
        limit = time.monotonic() + ACCEPT_SECONDS
        while self.descriptor_count() < count:
            if time.monotonic() > limit:
                raise Failure(f'{self.name}: no greedy connection within '
                              f'{ACCEPT_SECONDS} s; is the CPU of '
                              '--client-cpu taken by others?')
            time.sleep(0.01)

    def stop(self):
        """Ends it as a user would."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f'{self.name}: did not end on SIGINT within '
                          f'{STOP_SECONDS} s') from None
