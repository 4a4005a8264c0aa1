#!/usr/bin/env python3
# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# chat_test: two people use the page of ws_chat, in a browser.
"""Tests the page of the chat as users have it.

usage: chat_test.py WS_CHAT FOLDER

WS_CHAT is the program, FOLDER gets the screenshots. Exits with 77 if there is
no Chromium or no websockets for Python.
"""

import asyncio
import contextlib
import pathlib
import shutil
import sys

try:
    from browser import PATIENCE_SECONDS, Browser
except ModuleNotFoundError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

HOSTILE = '<b>bold</b> & <img src=x onerror=alert(1)> "quoted" 👋🏽 \u202eevil'
SIZES = {'desktop': (1100, 760), 'phone': (390, 780)}


class Server:
    """The program, which can be killed and started again on its port."""

    def __init__(self, program):
        self._program = program
        self._process = None
        self.port = 0

    async def start(self):
        """Returns once it listens."""
        self._process = await asyncio.create_subprocess_exec(
            self._program, '--port', str(self.port), '--loops', '2',
            stdout=asyncio.subprocess.PIPE)
        line = await asyncio.wait_for(self._process.stdout.readline(),
                                      PATIENCE_SECONDS)
        text = line.decode()
        assert text.startswith('listening on '), text
        self.port = int(text.rsplit(':', 1)[1])

    async def kill(self):
        """Ends it without a goodbye."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


def text_of(selector):
    """Returns an expression for the text of the last element that fits."""
    return f"[...document.querySelectorAll('{selector}')].pop()?.textContent"


async def enter(tab, name, room):
    """Fills in the form, by keyboard but for the first click."""
    await tab.expect("document.activeElement.id", 'name')
    await tab.fill('#name', name)
    await tab.fill('#room', room)
    await tab.press('Enter', '\r')
    await tab.expect("document.activeElement.id", 'text')


async def say(tab, text):
    """Types and presses Enter."""
    await tab.click('#text')
    await tab.type(text)
    await tab.press('Enter', '\r')
    await tab.expect("document.querySelector('#text').value", '')


async def expect_heard(tabs, text):
    """The last message of each is `text`, and nothing became markup."""
    for tab in tabs:
        await tab.expect(text_of('.bubble'), text)
        assert await tab.evaluate(
            "document.querySelectorAll('.bubble *').length") == 0


async def test_talk(ada, ben):
    """Both hear both, literally, and know who is there."""
    await enter(ada, 'Ada', 'garden')
    await ada.expect(text_of('#count'), '1 here')
    await enter(ben, 'Ben <i>', 'garden')
    for tab in (ada, ben):
        await tab.expect(text_of('#count'), '2 here')
    await ada.expect(text_of('.notice'), 'Ben <i> came in')
    await say(ada, 'Good morning! Who is coming to the lake?')
    await expect_heard((ada, ben), 'Good morning! Who is coming to the lake?')
    await ben.type(HOSTILE)
    await ben.click('#send')
    await expect_heard((ada, ben), HOSTILE)
    await ada.expect(text_of('.by bdi'), 'Ben <i>')
    await say(ada, 'I see every character of it.\nAnd this is a second line.')
    await expect_heard(
        (ada, ben), 'I see every character of it.\nAnd this is a second line.')
    await say(ben, 'Me too 🌞')
    await expect_heard((ada, ben), 'Me too 🌞')


async def test_same_name_and_rooms(browser, url, ada):
    """A name that is taken gets a number; other rooms hear nothing."""
    third = await browser.open(url, *SIZES['phone'])
    await enter(third, 'Ada', 'garden')
    await ada.expect(text_of('#count'), '3 here')
    await third.click('#people summary')
    await third.expect("[...document.querySelectorAll('#names li bdi')]"
                       ".map((e) => e.textContent)",
                       ['Ada', 'Ben <i>', 'Ada 2'])
    await third.press('Escape')
    await third.expect("document.querySelector('#people').open", False)
    await third.click('#leave')
    await ada.expect(text_of('#count'), '2 here')
    await ada.expect(text_of('.notice'), 'Ada 2 left')
    await enter(third, 'Ada', 'elsewhere')
    await third.expect(text_of('#count'), '1 here')
    await say(third, 'is anybody here?')
    await expect_heard((third,), 'is anybody here?')
    await ada.expect(text_of('.bubble'), 'Me too 🌞')
    await third.click('#leave')
    assert third.complaints == [], third.complaints


async def test_looks(tab, folder):
    """Saves how it looks; the toggle and the system's wish both count."""
    ground = "getComputedStyle(document.querySelector('#chat')).backgroundColor"
    looks = {}
    for scheme in ('light', 'dark'):
        await tab.prefer(scheme)
        looks[scheme] = await tab.evaluate(ground)
        for name, size in SIZES.items():
            await tab.set_size(*size)
            assert await tab.evaluate(
                'document.documentElement.scrollWidth') <= size[0]
            await tab.save_screenshot(folder / f'chat-{name}-{scheme}.png')
    assert looks['light'] != looks['dark'], looks
    await tab.click('#theme')
    await tab.expect(ground, looks['light'])
    await tab.click('#theme')
    await tab.expect(ground, looks['dark'])


async def test_entry_looks(browser, url, folder):
    """Saves how the form looks."""
    tab = await browser.open(url, *SIZES['desktop'])
    await tab.expect("document.activeElement.id", 'name')
    for scheme in ('light', 'dark'):
        await tab.prefer(scheme)
        await tab.save_screenshot(folder / f'entry-desktop-{scheme}.png')
    assert tab.complaints == [], tab.complaints


async def test_reconnect(server, ada, ben, folder):
    """Both come back by themselves when the server does."""
    for tab in (ada, ben):
        assert tab.complaints == [], tab.complaints
    await server.kill()
    for tab in (ada, ben):
        await tab.expect("document.querySelector('#lost').hidden", False)
        assert await tab.evaluate("document.querySelector('#send').disabled")
    await ada.expect(text_of('.notice'), 'Disconnected')
    await ada.save_screenshot(folder / 'chat-phone-lost.png')
    await server.start()
    for tab in (ada, ben):
        await tab.expect("document.querySelector('#lost').hidden", True)
        await tab.expect(text_of('#count'), '2 here')
    await say(ben, 'Here we are again.')
    await expect_heard((ada, ben), 'Here we are again.')
    for tab in (ada, ben):
        # The browser itself tells of the attempts that failed, and of nothing
        # else.
        others = [text for text in tab.complaints
                  if not text.startswith('WebSocket connection to ')]
        assert others == [], others


async def run(server, folder, program):
    """Runs everything, with two tabs that stay."""
    await server.start()
    url = f'http://127.0.0.1:{server.port}/'
    async with Browser(program) as browser:
        await test_entry_looks(browser, url, folder)
        ada = await browser.open(url, *SIZES['desktop'])
        ben = await browser.open(url, *SIZES['desktop'])
        await test_talk(ada, ben)
        await test_same_name_and_rooms(browser, url, ada)
        await test_looks(ada, folder)
        await test_reconnect(server, ada, ben, folder)


async def main(path, folder):
    """Returns the exit code."""
    program = shutil.which('chromium') or shutil.which('chromium-browser')
    if program is None:
        print('skipped: there is no Chromium')
        return 77
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(path)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(server.kill)
        await run(server, folder, program)
    print('passed')
    return 0


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(*sys.argv[1:])))
