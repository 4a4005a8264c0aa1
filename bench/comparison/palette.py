# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""palette: how a contestant looks, the same in every plot.

The colours are those of Okabe and Ito, which the colour-blind tell apart; the
markers and dashes tell the same once more. All of it, and the ink of axes and
text, is readable on white and on black.
"""

import dataclasses

INK = '#7d838c'


@dataclasses.dataclass(frozen=True)
class Look:
    colour: str
    marker: str
    dashes: str = '-'


STANDARD = {
    'raw_epoll': Look('#8c8c8c', 'o', '--'),
    'raw_io_uring': Look('#8c8c8c', 's', ':'),
    'eddy-epoll': Look('#0072b2', 'o'),
    'eddy-io_uring': Look('#56b4e9', 's'),
    'watcher-epoll': Look('#0072b2', '>', '--'),
    'watcher-io_uring': Look('#56b4e9', '<', '--'),
    'libevent': Look('#cc79a7', 'v'),
    'libuv': Look('#e69f00', '^'),
    'asio': Look('#009e73', 'D'),
}
# Who is never beside another looks like that one.
ALIKE = {'eddy-tcp': 'raw_epoll', 'eddy-ws': 'eddy-epoll', 'beast-ws': 'asio',
         'lws-ws': 'libevent'}
# For servers given by hand, in the order in which they are named.
OTHERS = [look for name, look in STANDARD.items() if name != 'raw_io_uring'] + [
    Look('#d55e00', 'P')]


def looks_of(names):
    """Returns a dict from each name to its Look."""
    return {name: STANDARD.get(ALIKE.get(name, name),
                               OTHERS[index % len(OTHERS)])
            for index, name in enumerate(names)}
