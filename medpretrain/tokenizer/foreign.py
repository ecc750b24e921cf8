"""Any tokenizer.json that can write every text, by the bytes that its ids stand for: so vocabularies of unlike spelling compare.

Two spellings are read: the byte-level alphabet (GPT-2, GPT-NeoX, Llama 3, ours), where one character is one byte and a space is `Ġ`; and
sentencepiece's (Llama 2, Mistral), where a space is `▁` and what is not in the vocabulary is written by pieces such as `<0x0A>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import tokenizers

from medpretrain.errors import InputError

SPACE_MARK = "▁"  # U+2581
EDGE_NORMALIZERS = ("Prepend", "Strip")  # which change a text at its ends, not inside it
_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_STRETCHES = re.compile(r"[\udc80-\udcff]|[^\udc80-\udcff]+")  # bytes that are no UTF-8, one by one; text between them
_ANOTHER = "start from a model whose tokenizer has one"


class ForeignTokenizer:
    """The tokenizer of any model, as what its ids mean in the middle of a text.

    Attributes:
        num_ids: one more than the highest id.
        text_of: id -> the bytes it stands for, the space before a word included. Special tokens stand for no text and are not in it.
        id_of: the reverse. Where several ids stand for the same bytes, the one that text is written with, not the piece for a byte.
        unk_id: of what stands for text that the vocabulary lacks; None where the file names none.

    Args:
        special: tokens, as they are spelt there or by id, that are special whatever the file says of them.

    Raises:
        InputError: there is no such file, it is no tokenizer, or its vocabulary cannot write any text.
    """

    def __init__(self, path: Path, special: Iterable[str | int] = ()) -> None:
        record = _read_record(path)
        spelling = _spelling(record, path)
        self._encoder = tokenizers.Tokenizer.from_str(json.dumps(_inside_a_text(record)))
        self._encoder.encode_special_tokens = True  # a literal `<s>` is text
        vocabulary: dict[str, int] = self._encoder.get_vocab(with_added_tokens=True)
        added = {entry["id"]: entry for entry in record["added_tokens"]}
        self.num_ids = max(vocabulary.values(), default=-1) + 1
        self.unk_id = _unknown_id(record["model"], vocabulary)
        said = {self.unk_id, *map(self.id_named, special)} - {None}
        self._special = {*said, *(token_id for token_id, entry in added.items() if entry["special"])}
        self.text_of: dict[int, bytes] = {}
        self._id_of_byte: dict[int, int] = {}
        for token, token_id in sorted(vocabulary.items(), key=lambda item: item[1]):
            if token_id in added:  # spelt as it stands in a text
                self.text_of[token_id] = token.encode()
            elif token_id not in self._special:
                try:
                    self.text_of[token_id], byte = spelling(token)
                except KeyError as error:
                    expected = "the byte-level alphabet, in which its other tokens are spelt"
                    raise InputError(f"{path} id {token_id:,}", f"{token!r} has the character {error}", expected, _ANOTHER) from error
                if byte is not None:
                    self._id_of_byte[byte] = token_id
        for token_id in self._special:
            self.text_of.pop(token_id, None)
        byte_ids = set(self._id_of_byte.values())
        self.id_of = {text: token_id for token_id, text in reversed(self.text_of.items()) if token_id in byte_ids}
        self.id_of |= {text: token_id for token_id, text in reversed(self.text_of.items()) if token_id not in byte_ids}

    def id_named(self, token: str | int) -> int | None:
        """The id of a token, by its spelling or by its id; None where the vocabulary has none."""
        if isinstance(token, str):
            return self._encoder.token_to_id(token)
        return token if self._encoder.id_to_token(token) is not None else None

    def token(self, token_id: int) -> str:
        """How the token of an id is spelt."""
        return str(self._encoder.id_to_token(token_id))

    def pieces(self, text: bytes) -> list[int]:
        """The ids that write `text` in the middle of a text: no space is put before it. Bytes that are no UTF-8 (a character cut in two)
        are written byte by byte; what the vocabulary lacks is left out."""
        found: list[int] = []
        for stretch in _STRETCHES.findall(text.decode(errors="surrogateescape")):
            if "\udc80" <= stretch <= "\udcff":
                found += [self._id_of_byte[byte] for byte in stretch.encode(errors="surrogateescape") if byte in self._id_of_byte]
            else:
                ids = self._encoder.encode(stretch, add_special_tokens=False).ids
                found += [token_id for token_id in ids if token_id not in self._special]
        return found


def byte_alphabet() -> dict[str, int]:
    """The byte-level alphabet, character -> byte: bytes that print in Latin-1 are themselves, the others follow from U+0100 on."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {**{chr(byte): byte for byte in plain}, **{chr(256 + place): byte for place, byte in enumerate(others)}}


Spelling = Callable[[str], tuple[bytes, int | None]]
"""A vocabulary entry -> its bytes, and the byte that it is the piece for, if it is. KeyError of a character outside the alphabet."""


def _spelling(record: dict[str, Any], path: Path) -> Spelling:
    """How the vocabulary spells bytes. Raises InputError where it has no pieces for them."""
    parts = [part for key in ("normalizer", "pre_tokenizer", "decoder") for part in _parts(record[key])]
    if any(part["type"] == "ByteLevel" for part in parts):
        alphabet = byte_alphabet()

        def byte_level(token: str) -> tuple[bytes, int | None]:
            return bytes(alphabet[character] for character in token), alphabet[token] if len(token) == 1 else None

        return byte_level

    def sentencepiece(token: str) -> tuple[bytes, int | None]:
        if match := _BYTE_PIECE.fullmatch(token):
            return bytes([int(match[1], 16)]), int(match[1], 16)
        return token.replace(SPACE_MARK, " ").encode(), None

    if record["model"].get("byte_fallback"):
        return sentencepiece
    kind = record["model"]["type"]
    expected = "a vocabulary that can write any text: byte-level BPE, or BPE or Unigram with `byte_fallback`"
    raise InputError(str(path), f"is a {kind} that has no pieces for single bytes", expected, _ANOTHER)


def _read_record(path: Path) -> dict[str, Any]:
    """A tokenizer.json as the library writes it today. Raises InputError."""
    expected = "a tokenizer.json of the tokenizers library"
    if not path.is_file():
        remedy = "save the model's tokenizer there with transformers: AutoTokenizer.from_pretrained(...).save_pretrained(...)"
        raise InputError(str(path), "there is no such file", expected, remedy)
    try:
        record: dict[str, Any] = json.loads(tokenizers.Tokenizer.from_file(str(path)).to_str())
    except Exception as error:  # the library raises bare Exception
        raise InputError(str(path), f"is not a tokenizer ({error})", expected, "fetch the file again") from error
    return record


def _unknown_id(model: dict[str, Any], vocabulary: dict[str, int]) -> int | None:
    return model["unk_id"] if model.get("unk_id") is not None else vocabulary.get(model.get("unk_token"))  # type: ignore[arg-type]


def _parts(part: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """A normalizer, pre-tokenizer or decoder, and what it is a sequence of."""
    if part is not None:
        yield part
        for key in ("normalizers", "pretokenizers", "decoders"):
            for inner in part.get(key) or ():
                yield from _parts(inner)


def _inside_a_text(record: dict[str, Any]) -> dict[str, Any]:
    """The same tokenizer for a stretch from the middle of a text: nothing is put before it, behind it or cut off, and nothing is drawn."""

    def normalizer(part: dict[str, Any] | None) -> dict[str, Any] | None:
        if part is None or part["type"] in EDGE_NORMALIZERS:
            return None
        inner = [kept for each in part.get("normalizers", ()) if (kept := normalizer(each)) is not None]
        return {**part, "normalizers": inner} if "normalizers" in part else part

    for part in _parts(record["pre_tokenizer"]):
        if part["type"] == "ByteLevel":
            part["add_prefix_space"] = False
        elif part["type"] == "Metaspace":
            part["prepend_scheme"] = "never"
    model = {**record["model"], "dropout": None} if "dropout" in record["model"] else record["model"]
    changed = {"normalizer": normalizer(record["normalizer"]), "post_processor": None, "truncation": None, "padding": None, "model": model}
    return {**record, **changed}
