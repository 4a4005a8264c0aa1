# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""contestant: a server that takes part, and what it is compared with."""

import dataclasses
import enum
import shlex

from comparison.failure import Failure


class Kind(enum.Enum):
    RAW = 'raw'      # what is possible at all, such as a hand-written loop
    EDDY = 'eddy'
    PEER = 'peer'    # another library
    GIVEN = 'given'  # with --server


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    command: tuple
    kind: Kind
    baseline: str = None  # the raw contestant on the same backend
    speaks_ws: bool = False  # WebSocket, so that eddy_load has to


# Name, program within the build folder, arguments, kind, baseline.
STANDARD = (
    ('raw_epoll', 'bench/raw_epoll_echo', '', Kind.RAW, None),
    ('raw_io_uring', 'bench/raw_uring_echo', '', Kind.RAW, None),
    ('eddy-epoll', 'examples/echo', '--loops 1 --backend epoll', Kind.EDDY,
     'raw_epoll'),
    ('eddy-io_uring', 'examples/echo', '--loops 1 --backend io_uring',
     Kind.EDDY, 'raw_io_uring'),
    ('watcher-epoll', 'examples/watcher_echo', '--loops 1 --backend epoll',
     Kind.EDDY, 'raw_epoll'),
    ('watcher-io_uring', 'examples/watcher_echo',
     '--loops 1 --backend io_uring', Kind.EDDY, 'raw_io_uring'),
    ('libevent', 'bench/libevent_echo', '--loops 1', Kind.PEER, 'raw_epoll'),
    ('libuv', 'bench/libuv_echo', '--loops 1', Kind.PEER, 'raw_epoll'),
    ('asio', 'bench/asio_echo', '--loops 1', Kind.PEER, 'raw_epoll'),
)

# The same for WebSocket: a program whose name ends in ws_echo speaks it. What
# is possible at all is there what eddy does without it.
WEBSOCKET = (
    ('eddy-tcp', 'examples/echo', '--loops 1 --backend epoll', Kind.RAW, None),
    ('eddy-ws', 'examples/ws_echo', '--loops 1 --backend epoll', Kind.EDDY,
     'eddy-tcp'),
    ('beast-ws', 'bench/beast_ws_echo', '--loops 1', Kind.PEER, 'eddy-tcp'),
    ('lws-ws', 'bench/lws_ws_echo', '--loops 1', Kind.PEER, 'eddy-tcp'),
)


def standard_contestants(build, entries=STANDARD):
    """Returns those that are built, and the names of those that are not."""
    built, missing = [], []
    for name, program, arguments, kind, baseline in entries:
        # The backend is built exactly when its baseline is.
        needs = [program] + [entry[1] for entry in entries
                             if entry[0] == baseline]
        if all((build / need).exists() for need in needs):
            command = (str(build / program), '--port', '0',
                       *arguments.split())
            built.append(Contestant(name, command, kind, baseline,
                                    program.endswith('ws_echo')))
        else:
            missing.append(name)
    return built, missing


def choose(contestants, missing, names):
    """Returns the contestants called `names`, in the order of those."""
    by_name = {contestant.name: contestant for contestant in contestants}
    for name in names:
        if name in missing:
            raise Failure(f'--only: {name} is not built; ./dev bench installs '
                          'what it needs and builds it')
        if name not in by_name:
            raise Failure(f'--only: there is no {name!r}, but '
                          f'{", ".join([*by_name, *missing])}')
    return [by_name[name] for name in dict.fromkeys(names)]


def given_contestants(texts, speak_ws=False):
    """Reads what --server said: NAME=COMMAND each."""
    contestants = {}
    for text in texts:
        name, _, command = text.partition('=')
        if not name or not command.strip():
            raise Failure(f'--server: not NAME=COMMAND: {text!r}')
        if name in contestants:
            raise Failure(f'--server: {name} is named twice')
        contestants[name] = Contestant(name, tuple(shlex.split(command)),
                                       Kind.GIVEN, speaks_ws=speak_ws)
    return list(contestants.values())
