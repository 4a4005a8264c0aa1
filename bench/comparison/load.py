# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""load: runs of the load generator, eddy_load."""

import contextlib
import json
import signal
import subprocess
import time

from comparison.child import child
from comparison.failure import Failure

STOP_SECONDS = 10
# How long a run may take beyond what it was asked to.
PATIENCE_SECONDS = 60


@contextlib.contextmanager
def loading(name, command):
    """Yields a Load that runs until the end of the block at most."""
    with child(command, stderr=subprocess.PIPE) as process:
        yield Load(name, process)


class Load:
    def __init__(self, name, process):
        self.name = name  # of the server
        self.process = process

    def result(self, seconds, on_tick):
        """Waits for a run of `seconds`; on_tick(seconds since) meanwhile.

        Returns what it reports.
        """
        began = time.monotonic()
        while True:
            since = time.monotonic() - began
            on_tick(since)
            if since > seconds + PATIENCE_SECONDS:
                raise Failure(f'{self.name}: eddy_load does not come to an end')
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._report(*self.process.communicate(timeout=0.25))

    def stop(self):
        """Ends it early, and returns what it reports so far, if only zeros.

        It must have connected before.
        """
        self.process.send_signal(signal.SIGINT)
        try:
            output, complaint = self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f'{self.name}: eddy_load does not stop') from None
        report = json.loads(output or '{}')
        if report.get('is_interrupted') and report['connections_lost'] == 0:
            return report
        return self._report(output, complaint)

    def _report(self, output, complaint):
        if self.process.returncode != 0:
            raise Failure(f'{self.name}: {complaint.strip()}')
        return json.loads(output)
