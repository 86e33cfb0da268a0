"""Headless Chromium over its own debugging pipe, with no other program between."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from needed import needs, which

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--no-sandbox",  # tests may run as root, and see pages of this machine only
)
PATIENCE = 30.0

START = """
import os, sys
for handle, free in zip(map(int, sys.argv[1:3]), (90, 91)):
    os.dup2(handle, free)
for free, wanted in ((90, 3), (91, 4)):
    os.dup2(free, wanted)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads commands at 3 and answers at 4."""


class Page:
    """One page. `complaints` are errors of its scripts, of what it loads, and of its policy."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._number = 0
        self._rest = b""
        self._session = ""
        self.complaints: list[str] = []
        self.credentials: tuple[str, str] | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command's result."""
        number = self._send(method, parameters)
        while (message := self._next()).get("id") != number:
            self._heard(message)
        assert "error" not in message, (method, message["error"])
        return message["result"]

    def open(self, url: str, name: str = "", password: str = "") -> None:
        """Go there; asked for a name and a password, give these."""
        self.credentials = (name, password) if password else None
        if self.credentials:
            self.call("Fetch.enable", handleAuthRequests=True)
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def look(self, expression: str) -> Any:
        """The value of an expression in the page, as JSON."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until this is true in the page."""
        end = time.monotonic() + PATIENCE
        while not self.look(f"!!({expression})"):
            assert time.monotonic() < end, f"never came true: {expression}; {self.complaints}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """One key, down and up. Characters are typed."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        facts = {"key": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **facts)
        self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    def screen(self, width: int, height: int = 900, scheme: str = "light") -> None:
        """The size of the window, and whether its user likes it dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def _send(self, method: str, parameters: dict[str, Any]) -> int:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return self._number

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._read, 1 << 20)
            assert piece, "the browser has ended"
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _heard(self, message: dict[str, Any]) -> None:
        method, told = message.get("method", ""), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning"}:
            self.complaints.append(json.dumps(told["args"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(json.dumps(told["entry"]))
        elif method == "Fetch.requestPaused":
            self._send("Fetch.continueRequest", {"requestId": told["requestId"]})
        elif method == "Fetch.authRequired":
            answer: dict[str, str] = {"response": "CancelAuth"}
            if self.credentials:
                name, password = self.credentials
                answer = {"response": "ProvideCredentials", "username": name, "password": password}
            response = {"requestId": told["requestId"], "authChallengeResponse": answer}
            self._send("Fetch.continueWithAuth", response)


@contextmanager
def browser() -> Iterator[Page]:
    """A page of a browser of its own, which ends with it. Skips the test where there is none."""
    program = which(*NAMES)
    needs("chromium", program is not None, "chromium on PATH")
    to_read, to_write = os.pipe(), os.pipe()
    with TemporaryDirectory(prefix="brim-chromium-", ignore_cleanup_errors=True) as profile:
        command = [str(program), *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        pipes = [str(to_read[0]), str(to_write[1])]
        with subprocess.Popen(
            [sys.executable, "-c", START, *pipes, *command],
            pass_fds=(to_read[0], to_write[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            os.close(to_read[0])
            os.close(to_write[1])
            try:
                yield Page(to_read[1], to_write[0])
            finally:
                for handle in (to_read[1], to_write[0]):
                    with suppress(OSError):
                        os.close(handle)
                process.terminate()
