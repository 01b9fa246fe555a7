"""The page of captioner serve, as people use it, in headless Chromium.

Usage: serve_page_test.py CAPTIONER [--screenshots DIR]      the program, with its captioner of photographs beside it
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import chromium

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTOGRAPH = ROOT / "examples/captioner/photographs/astronaut.jpg"
OTHER = ROOT / "examples/captioner/photographs/chelsea.jpg"
SHOWN = "!document.getElementById('result').hidden"


class ServePage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([CAPTIONER, "serve", "--port", "0", "--max-seconds", "300", "--beam", "3"],
                                      stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end_server)
        cls.address = cls.server.stdout.readline().strip()
        cls.browser = cls.enterClassContext(chromium.Chromium())

    @classmethod
    def end_server(cls):
        cls.server.terminate()
        cls.server.wait()
        cls.server.stdout.close()

    def setUp(self):
        self.page = self.browser.open(self.address)
        self.page.set_width(1280)

    def tearDown(self):
        self.assertEqual([a for a in self.page.addresses() if not a.startswith(self.address)], [])

    def show(self, photograph=PHOTOGRAPH):
        self.page.choose_file("#file", photograph)
        self.page.wait_for(SHOWN)

    def text(self, identifier):
        return self.page.evaluate(f"document.getElementById('{identifier}').textContent")

    def focused(self):
        return self.page.evaluate("document.activeElement.id || document.activeElement.textContent")

    def attention_is_shown(self):
        return self.page.evaluate("document.getElementById('look').classList.contains('is-shown')")

    def said_of(self, photograph):
        said = subprocess.run([CAPTIONER, "caption", "--beam", "3", photograph], check=True, capture_output=True, text=True).stdout
        caption = said.rstrip("\n").split("\t")[1]
        return caption[0].upper() + caption[1:] + "."

    def send(self, kind, files):
        """A paste or a drop of files that are made of JavaScript."""
        event = {"paste": "new ClipboardEvent('paste', {clipboardData: data, bubbles: true})",
                 "drop": "new DragEvent('drop', {dataTransfer: data, bubbles: true})"}[kind]
        self.page.evaluate(f"""(async () => {{
          const data = new DataTransfer();
          for (const file of await Promise.all({files})) data.items.add(file);
          document.body.dispatchEvent({event});
        }})()""")

    def test_a_chosen_photograph_gets_the_caption_of_the_command_line(self):
        for photograph in (PHOTOGRAPH, OTHER):
            sentence = self.said_of(photograph)
            self.page.choose_file("#file", photograph)
            self.page.wait_for(f"document.getElementById('sentence').textContent === {json.dumps(sentence)}")
            self.page.wait_for(f"document.getElementById('status').textContent === {json.dumps('Caption: ' + sentence)}")
            self.assertEqual(self.page.evaluate("document.getElementById('image').alt"), sentence)
        self.assertEqual(self.page.complaints(), [])

    def test_its_alternatives_are_shown_with_their_probabilities(self):
        self.show()
        rows = self.page.evaluate("[...document.querySelectorAll('#captions tr')].map((r) => r.cells[1].textContent)")
        self.assertGreater(len(rows), 1)
        for row in rows:
            self.assertRegex(row, r"^[0-9.]+ %$")

    def test_a_picture_is_pasted_or_dropped(self):
        canvas = """(() => { const c = new OffscreenCanvas(64, 48); c.getContext('2d').fillRect(0, 0, 9, 9);
                     return c.convertToBlob({type: 'TYPE'}).then((b) => new File([b], 'a', {type: b.type})); })()"""
        for kind, file_type in (("paste", "image/png"), ("drop", "image/jpeg"), ("drop", "image/webp")):
            with self.subTest(kind=kind, file_type=file_type):
                self.send(kind, f"[{canvas.replace('TYPE', file_type)}]")
                self.page.wait_for(SHOWN)
                self.page.evaluate("document.getElementById('result').hidden = true")

    def test_what_is_no_picture_is_said_in_words(self):
        self.send("drop", "[new File(['hello'], 'a.txt', {type: 'text/plain'})]")
        self.page.wait_for("document.getElementById('error').textContent.includes('not a JPEG')")
        self.send("paste", "[]")
        self.page.wait_for("document.getElementById('error').textContent.includes('no picture')")
        self.assertEqual(self.page.low_contrasts(), [])

    def test_a_photograph_is_taken_by_a_camera(self):
        self.page.click("#camera-button")
        self.page.wait_for("document.getElementById('camera').open && "
                           "document.getElementById('camera-view').videoWidth > 0")
        self.assertEqual(self.page.nameless_controls(), [])
        self.page.click("#camera-take")
        self.page.wait_for(SHOWN)
        self.assertFalse(self.page.evaluate("document.getElementById('camera').open"))
        self.assertIsNone(self.page.evaluate("document.getElementById('camera-view').srcObject"))

    def test_everything_is_reached_by_the_keyboard(self):
        self.show()
        words = self.page.evaluate("[...document.querySelectorAll('#words button')].map((b) => b.textContent)")
        reached = []
        self.page.evaluate("document.activeElement.blur()")
        for _ in range(60):
            self.page.press("Tab")
            at = self.focused()
            outline = self.page.evaluate("""(() => { const e = document.activeElement.closest('.button') ??
                document.activeElement; return getComputedStyle(e).outlineStyle; })()""")
            if self.page.evaluate("document.activeElement !== document.body"):
                self.assertEqual(outline, "solid", at)
            reached.append(at)
            if at == "For programs":
                break
        self.assertEqual(reached[:2], ["file", "camera-button"])
        self.assertIn("copy", reached)
        self.assertEqual([at for at in reached if at in words], words)
        self.assertIn("For programs", reached)

    def test_a_word_shows_where_it_looked_by_keyboard_mouse_and_touch(self):
        self.show()
        word = "#words li:nth-child(2) button"
        shown = "document.getElementById('look').classList.contains('is-shown')"
        self.page.evaluate(f"document.querySelector('{word}').focus()")
        self.assertTrue(self.attention_is_shown())
        self.assertEqual(self.page.evaluate(f"document.querySelector('{word}').getAttribute('aria-pressed')"), "true")
        self.assertRegex(self.text("where"), r"it looked most at the [a-z ]+, with [0-9]+ % of its attention")
        darkness = self.page.evaluate("""(() => { const c = document.getElementById('look');
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            const alphas = d.filter((_, i) => i % 4 === 3); return [Math.min(...alphas.slice(0, 90000)),
            alphas.reduce((a, b) => Math.max(a, b), 0)]; })()""")
        self.assertGreater(darkness[1], 100)
        self.assertLess(darkness[0], darkness[1])
        self.page.press("Escape")
        self.assertFalse(self.attention_is_shown())

        self.page.evaluate("document.activeElement.blur()")
        self.page.point_at(word)
        self.page.wait_for(shown, 20)
        self.page.point_at("h1")
        self.page.wait_for(f"!{shown}", 20)

        self.page.set_width(390, 844, phone=True)
        self.page.tap(word)
        self.page.wait_for(shown, 20)

    def test_the_caption_is_copied(self):
        self.show()
        self.page.evaluate("document.getElementById('copy').focus()")
        self.page.press("Enter")
        self.page.wait_for("document.getElementById('status').textContent === 'Copied.'")
        self.assertEqual(self.page.evaluate("navigator.clipboard.readText()"), self.text("sentence"))

    def answer_instead_of_the_server(self, answers):
        """The page gets these answers, each (status, body), one after the other."""
        self.page.evaluate(f"""(() => {{
          const answers = {json.dumps(answers)};
          window.fetch = async () => {{
            const [status, body] = answers.shift();
            return new Response(JSON.stringify(body), {{status, headers: {{"Retry-After": "1"}}}});
          }};
        }})()""")

    def test_a_confidence_is_shown_where_there_is_one(self):
        description = {"sentence": "A dog.", "probability": 0.5, "alternatives": [], "attention": None}
        self.answer_instead_of_the_server([(200, {**description, "confidence": 0.634}),
                                           (200, {**description, "confidence": None})])
        self.show()
        self.assertEqual(self.text("confidence-text"), "63 %")
        self.assertAlmostEqual(self.page.evaluate("document.getElementById('confidence-meter').value"), 0.634)
        self.assertFalse(self.page.evaluate("document.getElementById('confidence').hidden"))
        self.assertTrue(self.page.evaluate("document.getElementById('attention').hidden"))
        self.assertEqual(self.page.nameless_controls(), [])
        self.page.choose_file("#file", OTHER)
        self.page.wait_for("document.getElementById('confidence').hidden")

    def test_the_page_comes_again_where_the_server_has_no_time(self):
        description = {"sentence": "A dog.", "probability": 0.5, "alternatives": [], "attention": None,
                       "confidence": None}
        self.answer_instead_of_the_server([(503, {"error": "too many"}), (503, {"error": "too many"}),
                                           (200, description)])
        self.show()
        self.assertEqual(self.text("sentence"), "A dog.")

    def test_a_screen_reader_hears_of_all_there_is(self):
        self.show()
        self.assertEqual(self.page.nameless_controls(), [])
        for identifier, role in (("status", "status"), ("error", "alert"), ("where", "status")):
            self.assertEqual(self.page.evaluate(f"document.getElementById('{identifier}').getAttribute('role')"), role)

    def test_contrasts_are_enough_by_day_and_by_night(self):
        self.show()
        self.page.evaluate("document.querySelector('#words button').focus()")
        for scheme in ("light", "dark"):
            with self.subTest(scheme=scheme):
                self.page.set_media(prefers_color_scheme=scheme)
                self.assertEqual(self.page.low_contrasts(), [])

    def test_nothing_moves_for_who_wants_less_motion(self):
        self.page.set_media(prefers_reduced_motion="reduce")
        self.assertEqual(self.page.evaluate("getComputedStyle(document.getElementById('look')).transitionDuration"), "0s")

    def test_the_page_fits_a_desk_and_a_phone(self):
        self.show()
        for width, phone, scheme in ((1280, False, "light"), (390, True, "light"), (390, True, "dark")):
            with self.subTest(width=width):
                self.page.set_width(width, 844, phone)
                self.page.set_media(prefers_color_scheme=scheme)
                self.assertLessEqual(self.page.evaluate("document.scrollingElement.scrollWidth"), width)
                small = self.page.evaluate("""[...document.querySelectorAll('button, .button')]
                    .map((b) => b.getBoundingClientRect()).filter((b) => b.width > 0 && b.height < 44).length""")
                self.assertEqual(small, 0)  # fingers are thick
                self.page.screenshot(SCREENSHOTS / f"serve_{width}_{scheme}.png")
                self.page.evaluate("document.querySelector('#words li:last-child button').focus()")
                self.page.screenshot(SCREENSHOTS / f"serve_{width}_{scheme}_attention.png")
                self.page.evaluate("document.activeElement.blur()")


if __name__ == "__main__":
    if chromium.program() is None:
        sys.exit(print("skipped: there is no Chromium"))
    arguments = sys.argv[1:]
    CAPTIONER = arguments[0]
    with tempfile.TemporaryDirectory() as unwanted:
        wanted = arguments[2] if arguments[1:2] == ["--screenshots"] else unwanted
        SCREENSHOTS = pathlib.Path(wanted)
        unittest.main(argv=[sys.argv[0], *arguments[3 if wanted != unwanted else 1:]])
