"""Tokenizers to compare with: any tokenizer.json, any tiktoken file, or plain BPE learnt from general English."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from pathlib import Path

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers

from medpretrain.errors import InputError
from medpretrain.tokenizer.foreign import byte_alphabet
from medpretrain.tokenizer.measures import Encodes
from medpretrain.tokenizer.quick import QuickTokenizer
from medpretrain.tokenizer.train import train_medical_bpe
from medpretrain.tokenizer.vocabulary import Tokenizer

TIKTOKEN_SUFFIX = ".tiktoken"
# A tiktoken file holds tokens and ranks alone; how texts are split before is known by the number of ranks. (From the published
# definitions of GPT-2, of GPT-4's cl100k_base and of GPT-4o's o200k_base.)
GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K_PATTERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER, _ENDING = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K_PATTERN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_ENDING}|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_ENDING}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PATTERN_OF_RANKS = {50256: ("GPT-2's", GPT2_PATTERN), 50280: ("GPT-2's", GPT2_PATTERN), 199998: ("o200k_base's", O200K_PATTERN)}
ELSE_PATTERN = ("cl100k_base's", CL100K_PATTERN)  # which Llama 3 and Qwen have too, but for digits


class Baseline:
    """Another tokenizer: texts to ids as its library does it, without special tokens; `about` says what it is.
    `encodes` may do the library's work, if it gives the same ids.

    Attributes:
        vocab_size: entries.
        num_ids: one more than the highest id.
    """

    def __init__(self, name: str, about: str, backend: tokenizers.Tokenizer, encodes: Encodes | None = None) -> None:
        backend.encode_special_tokens = True  # a literal `<s>` is text
        backend.no_truncation()
        backend.no_padding()
        self.name, self.about = name, about
        self._backend, self._encodes = backend, encodes
        self.vocab_size = backend.get_vocab_size()
        self.num_ids = max(backend.get_vocab().values(), default=-1) + 1

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, on all cores."""
        if self._encodes is not None:
            return self._encodes.encode_batch(texts)
        return [encoding.ids for encoding in self._backend.encode_batch_fast(list(texts), add_special_tokens=False)]

    def gives_back(self, texts: Sequence[str]) -> bool:
        """Whether the ids of these texts hold all of them, but for white space at their ends: else bits for them are bits for less."""
        decoded = (self._backend.decode(ids, skip_special_tokens=False) for ids in self.encode_batch(texts))
        return all(text.strip() == again.strip() for text, again in zip(texts, decoded, strict=True))


def load_baseline(path: Path) -> Baseline:
    """The tokenizer of a tokenizer.json (or a directory with one) or of a tiktoken file. Raises InputError where it is neither."""
    if path.is_dir():
        path = path / "tokenizer.json"
    if not path.is_file():
        raise InputError(str(path), "there is no such file", "a tokenizer.json or a .tiktoken file", "check the path")
    if path.suffix == TIKTOKEN_SUFFIX:
        ranks = read_tiktoken(path)
        pattern_name, pattern = PATTERN_OF_RANKS.get(len(ranks), ELSE_PATTERN)
        about = f"tiktoken file of {len(ranks):,} ranks; texts are split by {pattern_name} pattern, which is assumed"
        return Baseline(path.stem, about, bpe_of_ranks(ranks, pattern))
    try:
        backend = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        expected = f"a tokenizer.json of the tokenizers library, or a tiktoken file named *{TIKTOKEN_SUFFIX}"
        raise InputError(str(path), f"is not a tokenizer ({error})", expected, "check the path") from error
    name = path.parent.resolve().name if path.name == "tokenizer.json" else path.stem
    return Baseline(name, type(backend.model).__name__, backend)


def general_baseline(texts: Iterable[str], vocab_size: int) -> Baseline:
    """Our own BPE without anything medical: learnt from general English, of this size or as many entries as the texts support."""
    backend = train_medical_bpe(texts, vocab_size)
    reached = backend.get_vocab_size()
    short = "" if reached == vocab_size else f"; the text supports no more than these {reached:,} entries, not {vocab_size:,}"
    about = f"byte-level BPE learnt from the general English text{short}"
    return Baseline("general English", about, backend, QuickTokenizer(Tokenizer(backend, Path()), ()))


def read_tiktoken(path: Path) -> dict[bytes, int]:
    """Tokens and their ranks: a line each, the token in base64, a space, the rank. Raises InputError, naming file and line."""
    ranks: dict[bytes, int] = {}
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                token, rank = line.split()
                ranks[base64.b64decode(token, validate=True)] = int(rank)
            except (ValueError, binascii.Error) as error:
                expected = "a token in base64, a space and its rank"
                raise InputError(f"{path} line {number}", f"is no token ({error})", expected, "fetch the file again") from error
    lacking = 256 - sum(bytes([byte]) in ranks for byte in range(256))
    if lacking:
        raise InputError(str(path), f"lacks {lacking} of the 256 bytes", "a vocabulary that can write any text", "fetch the file again")
    return ranks


def bpe_of_ranks(ranks: dict[bytes, int], pattern: str) -> tokenizers.Tokenizer:
    """The same tokenizer for the tokenizers library: tiktoken joins the neighbours whose joined bytes have the lowest rank, so each way
    to part a token into two others is a merge, in the order of the tokens' ranks; and a piece that is a token is taken as it is."""
    character_of = {byte: character for character, byte in byte_alphabet().items()}
    spelt = {token: "".join(character_of[byte] for byte in token) for token in ranks}
    merges = []
    for token, _ in sorted(ranks.items(), key=lambda item: item[1]):
        parts = ((token[:place], token[place:]) for place in range(1, len(token)))
        merges += [(spelt[left], spelt[right]) for left, right in parts if left in ranks and right in ranks]
    model = models.BPE(vocab={spelt[token]: rank for token, rank in ranks.items()}, merges=merges, ignore_merges=True)
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
