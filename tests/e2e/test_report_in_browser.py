"""The pages in a real browser: nothing in the console, nothing asked of the network, nothing wider than a telephone, pictures shown."""

from __future__ import annotations

import html
import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "report"))
from lived_run import LivedRun

from medpretrain.__main__ import main
from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.settings import CorpusSettings
from medpretrain.report.corpus_page import write_corpus_report
from medpretrain.report.page import write_report
from medpretrain.tokenizer.train import train_tokenizer

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
WIDTHS = (420, 1400)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="needs a browser (Debian, Ubuntu: apt-get install chromium)"),
]

# What a page that holds the other one in a frame of a given width finds out about it.
PROBE = """
const frame = document.querySelector("iframe"), inside = frame.contentDocument, root = inside.documentElement;
const width = frame.clientWidth, wide = [];
const scrolls = element => element.closest(".scroll") !== null || element.closest("svg") !== null;
for (const element of inside.body.querySelectorAll("*"))
  if (!scrolls(element) && element.getBoundingClientRect().right > width + 0.5) wide.push(element.tagName + "." + element.className);
const pictures = [...inside.querySelectorAll("svg")].map(svg => svg.getBoundingClientRect());
document.body.dataset.found = JSON.stringify({
  width, scrollWidth: root.scrollWidth, wide,
  back: inside.defaultView.getComputedStyle(inside.body).backgroundColor,
  pictures: pictures.length, shown: pictures.filter(box => box.width > 250 && box.height > 120).length,
  fetched: inside.defaultView.performance.getEntriesByType("resource").map(entry => entry.name),
});
"""


@pytest.fixture(scope="module", params=["run", "corpus", "tokenizer"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything in it, long words and markup among them."""
    if request.param == "run":
        return page_of_run(tmp_path_factory)
    make = page_of_corpus if request.param == "corpus" else page_of_tokenizer
    return make(tmp_path_factory.mktemp(request.param))


def page_of_corpus(directory: Path) -> Path:
    """Documents of many kinds, dropped for several reasons; ids, sources and texts that are long or look like markup."""
    draw = random.Random(1)
    records = []
    for number in range(300):
        text = " ".join(f"word{draw.randrange(10**6)}" for _ in range(60))
        kind = {"source": "<b>a/" + "long" * 30 + str(number % 7), "doc_type": f"kind_{number % 5}"}
        records.append({"id": f"<script>d{number}</script>" + "x" * 80, "text": text, **kind})
    records += [{**records[7], "id": "again"}, {"text": "<img src=http://127.0.0.1:9/x.png>" + "y" * 600}, {"text": 3}]
    (directory / "in.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    settings = {"sources": [{"path": str(directory / "in.jsonl"), "licence": "z" * 90}], "filters": {"languages": []}}
    build_corpus(CorpusSettings.model_validate(settings), directory / "out")
    return Path(write_corpus_report(directory / "out")["page"])


def page_of_tokenizer(directory: Path) -> Path:
    """Many other tokenizers, many kinds of text, of which one has a long name; terms that are long or look like markup."""
    draw = random.Random(1)
    words = ["<i>pleural</i>", "effusion", "x" * 70, *(f"word{draw.randrange(10**6)}" for _ in range(300))]
    records = [{"text": " ".join(draw.choices(words, k=40)), "doc_type": f"kind_{number % 9}"} for number in range(200)]
    records += [{"text": "No general text.", "doc_type": "general_" + "long" * 20}] * 9
    (directory / "in.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    (directory / "terms.txt").write_text("\n".join([*words[3:80], *words[:2], "y" * 200, " ".join(words[3:60])]))
    tokenizer = directory / "a-tokenizer-with-a-rather-long-name-that-does-not-fit"
    train_tokenizer(directory / "in.jsonl", 500, tokenizer)
    command = ["tokenizer", "report", "--tokenizer", tokenizer, "--corpus", directory / "in.jsonl", "--terms", directory / "terms.txt"]
    command += ["--against", *[tokenizer] * 4, "--sizes", 400, 64000, "--require", "unseen<=0", "--out", directory / "out"]
    assert main([str(word) for word in command]) == 1
    return directory / "out" / "index.html"


def page_of_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Attempts, spikes, layers, many document types."""
    types = tuple(f"a_document_type_with_a_long_name_{number}" for number in range(12))
    lived = LivedRun(spikes={65: 8.0, 66: 30.0}, not_finite=(50,))
    lived.attempt(0, 70, types=types)
    lived.attempt(60, 120, layers=6, types=types)
    lived.event("failed", step=120, reason="x" * 400, code=76)
    run = lived.write(tmp_path_factory.mktemp("runs") / "a-run-with-a-rather-long-name-that-does-not-fit-a-narrow-window", {"name": "tiny"})
    return Path(write_report(run)["page"])


def look(page: Path, width: int, directory: Path, dark: bool = False) -> tuple[dict[str, Any], str]:
    """What PROBE finds where the page is shown at this width, and what the browser said meanwhile."""
    holder = directory / "holder.html"
    # So high that no bar to scroll with takes a part of the width.
    frame = f'<iframe style="border: 0; width: {width}px; height: 20000px" srcdoc="{html.escape(page.read_text())}"></iframe>'
    holder.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{frame}<script>onload = () => {{ {PROBE} }}</script></body>")
    assert BROWSER is not None
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        f"--user-data-dir={directory / 'profile'}",
        scheme,
    ]
    child = subprocess.run(
        [BROWSER, *flags, "--window-size=1500,1000", "--dump-dom", holder.as_uri()], capture_output=True, text=True, check=True, timeout=120
    )
    found = re.search(r'data-found="([^"]*)"', child.stdout)
    assert found, child.stderr[-2000:]
    return json.loads(html.unescape(found[1])), child.stderr


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window_and_each_picture_is_shown(page: Path, width: int, tmp_path: Path) -> None:
    found, said = look(page, width, tmp_path)
    assert (found["width"], found["scrollWidth"], found["wide"]) == (width, width, [])
    assert found["shown"] == found["pictures"] == page.read_text().count("<svg")
    assert found["fetched"] == []
    assert "CONSOLE" not in said


def test_dark_is_dark(page: Path, tmp_path: Path) -> None:
    (light, _), (dark, said) = look(page, 420, tmp_path), look(page, 420, tmp_path, dark=True)
    assert (light["back"], dark["back"]) == ("rgb(246, 247, 249)", "rgb(18, 22, 31)")
    assert "CONSOLE" not in said


def test_whatever_would_reach_out_is_seen(page: Path, tmp_path: Path) -> None:
    """The control of the tests above: a picture from elsewhere, and a word that does not fit, are found."""
    spoiled = tmp_path / "spoiled.html"
    spoiled.write_text(page.read_text().replace("</main>", '<img src="http://127.0.0.1:9/x.png"><pre style="width: 500px">x</pre></main>'))
    found, said = look(spoiled, 420, tmp_path)
    assert "CONSOLE" in said
    assert found["scrollWidth"] > 420
    assert "PRE." in found["wide"]
