"""Records stream out of XML in flat memory; nothing hostile is expanded or fetched; what cannot be read is one refusal."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from lxml import etree

from medpretrain.corpus.sources.record import Refusal
from medpretrain.corpus.sources.xml import Layout, records, table_rows, words

ROOTS = {"set": ("item",), "item": ("item",)}


def read(data: bytes) -> list[str | Refusal]:
    """The words of every record, read at once (it is emptied later), and refusals."""
    return [found if isinstance(found, Refusal) else words(found) for found in records(io.BytesIO(data), ROOTS, "not a set")]


def test_records_come_one_by_one_with_their_text() -> None:
    data = (
        b"<set>\n<item>one <b>and</b><!-- not --> a<?pi not?> half</item><!-- <item>no</item> --><other>x</other><item>two</item>\n</set>"
    )
    assert read(data) == ["one and a half", "two"]


def test_the_root_can_be_the_record_and_namespaces_do_not_matter() -> None:
    assert read(b"<item>one</item>") == ["one"]
    assert read(b'<s:set xmlns:s="urn:x" xmlns="urn:y"><item>one</item><s:item>two</s:item></s:set>') == ["one", "two"]


def test_another_root_is_one_refusal() -> None:
    (refusal,) = read(b"<html><item>one</item></html>")
    assert refusal == Refusal("", "not a set", "the root is html", "<html><item>one</item></html>")


@pytest.mark.parametrize(
    ("data", "place", "detail"),
    [
        (b"", "", "empty"),
        (b" \n ", "", "empty"),
        (b"plain text", "line 1", "line 1, column 1: Start tag expected"),
        (b"<set><item>one</b></set>", "line 1", "line 1, column 19: Opening and ending tag mismatch"),
        (b"<set>\n<item>one", "line 2", "line 2, column 10: Premature end of data"),
        (b"<set><item>\xff\xfe</item></set>", "line 1", "line 1, column 12: "),
        (b'<?xml version="1.0" encoding="klingon"?><set/>', "line 1", "unknown encoding klingon"),
        (b'<?xml version="1.0" encoding="zip"?><set/>', "line 1", "unknown encoding zip"),
        (b"<!-- only a comment -->", "line 1", ""),
    ],
)
def test_what_is_no_xml_is_refused_with_its_place(data: bytes, place: str, detail: str) -> None:
    (refusal,) = read(data)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.place) == ("not XML", place)
    assert refusal.detail.startswith(detail)


def test_records_before_a_fault_are_kept() -> None:
    *kept, refusal = read(b"<set><item>one</item><item>two</item>\n<item>three & four</item><item>five</item></set>")
    assert kept == ["one", "two"]
    assert isinstance(refusal, Refusal)
    assert (refusal.place, refusal.reason, refusal.begins) == ("line 2", "not XML", "")


def test_a_record_that_is_cut_off_is_no_record() -> None:
    whole = b"<set>" + b"".join(b"<item>%d words</item>" % number for number in range(30_000)) + b"</set>"
    *kept, refusal = read(whole[:300_000])
    assert isinstance(refusal, Refusal)
    assert kept == [f"{number} words" for number in range(len(kept))]
    assert len(kept) == whole[:300_000].count(b"</item>")


@pytest.mark.parametrize("head", ["", '<?xml version="1.0"?>', '<?xml version="1.0" standalone="yes"?>', "<!-- a --><?pi x?>\n", "\ufeff"])
def test_names_of_characters_that_no_dtd_defines_become_them(head: str) -> None:
    data = f"{head}<item>5&nbsp;&mu;g &lt;x&gt; <b>&alpha;</b>&beta; &amp; &unheard;</item>".encode()
    assert ["".join(item.itertext()) for item in records(io.BytesIO(data), ROOTS, "")] == ["5\xa0μg <x> αβ & &unheard;"]


def test_names_stay_characters_where_the_dtd_is_elsewhere() -> None:
    assert read(b'<!DOCTYPE item PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd">\n<item>&mu;g</item>') == ["μg"]


def test_plain_characters_that_a_document_declares_are_used() -> None:
    data = b'<!DOCTYPE item [<!ENTITY unit "\xc2\xb5g"><!ENTITY lt "&#38;#60;"><!ENTITY deg "&#176;">]><item>5 &unit;, 6&deg; &lt;</item>'
    assert read(data) == ["5 µg, 6° <"]


def laughs(inside: str) -> bytes:
    levels = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 12))
    return f'<!DOCTYPE set [<!ENTITY l0 "laughs">{levels}]>{inside}'.encode()


HOSTILE = {
    "billion laughs": laughs("<set><item>&l11;</item></set>"),
    "laughs in an attribute": laughs('<set><item a="&l11;"/></set>'),
    "laughs in an attribute of the root": laughs('<set a="&l11;"><item/></set>'),
    "quadratic": b'<!DOCTYPE set [<!ENTITY a "' + b"a" * 100_000 + b'">]><set><item>' + b"&a;" * 100_000 + b"</item></set>",
    "parameter entities": b"<!DOCTYPE set [<!ENTITY % a '<!ENTITY b \"b\">'> %a;]><set><item>&b;</item></set>",
    "unused": b'<!DOCTYPE set [<!ENTITY a "' + b"a" * 100 + b'">]><set><item>one</item></set>',
    "markup": b'<!DOCTYPE set [<!ENTITY a "<item>x</item>">]><set>&a;</set>',
    "recursion": b'<!DOCTYPE set [<!ENTITY a "&b;"><!ENTITY b "&a;">]><set><item>&a;</item></set>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_declared_entities_are_refused(name: str) -> None:
    (refusal,) = read(HOSTILE[name])
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "declares entities"


@pytest.mark.parametrize("name", ["billion laughs", "laughs in an attribute", "laughs in an attribute of the root", "quadratic"])
def test_no_bomb_takes_memory(name: str, tmp_path: Path) -> None:
    """In a process of its own: the libraries' memory is none that tracemalloc sees."""
    (tmp_path / "bomb.xml").write_bytes(HOSTILE[name])
    (tmp_path / "plain.xml").write_bytes(b"<set><item>one</item></set>")
    code = (
        "import resource, sys\n"
        "from medpretrain.corpus.sources.xml import records\n"
        "for file in sys.argv[1:]:\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "    found = list(records(open(file, 'rb'), {'set': ('item',)}, 'other'))\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, len(found), sep='\\t')\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "plain.xml"), str(tmp_path / "bomb.xml")]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kilobytes, num_found = map(int, out.splitlines()[1].split("\t"))
    assert num_found == 1
    assert kilobytes < 20_000  # expanded, the smallest of them takes ten gigabytes


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY secret SYSTEM "file://{path}">',
        '<!ENTITY % secret SYSTEM "file://{path}"> %secret;',
        '<!ENTITY secret PUBLIC "x" "{path}">',
    ],
)
def test_no_other_file_is_read(declaration: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the password is swordfish")
    data = f"<!DOCTYPE set [{declaration.format(path=tmp_path / 'secret.txt')}]><set><item>it is: &secret;</item></set>"
    (refusal,) = read(data.encode())
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "declares entities"
    assert "swordfish" not in repr(refusal)


def test_a_dtd_beside_the_document_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "own.dtd").write_text('<!ENTITY mu "swordfish"><!ENTITY own "swordfish"><!ATTLIST item label CDATA "swordfish">')
    data = f'<!DOCTYPE item SYSTEM "{tmp_path}/own.dtd"><item>&mu; &own;</item>'.encode()
    assert [(words(item), dict(item.attrib)) for item in records(io.BytesIO(data), ROOTS, "")] == [("μ &own;", {})]


def test_deep_nesting_is_refused_and_what_is_less_deep_is_read() -> None:
    def nested(depth: int) -> bytes:
        return b"<set><item>first</item><item>" + b"<b>" * depth + b"deep" + b"</b>" * depth + b"</item></set>"

    assert read(nested(200)) == ["first", "deep"]
    kept, refusal = read(nested(10_000))
    assert kept == "first"
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "beyond limits"


def test_a_text_beyond_the_limit_is_refused() -> None:
    (refusal,) = read(b"<set><item>" + b"a" * 11_000_000 + b"</item></set>")
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "beyond limits"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("latin-1", "latin-1"),
        ("ISO-8859-1", "latin-1"),
        ("iso8859_1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-15", "iso8859-15"),
        ("Shift_JIS", "shift_jis"),
        ("UTF-8", "utf-8-sig"),
        ("utf8", "utf-8"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-8"),  # text that a program held in UTF-16 and wrote as UTF-8
        ("us-ascii", "utf-8"),
    ],
)
def test_text_is_read_in_its_encoding(declared: str, codec: str) -> None:
    text = "α波" if codec == "shift_jis" else "Müller" if codec != "cp1252" else "Müller’s €"
    data = f'<?xml version="1.0" encoding="{declared}"?>\n<set>{f"<item>{text}</item>" * 9000}</set>'.encode(codec)
    assert read(data) == [text] * 9000


def test_bytes_that_are_none_of_their_encoding_end_the_file() -> None:
    data = b'<?xml version="1.0" encoding="shift_jis"?><set>' + b"<item>one</item>" * 9000 + b"<item>\xff\xff</item></set>"
    *kept, refusal = read(data)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, set(kept)) == ("not XML", {"one"})


def test_a_file_that_comes_byte_by_byte_is_read() -> None:
    for encoding in ("shift_jis", "utf-8"):
        data = f'<?xml version="1.0" encoding="{encoding}"?><set>{"<item>波</item>" * 5000}</set>'.encode(encoding)
        assert [words(item) for item in records(Slow(data), ROOTS, "")] == ["波"] * 5000


class Slow(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(1, size) if size and size > 0 else 1)


def test_a_declaration_behind_white_space_is_forgiven() -> None:
    assert read(b'\n  <?xml version="1.0"?><item>one</item>') == ["one"]


class Endless(io.RawIOBase):
    """A set of that many items, made as it is read, a little at a time."""

    def __init__(self, num_items: int) -> None:
        self._parts = self._make(num_items)

    @staticmethod
    def _make(num_items: int) -> Iterator[bytes]:
        yield b"<set>"
        for _ in range(num_items):
            yield b"<wrap><deleted>1</deleted><item>" + b"<b>some words</b> " * 100 + b"</item></wrap>\n"
        yield b"</set>"

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


@pytest.mark.slow
def test_memory_is_flat_over_a_large_file() -> None:
    code = (
        "import resource\n"
        "from test_xml import Endless\n"
        "from medpretrain.corpus.sources.xml import records\n"
        "for num_items in (1_000, 40_000):\n"
        "    num = sum(1 for found in records(Endless(num_items), {'set': ('item',)}, ''))\n"
        "    print(num, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, sep='\\t')\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent).stdout
    (few, few_kilobytes), (many, many_kilobytes) = (map(int, line.split("\t")) for line in out.splitlines())
    assert (few, many) == (1_000, 40_000)
    assert many_kilobytes - few_kilobytes < 10_000  # of 76 MB


def test_errors_of_the_file_pass_through() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("cut off")

    broken: BinaryIO = Broken()
    with pytest.raises(OSError, match="cut off"):
        list(records(broken, ROOTS, ""))


# --- Layout


def test_blocks_lines_and_lists() -> None:
    layout = Layout()

    def sentences() -> None:
        layout.add(" One\n two. ")
        layout.put_off(lambda: layout.add_line("table"))
        layout.add("Three.")

    def outer() -> None:
        layout.add("a")
        layout.items([lambda: layout.add("b"), lambda: layout.paragraph(lambda: layout.add("c"))])
        layout.add("rest of a")

    layout.section("Title", lambda: layout.paragraph(sentences))
    layout.section("Nothing in it", lambda: layout.add("  "))
    layout.items([outer, lambda: layout.add("d")], "Caption")
    assert layout.text() == "Title\nOne two. Three.\n\ntable\n\nCaption\n- a\n  - b\n  - c\n  rest of a\n- d"


def test_a_flat_layout_is_one_line() -> None:
    layout = Layout(flat=True)
    layout.items([lambda: layout.add("a"), lambda: layout.add("b")])
    layout.add("c")
    layout.add_break()
    layout.add("d")
    assert layout.text() == "a; b; c d"


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("<tr><td>a</td><td>b</td></tr><tr><td/><td>d</td></tr>", ["a | b", " | d"]),
        ("<thead><tr><th>h</th></tr></thead><tbody><tr><td>a</td></tr></tbody><tfoot><tr><td>f</td></tr></tfoot>", ["h", "a", "f"]),
        ('<tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr><tr><td>d</td></tr>', ["a | b", " | c", "d"]),
        ('<tr><td colspan="2">a</td><td>b</td></tr><tr><td>c</td><td>d</td><td>e</td></tr>', ["a |  | b", "c | d | e"]),
        ('<tr><td>a</td><td rowspan="3" colspan="2">b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr>', ["a | b |  | c", "d |  |  | e"]),
        ('<tr><td colspan="99999999" rowspan="-1">a</td></tr><tr/><tr><td> </td></tr>', ["a"]),
        ('<tgroup cols="1"><thead><row><entry>h</entry></row></thead><tbody><row><entry>a</entry></row></tbody></tgroup>', ["h", "a"]),
        ("<tr><td>a<table><tr><td>inner</td></tr></table></td></tr>", ["ainner"]),
    ],
)
def test_cells_stand_in_their_columns(table: str, rows: list[str]) -> None:
    element: Any = etree.fromstring(f"<table>{table}</table>")
    assert table_rows(element, words) == rows
