"""From a corpus and a tokenizer on disk to packed rows and back: every text, exactly."""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.manifest import Manifest, read_manifest
from medpretrain.shards.format import RowFormat, ShardDataset
from medpretrain.shards.pack import frame_documents, pack_corpus
from medpretrain.shards.packing import pack_lengths
from medpretrain.shards.settings import PackSettings
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.tokenizer.vocabulary import SECTION_HEADERS, SMALLEST_VOCABULARY, SPECIAL_TOKENS, Tokenizer

MINI = Path(__file__).parents[4] / "shared/data/pretrain/mini.jsonl.gz"
TEXTS = [
    "Lungs are clear. No pleural effusion or pneumothorax is seen.",
    "see <s>this</s> and<pad> <unk></s></s>",
    "[FINDINGS] Heart size is normal.\n[IMPRESSION] No acute process. " * 9,
    "".join(SPECIAL_TOKENS) + "".join(SECTION_HEADERS),
    "x",
    "</s>",
    "肺炎 Ångström 👩‍⚕️ \x00\u2028 \r\n\t ½",
    *(f"Report {number}: nodule of {number} mm in the left lung, stable." for number in range(60)),
]


def write_corpus(path: Path, texts: list[str]) -> Path:
    records = ({"id": f"d{n}", "text": text, "source": "here", "doc_type": ("ct", "note")[n % 2]} for n, text in enumerate(texts))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "texts.jsonl", TEXTS)


@pytest.fixture(scope="module")
def tokenizer_dir(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(corpus, SMALLEST_VOCABULARY + 40, directory)
    return directory


def texts_in(directory: Path, tokenizer: Tokenizer) -> dict[str, str]:
    """Text by document id, put together from the pieces in the rows; framing, cuts and row lengths are checked on the way."""
    dataset = ShardDataset.open(directory)
    parts: dict[int, dict[int, list[int]]] = {}
    for row in range(dataset.num_rows):
        tokens = dataset.rows([row])[0]
        assert len(tokens) == dataset.seq_len
        filled = 0
        for piece in dataset.pieces(row):
            assert piece["start"] == filled
            filled += int(piece["length"])
            offsets = parts.setdefault(int(piece["document"]), {})
            assert int(piece["offset"]) not in offsets
            offsets[int(piece["offset"])] = tokens[piece["start"] : filled].tolist()
        assert (tokens[filled:] == tokenizer.pad_id).all()
    texts = {}
    for number, offsets in parts.items():
        ids: list[int] = []
        for offset in sorted(offsets):
            assert offset == len(ids)
            ids += offsets[offset]
        assert len(offsets) == -(-len(ids) // dataset.seq_len)  # never cut where it fits
        assert (ids[0], ids[-1]) == (tokenizer.bos_id, tokenizer.eos_id)
        assert min(ids[1:-1], default=4) >= len(SPECIAL_TOKENS)
        texts[dataset.document(number)["id"]] = tokenizer.decode(ids)
    assert len(texts) == dataset.num_documents
    return texts


@pytest.mark.parametrize("seq_len", [8, 64, 512])
@pytest.mark.parametrize("settings", [PackSettings(), PackSettings(window_documents=5)])
def test_every_text_survives_packing_with_the_tokenizer_from_disk(
    corpus: Path, tokenizer_dir: Path, tmp_path: Path, seq_len: int, settings: PackSettings
) -> None:
    pack_corpus(corpus, "train", tokenizer_dir, seq_len, tmp_path, settings)
    assert texts_in(tmp_path, Tokenizer.load(tokenizer_dir)) == {f"d{number}": text for number, text in enumerate(TEXTS)}


@pytest.mark.skipif(not MINI.exists(), reason="the real medical text beside the repository (../shared) is absent")
def test_real_text_survives_packing(tmp_path: Path) -> None:
    with gzip.open(MINI, "rt", encoding="utf-8") as lines:
        texts = {record["id"]: record["text"] for record in map(json.loads, lines)}
    assert len(texts) > 200
    train_tokenizer(MINI, 4096, tmp_path / "tokenizer")
    manifest = pack_corpus(MINI, "train", tmp_path / "tokenizer", 512, tmp_path / "shards")
    assert texts_in(tmp_path / "shards", Tokenizer.load(tmp_path / "tokenizer")) == texts
    assert manifest.counts["real_share"] > 0.99


def test_the_manifest_counts_what_was_packed(corpus: Path, tokenizer_dir: Path, tmp_path: Path) -> None:
    manifest = pack_corpus(corpus, "train", tokenizer_dir, 64, tmp_path, PackSettings(mask_separator_targets=True))
    tokenizer = Tokenizer.load(tokenizer_dir)
    lengths = [len(tokenizer.encode(text)) + 2 for text in TEXTS]
    counts = manifest.counts
    assert counts["documents"] == len(TEXTS)
    assert counts["tokens"] == sum(lengths)
    assert counts["padding"] == counts["rows"] * 64 - sum(lengths)
    assert counts["cut_documents"] == sum(length > 64 for length in lengths) == 2
    assert counts["real_share"] == sum(lengths) / (counts["rows"] * 64)
    assert counts["padding_share"] == pytest.approx(1 - counts["real_share"], abs=1e-12)
    assert counts["cut_share"] == 2 / len(TEXTS)
    assert counts["doc_types"] == ["ct", "note"]
    assert counts["documents_by_type"] == {"ct": 34, "note": 33}
    assert counts["tokens_by_type"] == {"ct": sum(lengths[::2]), "note": sum(lengths[1::2])}
    assert counts["text_bytes"] == sum(len(text.encode()) for text in TEXTS)
    assert counts["text_bytes_by_type"]["note"] == sum(len(text.encode()) for text in TEXTS[1::2])
    assert manifest.settings["seq_len"] == 64
    assert manifest.settings["split"] == "train"
    assert manifest.settings["mask_separator_targets"] is True
    assert manifest.settings["window_documents"] == 65_536
    assert manifest.inputs["tokenizer"] == read_manifest(tokenizer_dir).identity
    dataset = ShardDataset.open(tmp_path)
    assert dataset.tokenizer_hash == tokenizer.content_hash
    assert (dataset.vocab_size, dataset.seq_len, dataset.mask_separator_targets) == (tokenizer.vocab_size, 64, True)
    assert (dataset.pad_id, dataset.bos_id, dataset.eos_id) == (0, 1, 2)
    assert dataset.document(1) == {"number": 1, "id": "d1", "source": "here", "doc_type": "note"}


def test_a_row_holds_documents_of_one_window(corpus: Path, tokenizer_dir: Path, tmp_path: Path) -> None:
    pack_corpus(corpus, "train", tokenizer_dir, 512, tmp_path, PackSettings(window_documents=5))
    lengths = [len(ids) + 2 for ids in Tokenizer.load(tokenizer_dir).encode_batch(TEXTS)]
    dataset = ShardDataset.open(tmp_path)
    windows = [set((dataset.pieces(row)["document"] // 5).tolist()) for row in range(dataset.num_rows)]
    assert all(len(window) == 1 for window in windows)
    assert [len(list(rows)) for _, rows in groupby(windows)] == [
        pack_lengths(lengths[first : first + 5], 512).num_rows for first in range(0, len(TEXTS), 5)
    ]


def test_a_window_ends_at_its_token_limit(corpus: Path, tokenizer_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medpretrain.shards.pack.BLOCK_CHARACTERS", 1)  # a document a block: the limit is looked at after each
    pack_corpus(corpus, "train", tokenizer_dir, 512, tmp_path, PackSettings(window_tokens=1))
    dataset = ShardDataset.open(tmp_path)
    assert all(len(set(dataset.pieces(row)["document"].tolist())) == 1 for row in range(dataset.num_rows))
    assert texts_in(tmp_path, Tokenizer.load(tokenizer_dir)) == {f"d{number}": text for number, text in enumerate(TEXTS)}


def tokens_of(manifest: Manifest) -> dict[str, str]:
    return {name: entry.checksum for name, entry in manifest.files.items()}


def test_the_same_input_gives_the_same_bytes_with_either_encoder(
    corpus: Path, tokenizer_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pack_corpus(corpus, "train", tokenizer_dir, 64, tmp_path / "first")
    second = pack_corpus(corpus, "train", tokenizer_dir, 64, tmp_path / "second")
    monkeypatch.setitem(sys.modules, "gigatoken", None)  # as where it is not installed
    third = pack_corpus(corpus, "train", tokenizer_dir, 64, tmp_path / "third")
    assert first.identity == second.identity == third.identity
    assert tokens_of(first) == tokens_of(second) == tokens_of(third)


def test_ids_that_differ_deep_in_the_corpus_are_found_at_the_start_and_the_reference_is_used(
    tokenizer_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gigatoken = pytest.importorskip("gigatoken")
    monkeypatch.setattr(logger, "propagate", True)
    caplog.set_level(logging.INFO, "medpretrain")
    write_corpus(tmp_path / "corpus" / "a.jsonl", ["plain text"] * 300)
    write_corpus(tmp_path / "corpus" / "b.jsonl", ["plain text"] * 300 + ["a \u2118 that a library might take for a symbol"] * 40)
    sound = pack_corpus(tmp_path / "corpus", "train", tokenizer_dir, 64, tmp_path / "sound")
    assert "encoding with gigatoken" in caplog.text

    class Faulty(gigatoken.Tokenizer):
        """The real library, but for one character."""

        def encode_batch(self, inputs: list[bytes]) -> Any:
            return super().encode_batch([text.replace("\u2118".encode(), b"p") for text in inputs])

    monkeypatch.setattr(gigatoken, "Tokenizer", Faulty)
    mended = pack_corpus(tmp_path / "corpus", "train", tokenizer_dir, 64, tmp_path / "mended")
    assert "encoding with tokenizers: gigatoken gives other ids for 'a \u2118 that" in caplog.text
    assert tokens_of(mended) == tokens_of(sound)


def peak_of_packing(corpus: Path, tokenizer_dir: Path, out: Path) -> int:
    """The most bytes that a process of its own held, files that it maps included (ru_maxrss would count its parent's)."""
    script = (
        "import re, sys; from pathlib import Path; from medpretrain.shards.pack import pack_corpus; "
        "from medpretrain.shards.settings import PackSettings; corpus, tokenizer, out = map(Path, sys.argv[1:]); "
        "pack_corpus(corpus, 'train', tokenizer, 64, out, PackSettings(window_documents=1000)); "
        "print(re.findall(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[0])"
    )
    command = [sys.executable, "-c", script, str(corpus), str(tokenizer_dir), str(out)]
    return 1024 * int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


@pytest.mark.slow
def test_memory_stays_flat_while_the_corpus_grows(tokenizer_dir: Path, tmp_path: Path) -> None:
    peaks = []
    for num_documents in (5_000, 25_000):  # 12 and 60 MB
        corpus = write_corpus(tmp_path / f"{num_documents}.jsonl", ["Lungs are clear, no effusion. " * 80] * num_documents)
        peaks.append(peak_of_packing(corpus, tokenizer_dir, tmp_path / f"{num_documents}"))
    assert peaks[1] - peaks[0] < 20e6


@pytest.mark.slow
def test_memory_is_bounded_where_every_word_is_new(tokenizer_dir: Path, tmp_path: Path) -> None:
    """The fast encoder keeps every word that it has met: over 1.1 GB of these, were it never loaded anew."""
    pytest.importorskip("gigatoken")
    letters = np.random.default_rng(0).integers(ord("a"), ord("z"), (12_000, 5_000), dtype=np.uint8)
    letters[:, ::8] = ord(" ")
    corpus = write_corpus(tmp_path / "corpus.jsonl", [row.tobytes().decode() for row in letters])  # 60 MB
    assert peak_of_packing(corpus, tokenizer_dir, tmp_path / "out") < 600e6


def test_packing_again_does_nothing_and_other_rows_are_refused(corpus: Path, tokenizer_dir: Path, tmp_path: Path) -> None:
    first = pack_corpus(corpus, "train", tokenizer_dir, 64, tmp_path)
    written = (tmp_path / "shard-00000.tokens").stat().st_mtime_ns
    assert pack_corpus(corpus, "train", tokenizer_dir, 64, tmp_path) == first
    assert (tmp_path / "shard-00000.tokens").stat().st_mtime_ns == written
    with pytest.raises(InputError) as caught:
        pack_corpus(corpus, "train", tokenizer_dir, 128, tmp_path)
    assert caught.value.where == str(tmp_path)
    assert caught.value.found.endswith("made from other settings")


@pytest.mark.parametrize(("vocab_size", "dtype"), [(65_536, np.uint16), (65_537, np.uint32)])
def test_ids_keep_their_value_in_the_dtype_of_the_rows(vocab_size: int, dtype: type) -> None:
    row_format = RowFormat(8, vocab_size, 0, 1, 2, False, "")
    tokens = np.empty(9, row_format.dtype)
    lengths = frame_documents(np.array([5, vocab_size - 1, 7], np.uint32), np.array([2, 0, 1]), row_format, tokens)
    assert tokens.dtype == dtype
    assert tokens.tolist() == [1, 5, vocab_size - 1, 2, 1, 2, 1, 7, 2]
    assert lengths.tolist() == [4, 2, 3]


def test_an_id_outside_the_vocabulary_is_never_written() -> None:
    with pytest.raises(AssertionError, match="token id 65536 in a vocabulary of 65536"):
        frame_documents(np.array([5, 65_536], np.uint32), np.array([2]), RowFormat(8, 65_536, 0, 1, 2, False, ""), np.empty(4, np.uint16))


def test_an_empty_corpus_is_refused(tokenizer_dir: Path, tmp_path: Path) -> None:
    empty = write_corpus(tmp_path / "empty.jsonl", [])
    with pytest.raises(InputError) as caught:
        pack_corpus(empty, "train", tokenizer_dir, 64, tmp_path / "out")
    assert caught.value.where == str(empty)
    assert caught.value.found == "holds no document"
    assert caught.value.expected == "at least one"
    assert caught.value.remedy == "check the path, or build the corpus again"
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_rows_that_are_too_short_are_refused(corpus: Path, tokenizer_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        pack_corpus(corpus, "train", tokenizer_dir, 7, tmp_path / "out")
    assert caught.value.where == "seq_len"
    assert caught.value.found == "is 7"
    assert caught.value.expected == "at least 8 tokens"
    assert caught.value.remedy == "choose longer rows"
    assert not (tmp_path / "out").exists()


def test_a_directory_that_is_no_tokenizer_is_refused(corpus: Path, tokenizer_dir: Path, tmp_path: Path) -> None:
    pack_corpus(corpus, "train", tokenizer_dir, 64, tmp_path / "shards")
    with pytest.raises(InputError) as caught:
        pack_corpus(corpus, "train", tmp_path / "shards", 64, tmp_path / "out")
    assert caught.value.where == str(tmp_path / "shards")
    assert caught.value.found == "was made by `shards pack`"
    assert caught.value.expected == "a directory made by `tokenizer train`"
    assert caught.value.remedy == "give the directory of that stage"


def test_a_damaged_line_stops_packing_and_leaves_no_dataset(tokenizer_dir: Path, tmp_path: Path) -> None:
    damaged = write_corpus(tmp_path / "damaged.jsonl", TEXTS)
    damaged.write_text(damaged.read_text(encoding="utf-8") + "{", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        pack_corpus(damaged, "train", tokenizer_dir, 64, tmp_path / "out")
    assert caught.value.where == f"{damaged} line {len(TEXTS) + 1}"
    with pytest.raises(InputError, match=r"has no manifest\.json"):
        ShardDataset.open(tmp_path / "out")
    write_corpus(damaged, TEXTS)  # mended: the unfinished directory is cleared and packed
    assert pack_corpus(damaged, "train", tokenizer_dir, 64, tmp_path / "out").counts["documents"] == len(TEXTS)
