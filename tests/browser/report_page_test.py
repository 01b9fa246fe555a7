"""The page of captioner report, as people use it, in headless Chromium.

Usage: report_page_test.py CAPTIONER [--screenshots DIR]      the program, with its captioner of photographs beside it
       report_page_test.py --page FILE [--screenshots DIR]    a report that there is already
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import chromium

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTOGRAPHS = ROOT / "examples/captioner/photographs"

# What people might write of the photographs that come with the program.
CAPTIONS = {"astronaut.jpg": "A woman in an orange suit smiles in front of a flag .",
            "camera.jpg": "A man looks through a camera on a field of grass .",
            "chelsea.jpg": "A cat with green eyes looks at the camera .",
            "coffee.jpg": "A cup of coffee stands on a table .",
            "rocket.jpg": "A rocket stands on its launch pad at night ."}

SHOWN = "[...document.querySelectorAll('.card:not([hidden])')]"


def make_data(folder):
    """A data set of those photographs, each several times, so that all splits have some."""
    images = folder / "Images"
    images.mkdir()
    rows = ["image,caption"]
    for copy in range(20):
        for name, caption in CAPTIONS.items():
            shutil.copy(PHOTOGRAPHS / name, images / f"{copy:02}_{name}")
            rows += [f"{copy:02}_{name},{caption}"] * 5
    (folder / "captions.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")


class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(chromium.Chromium())

    def setUp(self):
        self.page = self.browser.open(PAGE.as_uri())
        self.page.set_width(1280)

    def tearDown(self):
        self.assertEqual(set(self.page.addresses()), {PAGE.as_uri()})
        self.assertEqual(self.page.complaints(), [])

    def choose(self, control, value):
        self.page.evaluate(f"""(() => {{
          const control = document.querySelector("[name={control}]");
          control.value = {value!r};
          control.dispatchEvent(new Event("input", {{bubbles: true}}));
        }})()""")

    def shown(self, what):
        return self.page.evaluate(f"{SHOWN}.map((card) => {what})")

    def test_cards_are_sorted_by_what_is_chosen(self):
        for value in self.page.evaluate("[...document.querySelector('[name=sort]').options].map((o) => o.value)"):
            with self.subTest(value):
                self.choose("sort", value)
                measure, direction = value.split(":")
                numbers = [float(n) for n in self.shown(f"card.dataset.{measure}")]
                self.assertGreater(len(numbers), 1)
                self.assertEqual(numbers, sorted(numbers, reverse=direction == "-1"))

    def test_cards_are_filtered_by_groups(self):
        counts = []
        for group in ("best", "worst", "random"):
            self.choose("group", group)
            groups = self.shown("card.dataset.groups")
            counts.append(len(groups))
            self.assertTrue(all(group in each.split() for each in groups))
        self.assertEqual(len(set(counts)), 1)

    def test_cards_are_filtered_by_words_and_a_reader_is_told_how_many_are_left(self):
        word = self.page.evaluate("document.querySelector('.card .word:last-child').textContent")
        self.page.evaluate("document.querySelector('[name=words]').focus()")
        self.page.call("Input.insertText", text=word.upper())
        texts = self.shown("card.querySelector('.said').textContent + card.querySelector('.written').textContent")
        self.assertGreater(len(texts), 0)
        self.assertTrue(all(word in text.lower() for text in texts))
        said = self.page.evaluate("document.querySelector('[name=count]').value")
        self.assertTrue(said.startswith(f"{len(texts)} of "), said)
        self.page.call("Input.insertText", text=" xylophone")
        self.assertEqual(self.shown("1"), [])
        self.assertFalse(self.page.evaluate("document.querySelector('.nothing').hidden"))
        self.page.press("Escape")
        self.assertEqual(len(self.shown("1")), self.page.evaluate("cards.length"))

    def drawn(self):
        """How much of the first photograph is darkened: nothing, or the mean of the canvas in front of it."""
        return self.page.evaluate("""(() => {
          const canvas = document.querySelector(".card canvas");
          if (canvas.hidden) return null;
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let sum = 0;
          for (let i = 3; i < data.length; i += 4) sum += data[i];
          return (4 * sum) / data.length;
        })()""")

    def line_below(self):
        return self.page.evaluate("document.querySelector('.card .file').textContent")

    def test_the_look_is_drawn_where_a_word_is_pointed_at(self):
        self.assertIsNone(self.drawn())
        self.page.point_at(".card .word:nth-of-type(2)")
        self.assertGreater(self.drawn(), 10)
        self.assertLess(self.drawn(), 220)
        self.page.point_at("h1")
        self.assertIsNone(self.drawn())
        self.assertTrue(self.line_below().endswith(".jpg"))

    def test_the_look_lies_on_the_photograph_alone_whatever_its_shape(self):
        for width, phone in ((1280, False), (390, True)):
            self.page.set_width(width, 844, phone)
            beside = self.page.evaluate("""[...document.querySelectorAll(".card")].map((card) => {
              const canvas = card.querySelector("canvas"), image = card.querySelector("img");
              canvas.hidden = false;
              const [one, other] = [canvas, image].map((element) => element.getBoundingClientRect());
              canvas.hidden = true;
              const shape = other.width / other.height / (image.naturalWidth / image.naturalHeight);
              return Math.max(Math.abs(one.top - other.top), Math.abs(one.left - other.left),
                              Math.abs(one.width - other.width), Math.abs(one.height - other.height),
                              100 * Math.abs(shape - 1));
            })""")
            self.assertLess(max(beside), 2)

    def test_the_look_is_drawn_where_a_word_is_tapped(self):
        self.page.set_width(390, 844, phone=True)
        self.page.tap(".card .word")
        self.page.wait_for("!document.querySelector('.card canvas').hidden")

    def test_the_look_follows_the_keyboard_word_by_word(self):
        self.page.evaluate("document.querySelector('[name=words]').focus()")
        self.page.press("Tab")
        words = self.page.evaluate("[...document.querySelectorAll('.card')[0].querySelectorAll('.word')]"
                                   ".map((word) => word.textContent)")
        self.assertEqual(self.page.evaluate("document.activeElement.textContent"), words[0])
        self.assertTrue(self.line_below().startswith("around the "))
        self.page.call("Input.dispatchKeyEvent", type="rawKeyDown", key="ArrowRight", code="ArrowRight",
                       windowsVirtualKeyCode=39)
        self.assertEqual(self.page.evaluate("document.activeElement.textContent"), words[1])
        self.assertTrue(self.line_below().startswith("around the "))
        self.assertTrue(self.page.evaluate("document.activeElement.getAttribute('aria-label')")
                        .startswith(words[1] + ": around the "))
        self.page.press("Tab")  # a caption is one stop
        self.assertTrue(self.page.evaluate(
            "document.activeElement.closest('.card') !== document.querySelector('.card')"))

    def test_bars_are_as_long_as_their_words_are_frequent(self):
        rows = self.page.evaluate("""[...document.querySelectorAll(".words-table tbody tr")].map((row) => [
          ...[...row.querySelectorAll("td:not(.bars)")].map((cell) => Number(cell.textContent)),
          ...[...row.querySelectorAll(".bar")].map((bar) => bar.getBoundingClientRect().width)])""")
        self.assertGreater(len(rows), 10)
        for captioner, people, bar_of_captioner, bar_of_people in rows:
            self.assertAlmostEqual(bar_of_captioner * people, bar_of_people * captioner, delta=2 * (captioner + people))

    def test_photographs_say_in_words_what_they_are_captioned(self):
        alike = self.shown("card.querySelector('img').alt === card.querySelector('.said').textContent")
        self.assertTrue(all(alike))
        self.assertTrue(all(self.shown("card.querySelector('img').naturalWidth > 0")))

    def test_everything_has_a_name_and_contrast(self):
        self.assertEqual(self.page.nameless_controls(), [])
        for scheme in ("light", "dark"):
            with self.subTest(scheme):
                self.page.set_media(prefers_color_scheme=scheme)
                self.assertEqual(self.page.low_contrasts(), [])

    def test_without_scripts_everything_can_be_read(self):
        self.page.call("Emulation.setScriptExecutionDisabled", value=True)
        self.page.call("Page.reload")
        self.page.wait_for("document.readyState === 'complete'")
        self.assertTrue(self.page.evaluate("document.querySelector('.controls').hidden"))
        self.assertGreater(len(self.shown("1")), 1)

    def test_the_page_fits_a_desk_and_a_phone(self):
        for width, phone, scheme in ((1280, False, "light"), (1280, False, "dark"), (390, True, "light")):
            with self.subTest(width=width, scheme=scheme):
                self.page.set_width(width, 844, phone)
                self.page.set_media(prefers_color_scheme=scheme)
                self.page.evaluate("document.querySelectorAll('.card .word')[1].focus({ preventScroll: true })")
                self.assertLessEqual(self.page.evaluate("document.scrollingElement.scrollWidth"), width)
                self.page.screenshot(SCREENSHOTS / f"report_{width}_{scheme}.png")


def page_of(program, folder):
    """A report of the captioner in the box."""
    make_data(folder)
    page = folder / "report.html"
    subprocess.run([program, "report", "--data", folder, "--out", page, "--examples", "3"], check=True,
                   stdout=subprocess.DEVNULL)
    return page


if __name__ == "__main__":
    if chromium.program() is None:
        sys.exit(print("skipped: there is no Chromium"))
    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temporary:
        SCREENSHOTS = pathlib.Path(temporary)
        if "--screenshots" in arguments:
            place = arguments.index("--screenshots")
            SCREENSHOTS = pathlib.Path(arguments[place + 1])
            del arguments[place:place + 2]
        if arguments[0] == "--page":
            PAGE = pathlib.Path(arguments[1]).resolve()
        else:
            PAGE = page_of(arguments[0], pathlib.Path(temporary))
        unittest.main(argv=[sys.argv[0]])
