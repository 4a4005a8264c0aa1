#!/usr/bin/env python3
# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# websockets_test: eddy's WebSockets with another library at the other end.
"""Tests ws_echo and ws_client against websockets, a library for Python.

usage: websockets_test.py client|server EXAMPLES

client: websockets connects to ws_echo. server: ws_client connects to it.
EXAMPLES is the folder of the programs. Exits with 77 if there is no websockets.
"""

import asyncio
import contextlib
import http
import os
import pathlib
import sys
import unittest

try:
    import websockets
except ModuleNotFoundError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

PATIENCE_SECONDS = 30
LARGE_BYTES = 1_000_000  # ws_echo takes 1 MiB
TEXTS = ('', 'hello', 'Zoë 👋🏽 & \0',
         ' '.join(f'Zoë {number}' for number in range(10_000)))
# Around what the lengths of frames are written in.
SIZES = (0, 1, 125, 126, 127, 65_535, 65_536, LARGE_BYTES)

examples = pathlib.Path()


def in_time(awaitable):
    """Returns `awaitable`, with a limit."""
    return asyncio.wait_for(awaitable, PATIENCE_SECONDS)


@contextlib.asynccontextmanager
async def running(name, *arguments):
    """Runs a program; kills it if it still runs in the end."""
    process = await asyncio.create_subprocess_exec(
        examples / name, *arguments, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        limit=4 * LARGE_BYTES)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def echoing(*arguments):
    """Runs ws_echo. Gives its URL."""
    async with running('ws_echo', '--port', '0', *arguments) as process:
        line = (await in_time(process.stdout.readline())).decode()
        assert line.startswith('listening on '), line
        yield f'ws://127.0.0.1:{int(line.rsplit(":", 1)[1])}/'
        process.terminate()
        assert await in_time(process.wait()) == 0


class ClientTest(unittest.IsolatedAsyncioTestCase):
    """websockets connects to ws_echo."""

    async def expect_echoes(self, socket):
        """Everything comes back as it was sent."""
        for message in (*TEXTS, *(os.urandom(size) for size in SIZES)):
            await in_time(socket.send(message))
            self.assertEqual(await in_time(socket.recv()), message)

    async def test_echoes_text_and_binary(self):
        async with echoing() as url:
            async with websockets.connect(url) as socket:
                self.assertNotIn('Sec-WebSocket-Extensions',
                                 socket.response_headers)
                await self.expect_echoes(socket)

    async def test_echoes_what_is_compressed(self):
        async with echoing('--deflate') as url:
            async with websockets.connect(url) as socket:
                self.assertIn('permessage-deflate',
                              socket.response_headers[
                                  'Sec-WebSocket-Extensions'])
                await self.expect_echoes(socket)
            async with websockets.connect(url, compression=None) as socket:
                await self.expect_echoes(socket)

    async def test_echoes_what_comes_in_fragments(self):
        async with echoing('--deflate') as url:
            for compression in (None, 'deflate'):
                async with websockets.connect(
                        url, compression=compression) as socket:
                    parts = ['one ', '', 'two ', 'ü' * 1000]
                    await in_time(socket.send(parts))
                    self.assertEqual(await in_time(socket.recv()),
                                     ''.join(parts))

    async def test_answers_pings(self):
        async with echoing() as url:
            async with websockets.connect(url) as socket:
                for data in (b'', b'x' * 125):
                    await in_time(await socket.ping(data))

    async def test_many_at_once(self):
        async with echoing('--deflate', '--loops', '2') as url:
            async def talk(number):
                async with websockets.connect(url) as socket:
                    texts = [f'{number} {i} ' * 100 for i in range(50)]
                    for text in texts:
                        await socket.send(text)
                    for text in texts:
                        self.assertEqual(await in_time(socket.recv()), text)
            await in_time(asyncio.gather(*(talk(n) for n in range(20))))

    async def test_answers_a_close_with_its_code(self):
        async with echoing() as url:
            for code in (1000, 1001, 3000, 4999):
                socket = await websockets.connect(url)
                await in_time(socket.close(code, 'because'))
                self.assertEqual(socket.close_code, code)

    async def test_refuses_what_is_too_big(self):
        async with echoing() as url:
            async with websockets.connect(url) as socket:
                await in_time(socket.send(b'x' * ((1 << 20) + 1)))
                with self.assertRaises(websockets.ConnectionClosed) as caught:
                    await in_time(socket.recv())
                self.assertEqual(caught.exception.rcvd.code, 1009)

    async def test_refuses_what_inflates_too_much(self):
        async with echoing('--deflate') as url:
            async with websockets.connect(url) as socket:
                await in_time(socket.send(b'x' * ((1 << 20) + 1)))
                with self.assertRaises(websockets.ConnectionClosed) as caught:
                    await in_time(socket.recv())
                self.assertEqual(caught.exception.rcvd.code, 1009)

    async def test_says_goodbye(self):
        async with running('ws_echo', '--port', '0') as process:
            line = (await in_time(process.stdout.readline())).decode()
            url = f'ws://127.0.0.1:{int(line.rsplit(":", 1)[1])}/'
            async with websockets.connect(url) as socket:
                process.terminate()
                with self.assertRaises(websockets.ConnectionClosed) as caught:
                    await in_time(socket.recv())
                self.assertEqual(caught.exception.rcvd.code, 1001)
            self.assertEqual(await in_time(process.wait()), 0)


class ServerTest(unittest.IsolatedAsyncioTestCase):
    """ws_client connects to websockets."""

    @contextlib.asynccontextmanager
    async def serving(self, handler, **options):
        """Runs a server of websockets. Gives its URL."""
        async with websockets.serve(handler, '127.0.0.1', 0,
                                    **options) as server:
            port = server.sockets[0].getsockname()[1]
            yield f'ws://127.0.0.1:{port}/a?b=c'

    async def talk(self, url, lines, *arguments):
        """Sends lines, each of which comes back, until there are no more."""
        async with running('ws_client', '--connect', url,
                           *arguments) as process:
            for line in lines:
                process.stdin.write(line.encode() + b'\n')
                answer = await in_time(process.stdout.readline())
                self.assertEqual(answer.decode(), line + '\n')
            process.stdin.close()
            self.assertEqual(await in_time(process.wait()), 0)

    async def test_talks(self):
        heard, codes, extensions = [], [], []

        async def echo(socket, *_):
            extensions.append(
                socket.response_headers.get('Sec-WebSocket-Extensions'))
            async for message in socket:
                heard.append(message)
                await socket.send(message)
            codes.append(socket.close_code)

        lines = [text for text in TEXTS if '\n' not in text]
        async with self.serving(echo) as url:
            await self.talk(url, lines)
            await self.talk(url, lines, '--deflate')
        self.assertEqual(heard, lines * 2)
        self.assertEqual(codes, [1000, 1000])
        self.assertIsNone(extensions[0])
        self.assertIn('permessage-deflate', extensions[1])

    async def test_takes_fragments_and_answers_pings(self):
        async def tell(socket, *_):
            await in_time(await socket.ping(b'are you there?'))
            await socket.send(['one ', 'two ', 'ü' * 1000])
            await socket.send([b'x' * 1000, b'', b'y'])
            await socket.close(1000, 'enough')

        async with self.serving(tell) as url:
            for more in ((), ('--deflate',)):
                async with running('ws_client', '--connect', url,
                                   *more) as process:
                    output = await in_time(process.stdout.read())
                    self.assertEqual(await in_time(process.wait()), 0)
                self.assertEqual(output.decode(), 'one two ' + 'ü' * 1000 + '\n'
                                 + 'x' * 1000 + 'y\n')

    async def test_tells_how_it_ended(self):
        async def drop(socket, *_):
            await socket.close(4001, 'go away')

        async with self.serving(drop) as url:
            async with running('ws_client', '--connect', url) as process:
                self.assertEqual(await in_time(process.wait()), 4)
                self.assertIn(b'4001 go away', await process.stderr.read())

        async def refuse(*_):
            return http.HTTPStatus.FORBIDDEN, [], b'no\n'

        async with self.serving(drop, process_request=refuse) as url:
            async with running('ws_client', '--connect', url) as process:
                self.assertEqual(await in_time(process.wait()), 1)
                self.assertIn(b'403 Forbidden', await process.stderr.read())


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('client', 'server'):
        sys.exit(__doc__)
    examples = pathlib.Path(sys.argv[2])
    unittest.main(argv=[sys.argv[0], sys.argv[1].capitalize() + 'Test'])
