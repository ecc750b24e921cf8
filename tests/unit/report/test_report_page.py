"""The page of a run on paper: what stands in it equals the records; it can be made at any time; nothing in it reaches out."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from lived_run import LivedRun

from medpretrain.__main__ import main
from medpretrain.report.page import write_report
from medpretrain.train.run_directory import RunDirectory

pytestmark = pytest.mark.slow

VOID = {"meta", "br"}


def config_of(shards: dict[str, Path]) -> dict[str, Any]:
    return {
        "name": "tiny-cpu",
        "description": "small & <b>bold</b>",
        "precision": "bf16",
        "schedule": {"total_steps": 100, "peak_learning_rate": 1e-3},
        "optimizer": {"clip_norm": 1.0},
        "data": {"sources": {name: {"shards": str(path)} for name, path in shards.items()}},
    }


@pytest.fixture
def run(tmp_path: Path, small_shards: Path) -> Path:
    """Killed after step 70, then whole; one spike, one step without numbers; one of two datasets is gone."""
    lived = LivedRun(spikes={65: 20.0}, not_finite=(50,))
    lived.attempt(0, 70)
    lived.attempt(60, 100, "finished", layers=4)
    return lived.write(tmp_path / "run", config_of({"reports": small_shards, "lost": tmp_path / "gone"}), {"code": 0, "reason": "finished"})


class Elements(HTMLParser):
    """Every start tag, and whether each is closed in its order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def png_size(path: Path) -> tuple[int, int, int]:
    """Width and height, and dots an inch."""
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    (dots_per_metre,) = struct.unpack(">I", content[content.index(b"pHYs") + 4 :][:4])
    return width, height, round(dots_per_metre * 0.0254)


def test_everything_is_written_and_equals_the_records(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """001-07, 001-17, 002-123."""
    assert main(["report", str(run)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(run / "report" / "index.html")
    for name in ("training_dashboard.png", "packing_efficiency.png"):
        width, _, dots_per_inch = png_size(run / "report" / name)
        assert (width > 1000, dots_per_inch) == (True, 150)
        assert (run / "report" / name).stat().st_size > 10_000
    numbers = json.loads((run / "report" / "report.json").read_text())
    page = (run / "report" / "index.html").read_text()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    kept = {line["step"]: line for line in lines if "loss" in line}
    assert numbers["curves"]["loss"]["tokens"] == [line["tokens"] for line in kept.values()]
    for name in ("loss", "gradient_norm", "learning_rate", "tokens_per_second", "peak_memory_bytes"):
        assert numbers["curves"][name]["value"] == [line[name] for line in kept.values()]
    assert f"<b>{kept[100]['loss']:.4f}</b>" in page
    assert numbers["stability"]["spikes_10x"] == 1
    assert "at steps 65." in page
    assert numbers["layers"]["tokens"] == [line["tokens"] for line in lines if "layers" in line]
    assert [packing["source"] for packing in numbers["packing"]] == ["reports"]
    assert "Not readable any more, so not shown: lost: " in page
    for title in ("Loss", "Validation by document type", "Gradient norm", "Learning rate", "Tokens a second", "Peak memory"):
        assert f"<figcaption>{title} " in page
    assert "<figcaption>MFU " not in page, "the peak of a CPU is not known"
    assert page.count("<svg") == page.count("</svg>") == 13


def test_the_page_is_whole_and_reaches_out_for_nothing(run: Path) -> None:
    write_report(run)
    page = (run / "report" / "index.html").read_text()
    elements = Elements(page)
    assert not {"script", "link", "iframe", "object", "embed", "form"} & {tag for tag, _ in elements.tags}
    links = [value for _, attributes in elements.tags for key, value in attributes.items() if key in ("src", "href", "xlink:href")]
    assert links
    assert all(link is not None and link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert re.findall(r"https?:|@import|url\((?!#)", page) == []
    identifiers = [attributes["id"] for _, attributes in elements.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers)), "a picture takes another one's marks"
    assert not re.search(r"(?:fill|stroke|color): ?#(?!fff)", page.split("</style>", 1)[1].lower()), (
        "a colour that dark mode does not change"
    )


def test_names_and_reasons_are_text(tmp_path: Path) -> None:
    lived = LivedRun()
    lived.attempt(0, 40, types=("<i>notes</i>",))
    lived.event("failed", step=40, reason="<script>alert(1)</script> " + "x" * 1000, code=1)
    run = lived.write(tmp_path / "run", config_of({"<u>source</u>": tmp_path / "gone"}), {"code": 1, "reason": "<em>bad</em>"})
    write_report(run)
    page = (run / "report" / "index.html").read_text()
    for word in ("<b>bold", "<i>notes", "<script", "<u>source", "<em>bad", "x" * 300):
        assert word not in page
    assert "small &amp; &lt;b&gt;bold&lt;/b&gt;" in page


def test_a_run_that_goes_on(tmp_path: Path) -> None:
    """No metrics yet; then some, the last line cut off; no configuration, no data: each time there is a page."""
    lived = LivedRun()
    lived.attempt(0, 0)
    run = lived.write(tmp_path / "run")
    assert write_report(run)["notes"] == ["No step has been logged yet."]
    lived.attempt(0, 37)
    lines = "".join(json.dumps(line) + "\n" for line in lived.metrics)
    (run / "metrics.jsonl").write_text(lines[:-30])
    (run / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in lived.events) + '{"time": 1')
    record = RunDirectory(run)
    try:
        result = write_report(run)
    finally:
        record.close()
    assert (result["headline"]["state"], result["headline"]["step"]) == ("running", 36)
    assert result["packing"] is None
    assert "The run names no packed dataset." in (run / "report" / "index.html").read_text()
    assert '<span class="state running">running</span>' in (run / "report" / "index.html").read_text()


def test_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path / "none")]) == 2
    assert "there is no such directory; expected a run's directory" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_without_matplotlib_the_extra_is_named(run: Path) -> None:
    script = (
        f"import sys; sys.modules['matplotlib'] = None; from medpretrain.__main__ import main; sys.exit(main(['report', {str(run)!r}]))"
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert child.returncode == 2
    said = "pictures: the library matplotlib is not installed; expected matplotlib, of the extra `report`; install it"
    assert said in child.stderr
    assert "medpretrain[report]" in child.stderr
    assert not (run / "report").exists()
