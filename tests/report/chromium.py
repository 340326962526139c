"""A browser without a window, driven through its DevTools protocol over pipes. Nothing but Chromium itself is needed.

The protocol: https://chromedevtools.github.io/devtools-protocol. With `--remote-debugging-pipe` the browser reads
messages from file descriptor 3 and writes to 4; each is a JSON object that ends with a zero byte.
"""

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
_FLAGS += ["--disable-background-networking", "--remote-debugging-pipe"]
# Moves the pipes to where the browser expects them; through higher numbers, since they may be 3 and 4 themselves.
_LAUNCH = (
    "import fcntl, os, sys\n"
    "ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]\n"
    "for target, end in zip((3, 4), ends): os.dup2(end, target); os.close(end)\n"
    "os.execv(sys.argv[3], sys.argv[3:])"
)


@dataclasses.dataclass(frozen=True)
class Visit:
    """What came of opening a page.

    Attributes:
        requests: Every address that was asked for.
        complaints: What the console showed: errors, warnings and messages, also of the browser itself.
        answer: What the expression gave.
    """

    requests: list[str]
    complaints: list[str]
    answer: object


def find_browser() -> str | None:
    """The path of a Chromium, None if there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def visit(browser: str, address: str, expression: str, profile: str, *, width: int = 0, scheme: str = "light") -> Visit:
    """Opens a page, waits until it is loaded, and evaluates an expression in it.

    Args:
        browser: Path of the browser.
        address: The page.
        expression: JavaScript whose value JSON can hold.
        profile: Folder for what the browser keeps.
        width: Pixels of the window; 0 for what the browser likes.
        scheme: The colours that the reader prefers, light or dark.
    """
    with _running(browser, profile) as talk:
        target = talk.call("Target.createTarget", url="about:blank")["targetId"]
        talk.session = talk.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            talk.call(f"{domain}.enable")
        look = [{"name": "prefers-color-scheme", "value": scheme}]
        talk.call("Emulation.setEmulatedMedia", features=look)
        if width:
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
            talk.call("Emulation.setDeviceMetricsOverride", **size)
        talk.call("Page.navigate", url=address)
        talk.wait_for("Page.loadEventFired")
        answer = talk.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return Visit(
            requests=[event["request"]["url"] for event in talk.events("Network.requestWillBeSent")],
            complaints=[
                json.dumps(event)
                for name in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
                for event in talk.events(name)
            ],
            answer=answer["result"].get("value"),
        )


class _Talk:
    """Messages to and from a browser."""

    def __init__(self, reader: int, writer: int):
        self._reader, self._writer = os.fdopen(reader, "rb", 0), os.fdopen(writer, "wb", 0)
        self._buffer, self._calls, self._events = b"", 0, []
        self.session: str | None = None

    def call(self, method: str, **parameters: object) -> dict:
        """Calls a method of the protocol and returns its result."""
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        self._writer.write(json.dumps(message).encode() + b"\0")
        while True:
            reply = self._receive()
            if reply.get("id") == self._calls:
                assert "error" not in reply, reply
                return reply["result"]

    def wait_for(self, name: str) -> None:
        """Returns when there has been such an event."""
        while not self.events(name):
            self._receive()

    def events(self, name: str) -> list[dict]:
        """What all events of a name that came so far say."""
        return [event["params"] for event in self._events if event["method"] == name]

    def close(self) -> None:
        """Ends the browser, which stops when nobody talks to it."""
        self._writer.close()
        self._reader.close()

    def _receive(self) -> dict:
        while b"\0" not in self._buffer:
            data = self._reader.read(65536)
            assert data, "the browser has ended"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        parsed = json.loads(message)
        if "method" in parsed:
            self._events.append(parsed)
        return parsed


@contextlib.contextmanager
def _running(browser: str, profile: str) -> Iterator[_Talk]:
    (their_reader, writer), (reader, their_writer) = os.pipe(), os.pipe()
    words = [browser, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", _LAUNCH, str(their_reader), str(their_writer), *words],
        pass_fds=(their_reader, their_writer),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(their_reader)
    os.close(their_writer)
    talk = _Talk(reader, writer)
    try:
        yield talk
    finally:
        talk.close()
        process.kill()
        process.wait()
