# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""Tests of bench/compare as a whole, with the servers of EDDY_BUILD."""

import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ['EDDY_BUILD'])
COMPARE = pathlib.Path(__file__).resolve().parents[2] / 'bench/compare'
TINY = ('--rounds', '1', '--duration', '0.4', '--warmup', '0.05')
TWO = ('--only', 'raw_epoll,eddy-epoll')
WS_SERVERS = {'eddy-ws': 'examples/ws_echo', 'beast-ws': 'bench/beast_ws_echo',
              'lws-ws': 'bench/lws_ws_echo'}
PATIENCE_SECONDS = 60


class CompareTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.output = pathlib.Path(folder.name)

    def command(self, *arguments):
        return [sys.executable, str(COMPARE), '--build', str(BUILD),
                '--output', str(self.output), *arguments]

    def run_compare(self, *arguments):
        return subprocess.run(self.command(*arguments), text=True, check=False,
                              capture_output=True, timeout=PATIENCE_SECONDS)

    def expect_success(self, *arguments):
        """Returns the samples."""
        result = self.run_compare(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        text = (self.output / 'samples.json').read_text(encoding='utf-8')
        return json.loads(text)

    def expect_plots(self, *names):
        if importlib.util.find_spec('matplotlib') is None:
            self.assertEqual(list(self.output.glob('*.svg')), [])
            names = ()
        for name in names:
            text = (self.output / name).read_text(encoding='utf-8')
            self.assertIn('</svg>', text)

    def test_measures_and_writes(self):
        document = self.expect_success(*TWO, *TINY, '--cells', '4x64,2x1kx2')
        first, second = document['loads']
        self.assertEqual((first['connections'], first['size']), (4, 64))
        self.assertEqual((second['size'], second['depth']), (1024, 2))
        for name in ('raw_epoll', 'eddy-epoll'):
            sample, = first['samples'][name]
            self.assertGreater(sample['messages'], 0)
            self.assertEqual(sample['connections_lost'], 0)
        report = (self.output / 'report.txt').read_text(encoding='utf-8')
        self.assertIn('4 connections × 64 B · depth 1 · closed loop', report)
        self.assertIn('1 of 3 rounds', report)
        self.expect_plots('throughput.svg', 'cpu.svg', 'latency.svg')

    def test_compares_at_an_offered_rate(self):
        document = self.expect_success(*TWO, *TINY, '--cells', '4x64',
                                       '--offered')
        rates = [load['offered_messages_per_second']
                 for load in document['loads']]
        self.assertIsNone(rates[0])
        self.assertAlmostEqual(rates[1] / rates[2], 0.5 / 0.8, places=2)
        self.expect_plots('latency.svg')

    def test_measures_fairness(self):
        document = self.expect_success(*TWO, *TINY, '--fairness')
        self.assertEqual([load['label'] for load in document['loads']],
                         ['alone', 'crowded', 'greedy'])
        self.expect_plots('fairness.svg')

    def test_takes_servers_by_command(self):
        server = f'{BUILD}/bench/raw_epoll_echo --port 0'
        document = self.expect_success(
            '--server', f'a={server}', '--server', f'b={server}', *TINY,
            '--cells', '4x64', '--rate', '200')
        load, = document['loads']
        self.assertEqual(load['limit'], 'a')
        self.assertEqual(load['offered_messages_per_second'], 200)

    def test_compares_websocket_with_tcp(self):
        document = self.expect_success('--case', 'ws-echo', *TINY)
        self.assertEqual(len(document['loads']), 9)
        built = [name for name, program in WS_SERVERS.items()
                 if (BUILD / program).exists()]
        for load in document['loads']:
            self.assertEqual(load['limit'], 'eddy-tcp')
            self.assertEqual(list(load['samples']), ['eddy-tcp', *built])
            for name in built:
                sample, = load['samples'][name]
                self.assertEqual(sample['load']['protocol'], 'websocket')
                self.assertEqual(sample['connections_lost'], 0)

    def test_says_that_a_given_server_speaks_no_websocket(self):
        server = f'a={BUILD}/bench/raw_epoll_echo --port 0'
        result = self.run_compare('--server', server, '--ws', *TINY, '--cells',
                                  '4x64')
        self.assertEqual(result.returncode, 1)
        self.assertIn('a: eddy_load: connect to', result.stderr)
        self.assertIn('WebSocket handshake', result.stderr)

    def test_says_why_a_server_does_not_start(self):
        result = self.run_compare('--server', 'a=sh -c "echo no luck"', *TINY,
                                  '--cells', '4x64')
        self.assertEqual(result.returncode, 1)
        self.assertIn('a: ended without "listening on ADDRESS"; it said no '
                      'luck', result.stderr)

    def test_refuses_bad_arguments(self):
        for arguments, why in (
                (('--cells', '64'), 'is no cell'),
                (('--case', 'none'), 'invalid choice'),
                (('--only', 'nobody'), "there is no 'nobody'"),
                (('--offered', '--fairness'), 'not allowed with'),
                (('--fairness', '--cells', '1x1'), 'loads of its own'),
                (('--ws',), '--ws tells of --server'),
                (('--rounds', '0'), 'must be above 0'),
                (('--server-cpu', 'x'), 'no CPUs to run on')):
            with self.subTest(arguments=arguments):
                result = self.run_compare(*arguments)
                self.assertEqual(result.returncode, 2)
                self.assertIn(why, result.stderr)

    def test_lists_the_cases(self):
        result = self.run_compare('--case', 'list')
        self.assertEqual(result.returncode, 0)
        self.assertIn('gaio-64k', result.stdout)
        self.assertIn('ws-echo', result.stdout)

    def test_stops_its_server_at_sigterm(self):
        pid_file = self.output / 'pid'
        server = (f"a=sh -c 'echo $$ > {pid_file}; "
                  f"exec {BUILD}/bench/raw_epoll_echo --port 0'")
        with subprocess.Popen(self.command('--server', server, '--duration',
                                           '600', '--cells', '4x64'),
                              stdout=subprocess.DEVNULL) as compare:
            limit = time.monotonic() + PATIENCE_SECONDS
            while not (pid_file.exists() and pid_file.read_text().strip()):
                self.assertLess(time.monotonic(), limit)
                time.sleep(0.01)
            compare.terminate()
            code = compare.wait(PATIENCE_SECONDS)
        self.assertEqual(code, 128 + signal.SIGTERM)
        with self.assertRaises(ProcessLookupError):
            os.kill(int(pid_file.read_text()), 0)


if __name__ == '__main__':
    unittest.main()
