# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""Tests of who takes part."""

import pathlib
import tempfile
import unittest

from comparison.contestant import (WEBSOCKET, Kind, choose,
                                   given_contestants, standard_contestants)
from comparison.failure import Failure


def build_folder(test, *programs):
    """Returns a folder that holds the programs, empty, until the test ends."""
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    build = pathlib.Path(folder.name)
    for program in programs:
        (build / program).parent.mkdir(exist_ok=True)
        (build / program).touch()
    return build


class StandardTest(unittest.TestCase):
    def test_only_what_is_built_takes_part(self):
        build = build_folder(self, 'bench/raw_epoll_echo', 'examples/echo',
                             'bench/libuv_echo')
        built, missing = standard_contestants(build)
        self.assertEqual([each.name for each in built],
                         ['raw_epoll', 'eddy-epoll', 'libuv'])
        self.assertEqual(missing, ['raw_io_uring', 'eddy-io_uring',
                                   'watcher-epoll', 'watcher-io_uring',
                                   'libevent', 'asio'])

    def test_websocket_has_others(self):
        build = build_folder(self, 'examples/echo', 'examples/ws_echo',
                             'bench/lws_ws_echo', 'bench/libuv_echo')
        built, missing = standard_contestants(build, WEBSOCKET)
        self.assertEqual([(each.name, each.speaks_ws) for each in built],
                         [('eddy-tcp', False), ('eddy-ws', True),
                          ('lws-ws', True)])
        self.assertEqual(missing, ['beast-ws'])
        plain, _ = standard_contestants(build)
        self.assertFalse(any(each.speaks_ws for each in plain))

    def test_only_chooses_and_orders(self):
        build = build_folder(self, 'bench/raw_epoll_echo', 'examples/echo')
        built, missing = standard_contestants(build)
        chosen = choose(built, missing, ['eddy-epoll', 'raw_epoll'])
        self.assertEqual([each.name for each in chosen],
                         ['eddy-epoll', 'raw_epoll'])
        with self.assertRaisesRegex(Failure, 'libuv is not built'):
            choose(built, missing, ['libuv'])
        with self.assertRaisesRegex(Failure, "there is no 'tokio', but raw"):
            choose(built, missing, ['tokio'])


class GivenTest(unittest.TestCase):
    def test_reads_a_name_and_a_command(self):
        one, = given_contestants(["a=run it --with 'two words' x=y"])
        self.assertEqual((one.name, one.kind), ('a', Kind.GIVEN))
        self.assertEqual(one.command,
                         ('run', 'it', '--with', 'two words', 'x=y'))
        self.assertFalse(one.speaks_ws)

    def test_may_speak_websocket(self):
        both = given_contestants(['a=b', 'c=d'], speak_ws=True)
        self.assertTrue(all(each.speaks_ws for each in both))

    def test_says_what_is_wrong(self):
        for texts, why in ((['a'], 'not NAME=COMMAND'),
                           (['=b'], 'not NAME=COMMAND'),
                           (['a= '], 'not NAME=COMMAND'),
                           (['a=b', 'a=c'], 'named twice')):
            with self.subTest(texts=texts):
                with self.assertRaisesRegex(Failure, why):
                    given_contestants(texts)


if __name__ == '__main__':
    unittest.main()
