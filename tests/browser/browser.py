# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# browser: a headless Chromium that a test drives, through its DevTools.
"""Browser and Tab: what a user does with a page, and what the page becomes."""

import asyncio
import base64
import itertools
import json
import os
import pathlib
import tempfile
import time

import websockets

PATIENCE_SECONDS = 30
STEP_SECONDS = 0.02
ARGUMENTS = (
    '--headless=new', '--remote-debugging-port=0', '--no-first-run',
    '--disable-background-networking', '--disable-component-update',
    '--disable-default-apps', '--disable-extensions', '--disable-gpu',
    '--disable-dev-shm-usage', '--force-color-profile=srgb',
    # Every tab is to go on as if someone looked at it.
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding')


class TooLate(AssertionError):
    """What was waited for did not come."""


class Browser:
    """Runs inside `async with`; its profile is gone with it."""

    def __init__(self, program):
        self._program = program
        self._folder = tempfile.TemporaryDirectory(
            prefix='eddy-browser-', ignore_cleanup_errors=True)
        self._ids = itertools.count(1)
        self._answers = {}  # by the id of the command
        self._tabs = {}     # by the id of the session
        self._process = self._socket = self._reader = None

    async def __aenter__(self):
        arguments = [*ARGUMENTS, f'--user-data-dir={self._folder.name}']
        if os.geteuid() == 0:
            arguments.append('--no-sandbox')  # which root can't have
        self._process = await asyncio.create_subprocess_exec(
            self._program, *arguments, 'about:blank',
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL)
        try:
            url = await self._address()
            self._socket = await websockets.connect(
                url, max_size=None, ping_interval=None, compression=None)
        except BaseException:
            await self.__aexit__()
            raise
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *exception):
        if self._socket is not None:
            try:
                await asyncio.wait_for(self.call('Browser.close'), 5)
            except (asyncio.TimeoutError, websockets.ConnectionClosed,
                    ConnectionError):
                pass  # then it is ended by force
            self._reader.cancel()
            await self._socket.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except asyncio.TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._folder.cleanup()

    async def _address(self):
        """Returns where the browser, once it is up, listens."""
        path = pathlib.Path(self._folder.name, 'DevToolsActivePort')
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit:
            if self._process.returncode is not None:
                raise TooLate('the browser ended by itself')
            lines = path.read_text().split('\n') if path.exists() else []
            if len(lines) == 2:
                return f'ws://127.0.0.1:{lines[0]}{lines[1]}'
            await asyncio.sleep(STEP_SECONDS)
        raise TooLate('the browser does not start')

    async def _read(self):
        async for text in self._socket:
            message = json.loads(text)
            if 'id' in message:
                self._answers.pop(message['id']).set_result(message)
            elif message.get('sessionId') in self._tabs:
                self._tabs[message['sessionId']].note(message)

    async def call(self, method, session=None, **parameters):
        """Returns the result of a command."""
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        command = {'id': number, 'method': method, 'params': parameters}
        if session is not None:
            command['sessionId'] = session
        await self._socket.send(json.dumps(command))
        message = await asyncio.wait_for(answer, PATIENCE_SECONDS)
        if 'error' in message:
            raise AssertionError(f'{method}: {message["error"]["message"]}')
        return message['result']

    async def open(self, url, width, height):
        """Returns a tab, in a window of its own, that shows `url`."""
        target = await self.call('Target.createTarget', url='about:blank',
                                 newWindow=True)
        attached = await self.call('Target.attachToTarget', flatten=True,
                                   targetId=target['targetId'])
        tab = Tab(self, attached['sessionId'])
        self._tabs[attached['sessionId']] = tab
        await tab.set_size(width, height)
        await tab.call('Emulation.setFocusEmulationEnabled', enabled=True)
        for domain in ('Page', 'Runtime', 'Log'):
            await tab.call(f'{domain}.enable')
        await tab.call('Page.navigate', url=url)
        return tab


class Tab:
    """A page. `complaints`: errors in its console, as texts."""

    def __init__(self, browser, session):
        self._browser = browser
        self._session = session
        self.complaints = []

    def note(self, event):
        """Takes an event."""
        what = event['params']
        if event['method'] == 'Runtime.exceptionThrown':
            self.complaints.append(json.dumps(what['exceptionDetails']))
        elif event['method'] == 'Runtime.consoleAPICalled':
            if what['type'] in ('error', 'warning', 'assert'):
                self.complaints.append(json.dumps(what['args']))
        elif event['method'] == 'Log.entryAdded':
            if what['entry']['level'] in ('error', 'warning'):
                self.complaints.append(what['entry']['text'])

    async def call(self, method, **parameters):
        """Returns the result of a command about this page."""
        return await self._browser.call(method, self._session, **parameters)

    async def set_size(self, width, height):
        """Makes the window so large, in CSS pixels."""
        await self.call('Emulation.setDeviceMetricsOverride', width=width,
                        height=height, deviceScaleFactor=2,
                        mobile=width < 600)

    async def prefer(self, scheme):
        """Has the system prefer `scheme`: light or dark."""
        await self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': scheme},
            {'name': 'prefers-reduced-motion', 'value': 'reduce'}])

    async def evaluate(self, expression):
        """Returns the value of an expression of JavaScript."""
        result = await self.call('Runtime.evaluate', expression=expression,
                                 returnByValue=True)
        if 'exceptionDetails' in result:
            raise AssertionError(json.dumps(result['exceptionDetails']))
        return result['result'].get('value')

    async def expect(self, expression, expected):
        """Waits until an expression has a value."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                value = await self.evaluate(expression)
                if value == expected:
                    return
            except AssertionError as error:
                value = error  # the page is not there yet
            if time.monotonic() > limit:
                raise TooLate(f'{expression} is {value!r}, not {expected!r}')
            await asyncio.sleep(STEP_SECONDS)

    async def click(self, selector):
        """Clicks on the middle of the first element that fits."""
        target = json.dumps(selector)
        x, y, is_hit = await self.evaluate(f'''(() => {{
          const target = document.querySelector({target});
          const box = target.getBoundingClientRect();
          const x = box.x + box.width / 2, y = box.y + box.height / 2;
          return [x, y, target.contains(document.elementFromPoint(x, y))];
        }})()''')
        if not is_hit:
            raise AssertionError(f'{selector} is covered or out of sight')
        for kind in ('mousePressed', 'mouseReleased'):
            await self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y,
                            button='left', clickCount=1)

    async def press(self, key, text='', modifiers=0):
        """Presses a key. modifiers: 2 is Ctrl, 8 is Shift."""
        code = {'Enter': 13, 'Escape': 27, 'Tab': 9}.get(key, ord(key[0]))
        for kind in ('keyDown' if text else 'rawKeyDown', 'keyUp'):
            await self.call('Input.dispatchKeyEvent', type=kind, key=key,
                            code=key, windowsVirtualKeyCode=code, text=text,
                            modifiers=modifiers)

    async def type(self, text):
        """Types where the focus is; each line end is Shift and Enter."""
        for number, line in enumerate(text.split('\n')):
            if number > 0:
                await self.press('Enter', '\r', modifiers=8)
            await self.call('Input.insertText', text=line)

    async def fill(self, selector, text):
        """Clicks into a field and replaces what is in it."""
        await self.click(selector)
        await self.evaluate('document.activeElement.select()')
        await self.type(text)

    async def save_screenshot(self, path):
        """Writes a PNG of the page as it looks."""
        shot = await self.call('Page.captureScreenshot', format='png')
        pathlib.Path(path).write_bytes(base64.b64decode(shot['data']))
