"""What the medical tokenizer is worth beside others of the same size, and what training one costs.

The real medical text of ../shared/data/pretrain is divided by a hash of each document's id: a twentieth is held out and measured, the
rest is trained on. Compared, all of `--vocab-size` entries (or as many as the text supports, which is printed):

    ours            `train_medical_bpe`
    ours + terms    the same with `--terms`: the priority list (of the RadLex terms without digits and apostrophes of which every word
                    occurs in the training text as written, the NUM_TERMS that occur most often, then by their rarest word), and all
                    RadLex terms that occur there
    mixed           ours on a mixture: the share of a kind of document goes by the root of its bytes (as languages are sampled for
                    multilingual vocabularies), of which a text counts at most MAX_EPOCHS times
    mixed + terms   both
    tokenizers      the bare BPE trainer of `tokenizers`, with the split pattern of Llama and single digits
    sentencepiece   its BPE, with single digits and bytes for what it does not know
    general         ours, trained on the general English text alone

1. Training: seconds and the peak of memory, each in a process of its own that reads the same JSON lines file, the reading counted.
2. Fertility (tokens / white-space words) by document type, of terms that occur in the training text (each once, with a space before it, as
   it stands in running text), and the floor: what a tokenizer has that makes one token of each piece of the split pattern.
3. Coverage of the priority terms, in both definitions, and of terms of other lists, which no tokenizer was given.
4. Digits: single ones beside groups of up to three, in doses and laboratory values of the held-out text.
5. With `--growth`: seconds and memory of ours on a quarter, a half and all of the text.

sentencepiece is used here alone and not installed with medpretrain: `pip install sentencepiece` in the environment; without it, it is left
out, and that is said.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

from medpretrain.corpus.reader import open_corpus
from medpretrain.tokenizer.measures import Encodes, distinct_terms, fertility, term_coverage
from medpretrain.tokenizer.pieces import PLAIN_PATTERN, SPLIT_PATTERN
from medpretrain.tokenizer.sample import Drawn, Mixture, available_bytes, draw
from medpretrain.tokenizer.terms import read_terms
from medpretrain.tokenizer.train import train_sizes
from medpretrain.tokenizer.vocabulary import SECTION_HEADERS, SPECIAL_TOKENS, Tokenizer

SHARED = Path(__file__).resolve().parents[2] / "shared/data"
GENERAL = "general_english.jsonl.gz"
SAMPLE_OF_OTHERS = "mini.jsonl.gz"  # documents of the other files
HELD_OUT = 20  # one document in so many
NUM_TERMS = 4_200
MAX_EPOCHS = 12
MOST_WORDS = 8  # of a term that is looked for
OTHER_LISTS = ("wordlist-medicalterms-en", "mesh-2019", "disease-ontology", "drugs_at_fda")
TARGETS = {
    "clinical_note": 1.20,
    "clinical_transcription": 1.20,
    "radiology_report": 1.22,
    "radiology_caption": 1.22,
    "drug_label_indication": 1.25,
}
GROUPED_DIGITS = PLAIN_PATTERN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
AMOUNT = re.compile(r"(?<=\s)\d[\d.,]*(?:\s?(?:mg|mcg|g|kg|ml|mL|mmHg|mmol|cm|mm|units?|%)\b|%)")


class SentencePiece:
    """A sentencepiece model as our measures take a tokenizer."""

    def __init__(self, path: Path) -> None:
        import sentencepiece

        self._model = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.vocab_size: int = self._model.vocab_size()

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return self._model.encode(list(texts))


# 1: one training a process. `python tokenizer.py --do WORK TEXTS SIZE OUT [TERMS]` prints what it took.


def texts_of(path: Path) -> Iterator[str]:
    return (document.text for document in open_corpus(path).essentials())


def mixed_texts_of(path: Path) -> Iterator[str]:
    corpus = open_corpus(path)
    roots = {kind: math.sqrt(num_bytes) for kind, num_bytes in available_bytes(corpus, "doc_type").items()}
    mixture = Mixture("doc_type", {kind: root / sum(roots.values()) for kind, root in roots.items()})
    return draw(corpus, mixture, None, Drawn(), MAX_EPOCHS)


def train_ours(texts: Path, size: int, out: Path, terms: str = "", mixed: str = "") -> dict[str, Any]:
    made = train_sizes((mixed_texts_of if mixed else texts_of)(texts), [size], read_terms(Path(terms)) if terms else ())[size]
    made.tokenizer.save(str(out))
    return {"size": made.tokenizer.get_vocab_size(), "joins": made.num_joins, "terms": vars(made.terms) if terms else None}


def train_bare(texts: Path, size: int, out: Path, pattern: str = PLAIN_PATTERN) -> dict[str, Any]:
    tokenizer = tokenizers.Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    special = [*SPECIAL_TOKENS, *SECTION_HEADERS]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=2, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts_of(texts), trainer)
    tokenizer.save(str(out))
    return {"size": tokenizer.get_vocab_size()}


def train_sentencepiece(texts: Path, size: int, out: Path) -> dict[str, Any]:
    import sentencepiece

    with open(out, "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(line for text in texts_of(texts) for line in text.splitlines()),
            model_writer=file,
            model_type="bpe",
            vocab_size=size,
            hard_vocab_limit=False,
            byte_fallback=True,
            split_digits=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            user_defined_symbols=["\n", *SECTION_HEADERS],
            max_sentence_length=1 << 24,
            minloglevel=2,
        )
    return {"size": SentencePiece(out).vocab_size}


WORKS = {work.__name__: work for work in (train_ours, train_bare, train_sentencepiece)}


def do(work: str, texts: str, size: str, out: str, *more: str) -> None:
    started = time.perf_counter()
    result = WORKS[work](Path(texts), int(size), Path(out), *more)
    seconds = time.perf_counter() - started
    peak = 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])
    print(json.dumps({**result, "seconds": seconds, "peak_bytes": peak}))


def train(name: str, work: str, texts: Path, size: int, out: Path, *more: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--do", work, str(texts), str(size), str(out), *more]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])
    told = {key: value for key, value in result.items() if key not in ("seconds", "peak_bytes", "size") and value is not None}
    print(
        f"{name}: {result['size']:,} entries in {result['seconds']:.0f} s, peak memory {result['peak_bytes'] / 1e6:,.0f} MB {told or ''}",
        flush=True,
    )
    return dict(result)


# The text and the terms.


def divide(work: Path) -> dict[str, list[str]]:
    """Writes `train.jsonl`, `general.jsonl`, and parts of the first; returns the held-out texts by document type."""
    held_out: dict[str, list[str]] = defaultdict(list)
    num_bytes = 0
    with open(work / "train.jsonl", "w") as train_file, open(work / "general.jsonl", "w") as general_file:
        for source in sorted((SHARED / "pretrain").glob("*.jsonl.gz")):
            if source.name == SAMPLE_OF_OTHERS:
                continue
            for document in open_corpus(source).essentials():
                if hashlib.sha256(document.id.encode()).digest()[0] % HELD_OUT == 0:
                    held_out[document.doc_type].append(document.text)
                    continue
                line = json.dumps({"id": document.id, "text": document.text, "doc_type": document.doc_type}) + "\n"
                train_file.write(line)
                num_bytes += len(document.text.encode())
                if source.name == GENERAL:
                    general_file.write(line)
    print(f"trained on {num_bytes / 1e6:,.1f} MB; held out {sum(map(len, held_out.values())):,} documents", flush=True)
    return held_out


def occurrences(terms: Iterable[str], texts: Iterable[str]) -> Counter[str]:
    """How often each term stands in the texts as it is written, its words parted by white space, with or without marks around words."""
    wanted = {term for term in terms if len(term.split()) <= MOST_WORDS}
    lengths: dict[str, set[int]] = defaultdict(set)  # in words, of the terms that begin with a word
    for term in wanted:
        words = term.split()
        lengths[words[0]].add(len(words))
    marks = ".,;:()[]\"'"
    found: Counter[str] = Counter()
    for text in texts:
        words = [word.strip(marks) for word in text.split()]
        for place, word in enumerate(words):
            if word in lengths:
                for length in lengths[word]:
                    term = " ".join(words[place : place + length])
                    if term in wanted:
                        found[term] += 1
    return found


def terms_of(name: str) -> list[str]:
    return distinct_terms(read_terms(SHARED / f"terms/{name}.jsonl.gz"))


# 2 to 4


def table(held_out: dict[str, list[str]], others: dict[str, list[str]], compared: dict[str, Encodes]) -> None:
    print(f"| tokens a word | words | {' | '.join(compared)} | floor | target |\n|---|---:|{'---:|' * (len(compared) + 2)}")
    for name, texts in [*sorted(held_out.items()), *others.items()]:
        measured = {which: fertility(tokenizer, texts) for which, tokenizer in compared.items()}
        num_words = next(iter(measured.values())).num_words
        least = sum(num_pieces(text) for text in texts) / num_words
        cells = " | ".join(f"{each.tokens_per_word:.3f}" for each in measured.values())
        target = TARGETS.get(name, 1.5 if name in others else None)
        print(f"| {name} | {num_words:,} | {cells} | {least:.3f} | {target or ''} |", flush=True)


_pieces = pre_tokenizers.Split(Regex(SPLIT_PATTERN), "isolated")


def num_pieces(text: str) -> int:
    return len(_pieces.pre_tokenize_str(text))


def coverage(name: str, terms: Sequence[str], compared: dict[str, Encodes]) -> None:
    print(f"coverage of {name} ({len(terms):,} terms):")
    for which, tokenizer in compared.items():
        covered = term_coverage(tokenizer, terms)
        print(f"    {which}: every word whole {covered.every_word:.2%}, whole term {covered.whole:.2%}", flush=True)


def digits(held_out: dict[str, list[str]], compared: dict[str, Encodes]) -> None:
    """Tokens of an amount, and in how many ways numbers of one length are cut."""
    amounts = [f" {amount.strip()}" for texts in held_out.values() for text in texts for amount in AMOUNT.findall(text)]
    numbers = [f" {number}" for length in (1, 2, 3, 4, 5) for number in range(10 ** (length - 1), 10**length, max(1, 10**length // 900))]
    for which, tokenizer in compared.items():
        tokens = sum(map(len, tokenizer.encode_batch(amounts))) / len(amounts)
        lengths: dict[int, set[int]] = defaultdict(set)
        for number, ids in zip(numbers, tokenizer.encode_batch(numbers), strict=True):
            lengths[len(number) - 1].add(len(ids))
        cut = ", ".join(f"{length}: {'/'.join(map(str, sorted(counts)))}" for length, counts in sorted(lengths.items()))
        print(
            f"digits, {which}: {tokens:.3f} tokens an amount ({len(amounts):,} of them); tokens of a number by its digits {cut}", flush=True
        )


def main() -> None:
    if sys.argv[1:2] == ["--do"]:
        do(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocab-size", type=int, default=64_000)
    parser.add_argument("--growth", action="store_true", help="measure training on parts of the text too")
    parser.add_argument("--keep", type=Path, default=None, help="a directory for the tokenizers that are made")
    words = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"{SHARED} is not there: these figures are of the real medical text only")
    with tempfile.TemporaryDirectory(prefix="tokenizer-") as name:
        work = words.keep or Path(name)
        work.mkdir(parents=True, exist_ok=True)
        measure(work, words.vocab_size)
        if words.growth:
            for share in (4, 2, 1):
                with open(work / "train.jsonl") as whole, open(work / "part.jsonl", "w") as part:
                    part.writelines(islice(whole, 0, None, share))
                train(f"ours on 1/{share} of the text", "train_ours", work / "part.jsonl", words.vocab_size, work / "part.json")


def measure(work: Path, size: int) -> None:
    held_out = divide(work)
    known = terms_of("radlex")
    radlex = occurrences([*known, *(word for term in known for word in term.split())], texts_of(work / "train.jsonl"))
    possible = [term for term in known if all(radlex[word] for word in term.split())]
    plain = [term for term in possible if not re.search(r"[\d']", term)]
    priority = sorted(plain, key=lambda term: (-radlex[term], -min(radlex[word] for word in term.split()), term))[:NUM_TERMS]
    occurring = sorted(term for term in known if radlex[term])
    (work / "terms.txt").write_text("".join(f"{term}\n" for term in dict.fromkeys([*priority, *occurring])))
    print(
        f"RadLex: {len(known):,} terms, {len(occurring):,} occur as written, of {len(possible):,} every word does, of which "
        f"{len(possible) - len(plain):,} hold digits or apostrophes; {len(priority):,} of the others are the priority list",
        flush=True,
    )
    given = {*priority, *occurring}
    others = [term for term in distinct_terms(term for name in OTHER_LISTS for term in terms_of(name)) if term not in given]
    other_terms = sorted(occurrences(others, texts_of(work / "train.jsonl")))

    texts = work / "train.jsonl"
    train("ours", "train_ours", texts, size, work / "ours.json")
    train("ours + terms", "train_ours", texts, size, work / "terms.json", str(work / "terms.txt"))
    train("mixed", "train_ours", texts, size, work / "mixed.json", "", "mixed")
    train("mixed + terms", "train_ours", texts, size, work / "mixed-terms.json", str(work / "terms.txt"), "mixed")
    train("tokenizers", "train_bare", texts, size, work / "bare.json")
    train("general", "train_ours", work / "general.jsonl", size, work / "general.json")
    compared: dict[str, Encodes] = {
        which: Tokenizer.from_file(work / f"{file}.json")
        for which, file in (
            ("ours", "ours"),
            ("ours + terms", "terms"),
            ("mixed", "mixed"),
            ("mixed + terms", "mixed-terms"),
            ("tokenizers", "bare"),
            ("general", "general"),
        )
    }
    if importlib.util.find_spec("sentencepiece") is None:
        print("sentencepiece is not installed, so it is left out: pip install sentencepiece")
    else:
        train("sentencepiece", "train_sentencepiece", texts, size, work / "sentencepiece.model")
        compared["sentencepiece"] = SentencePiece(work / "sentencepiece.model")
    in_text = {"RadLex terms in the text": occurring, "terms of other lists in the text": other_terms}
    table(held_out, {name: [f" {term}" for term in terms] for name, terms in in_text.items()}, compared)
    coverage("the priority list", priority, compared)
    coverage("other lists, not given", other_terms, compared)
    train("tokenizers, groups of up to 3 digits", "train_bare", texts, size, work / "grouped.json", GROUPED_DIGITS)
    digits(held_out, {"ours": compared["ours"], "single": compared["tokenizers"], "groups": Tokenizer.from_file(work / "grouped.json")})


if __name__ == "__main__":
    main()
