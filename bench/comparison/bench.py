# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""bench: where servers are measured, and for how long."""

import dataclasses
import pathlib

from comparison.load import loading
from comparison.server import serving

# What starting and stopping a server and its connections takes, about.
OVERHEAD_SECONDS = 0.05
# The greedy one has the client's CPU only when nobody else wants it.
WHEN_IDLE = ('chrt', '--idle', '0')
FOREVER_SECONDS = 86_400


@dataclasses.dataclass(frozen=True)
class Bench:
    load: pathlib.Path  # eddy_load
    server_cpus: frozenset
    client_cpus: frozenset
    threads: int
    duration: float
    warmup: float

    @property
    def seconds_each(self):
        return self.duration + self.warmup + OVERHEAD_SECONDS

    def measure(self, contestant, cell, rate, on_tick):
        """Returns what eddy_load says of a fresh server under one load.

        rate: messages/s of an open loop; None: closed loop.
        """
        with serving(contestant, self.server_cpus) as server:
            with loading(contestant.name,
                         self._arguments(contestant, server, cell,
                                         rate)) as load:
                return load.result(self.duration + self.warmup, on_tick)

    def measure_crowded(self, contestant, cell, rate, greedy_cell, on_tick):
        """The same while a closed loop of `greedy_cell` has no mercy.

        Returns that, and what eddy_load says of the greedy connections.
        """
        with serving(contestant, self.server_cpus) as server:
            polite = self._arguments(contestant, server, cell, rate)
            greedy = [*WHEN_IDLE,
                      *self._arguments(contestant, server, greedy_cell, None),
                      '--warmup', '0', '--duration', str(FOREVER_SECONDS)]
            idle = server.descriptor_count()
            with loading(f'{contestant.name}, greedy', greedy) as crowd:
                server.await_descriptors(idle + greedy_cell.connections)
                with loading(contestant.name, polite) as load:
                    sample = load.result(self.duration + self.warmup, on_tick)
                return sample, crowd.stop()

    def _arguments(self, contestant, server, cell, rate):
        arguments = [
            str(self.load), '--connect', server.address,
            '--server-pid', str(server.process.pid),
            '--cpu', ','.join(map(str, sorted(self.client_cpus))),
            '--connections', str(cell.connections), '--size', str(cell.size),
            '--depth', str(cell.depth),
            '--threads', str(min(self.threads, cell.connections)),
            '--duration', str(self.duration), '--warmup', str(self.warmup),
            '--json', '-']
        return [*arguments, *(['--rate', str(rate)] if rate else []),
                *(['--ws'] if contestant.speaks_ws else [])]
