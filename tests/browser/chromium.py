"""Headless Chromium for tests of pages, by the DevTools protocol over a pipe: nothing but Python's own library is needed.

    with Chromium() as browser:
        page = browser.open("http://127.0.0.1:8080/")
        page.wait_for("document.title !== ''")
"""
import base64
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")

# Keys that tests press: key, code, Windows' number, and the text that it types.
KEYS = {"Tab": ("Tab", "Tab", 9, ""), "Enter": ("Enter", "Enter", 13, "\r"), " ": (" ", "Space", 32, " "),
        "Escape": ("Escape", "Escape", 27, "")}


def program():
    """Where Chromium is; None where there is none."""
    return os.environ.get("PUPIL_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """The browser. Its cameras show a test picture, and pages may use them and the clipboard."""

    def __enter__(self):
        self._profile = tempfile.TemporaryDirectory(prefix="pupil_chromium_", ignore_cleanup_errors=True)
        to_browser, self._to_browser = _pipe()
        self._from_browser, from_browser = _pipe()

        def use_descriptors():
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        self._process = subprocess.Popen(
            [program(), "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-extensions",
             "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
             f"--user-data-dir={self._profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=use_descriptors, pass_fds=(3, 4))
        os.close(to_browser)
        os.close(from_browser)
        self._received = b""
        self._last_id = 0
        self.events = []
        return self

    def __exit__(self, *_):
        os.close(self._to_browser)  # the end of the pipe ends the browser
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from_browser)
        self._profile.cleanup()

    def call(self, method, session=None, **parameters):
        """The result of a command of the protocol. What happens meanwhile is kept in `events`."""
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        message = json.dumps(command).encode() + b"\0"
        while message:
            message = message[os.write(self._to_browser, message):]
        while True:
            answer = self._receive()
            if answer.get("id") == self._last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, address):
        """A page of its own, loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log", "DOM", "Accessibility"):
            page.call(f"{domain}.enable")
        self.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        page.call("Page.bringToFront")
        page.call("Page.navigate", url=address)
        page.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")
        return page

    def _receive(self):
        while b"\0" not in self._received:
            chunk = os.read(self._from_browser, 1 << 20)
            if not chunk:
                raise RuntimeError("Chromium has ended")
            self._received += chunk
        message, self._received = self._received.split(b"\0", 1)
        return json.loads(message)


class Page:
    def __init__(self, browser, session):
        self._browser = browser
        self._session = session

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression):
        """The value of JavaScript; of a promise, what it comes to."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True,
                           userGesture=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait_for(self, condition, seconds=120):
        """Waits until JavaScript is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise AssertionError(f"did not come true: {condition}; the page says: "
                                     f"{self.evaluate('document.body.innerText')}")
            time.sleep(0.02)

    def choose_file(self, selector, path):
        """What a person does with an <input type=file>."""
        document = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def press(self, key, shift=False):
        name, code, number, text = KEYS[key]
        common = {"key": name, "code": code, "windowsVirtualKeyCode": number, "modifiers": 8 if shift else 0}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **down, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def _middle_of(self, selector):
        return self.evaluate(f"""(() => {{
          const e = document.querySelector({json.dumps(selector)});
          e.scrollIntoView({{block: "nearest"}});
          const box = e.getBoundingClientRect();
          return [box.left + box.width / 2, box.top + box.height / 2];
        }})()""")

    def point_at(self, selector):
        x, y = self._middle_of(selector)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, selector):
        x, y = self._middle_of(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def tap(self, selector):
        x, y = self._middle_of(selector)
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def set_width(self, width, height=900, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)

    def set_media(self, **features):
        """As in set_media(prefers_color_scheme="dark")."""
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def screenshot(self, path):
        """Of the whole page."""
        time.sleep(0.3)  # until what moves has come to rest
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(picture))

    def addresses(self):
        """What was loaded, but for what the page made itself."""
        requests = [e["params"]["request"]["url"] for e in self._events("Network.requestWillBeSent")]
        return [url for url in requests if not url.startswith(("data:", "blob:"))]

    def complaints(self):
        """Errors that the browser has logged: exceptions, what the Content-Security-Policy forbids."""
        thrown = [str(e["params"]["exceptionDetails"]) for e in self._events("Runtime.exceptionThrown")]
        logged = [e["params"]["entry"] for e in self._events("Log.entryAdded")]
        return thrown + [f"{e['text']} {e.get('url', '')}" for e in logged if e["level"] == "error"]

    def nameless_controls(self):
        """Roles of what a screen reader offers to use without being able to say its name."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        used = {"button", "link", "textbox", "checkbox", "combobox", "slider", "meter", "img", "image", "dialog"}
        return [node["role"]["value"] for node in nodes if not node.get("ignored") and
                node.get("role", {}).get("value") in used and not node.get("name", {}).get("value")]

    def low_contrasts(self):
        """Texts that differ from what is behind them by less than WCAG's AA wants, as (text, ratio)."""
        return self.evaluate(CONTRASTS)

    def _events(self, method):
        self.evaluate("0")  # has what came meanwhile read
        return [e for e in self._browser.events if e.get("sessionId") == self._session and e["method"] == method]


CONTRASTS = """(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const low = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join(" ").trim();
    if (!text || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const pair = [luminance(rgba(style.color)), luminance(ground(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) low.push([text, ratio]);
  }
  return low;
})()"""


def _pipe():
    """A pipe whose descriptors are none of 0 to 4, for the browser wants 3 and 4."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(end)
    return ends
