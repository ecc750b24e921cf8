"""Trains a small token classifier of names, hospitals and places on a processor, in minutes, from synthetic notes.

A BERT of a few layers from nothing, with a WordPiece vocabulary of its own: case is kept, accents are not, digits stand alone, the end of a
line is a mark of its own. Half of the notes' names are invented and some of their pieces are replaced by others, so that a name is known by
its place in a sentence and not by heart. What is no name it learns from other text: give it some, and as it will be asked about.
"""

from __future__ import annotations

import io
import pickle
import random
import re
import shutil
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from medpretrain import __version__
from medpretrain.corpus.reader import open_corpus
from medpretrain.deidentify.notes import sentences_with_identifiers, write_notes
from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.manifest import hash_of, write_atomically

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LINE_END = "¶"
WORD_START = "▁"
LABELS = ("O", *(f"{prefix}-{kind}" for kind in ("NAME", "HOSPITAL", "LOCATION") for prefix in "BI"))  # rules know numbers and dates better
SHARE_IN_CAPITALS = 0.05  # of the notes
# Of a sentence of other text: not every word with a capital is a name.
OTHER_FORMS: tuple[Callable[[str], str], ...] = (str, str, str, str, str.capitalize, str.title, str.upper)
SHARE_IN_PIECES = 0.4  # of the passages
FRAMES = (
    *("{} resolved.", "{} noted.", "Known {}.", "Exam shows {}.", "{}: none.", "{}: improving.", "Await {}.", "Continue {} as before."),
    *("Given {} today.", "- {}", "1. {}", "({})", "{}", "Denies {}.", "They discussed {}.", "{}, chronic."),
)
SHARE_OF_PIECES_REPLACED = 0.12  # of identifiers
IGNORED = -100  # as a label: counts for nothing
BUCKET_BATCHES = 32  # rows are sorted by length within so many batches
PASSAGE_CHARACTERS = 900
STEPS_TOLD = 100
_SUSPECT = re.compile(
    r"\b(?:Dr|Mr|Mrs|Ms|Miss|Doctor|Nurse|M\.?D|Ph\.?D|R\.?N|Hospital|Clinic|Center|Centre|University|January|February|March|April|May|June|July"
    r"|August|September|October|November|December|Name|signed|dictated)\b|\d{1,2}[/-]\d{1,2}[/-]\d|XXXX|(?:19|20)\d\d",
    re.IGNORECASE,
)

Spans = list[tuple[int, int, str]]
Row = tuple[list[int], list[int]]  # ids and labels of a window


@dataclass(frozen=True)
class NerShape:
    """How large the model is, and how it learns."""

    vocab_size: int = 3_000
    num_layers: int = 3
    hidden_size: int = 128
    num_heads: int = 4
    ffn_size: int = 384
    window: int = 128  # pieces that it sees at once
    batch_rows: int = 24
    peak_lr: float = 1.5e-3


def train_ner(out: Path, num_notes: int, seed: int, num_steps: int, background: Path | None = None, shape: NerShape | None = None) -> None:
    """Train on `num_notes` synthetic notes for `num_steps` steps, and save to `out`, for `TokenClassifier` to load.

    The result depends on the arguments and the number of torch's threads alone: also where it was stopped, since the same call goes on from
    the last step that was told, and gives the same weights to the last bit.

    Args:
        out: must not exist; is there when all is done.
        background: documents with few identifiers (JSON lines): for every note, sentences with identifiers are put into a passage of
            one, whose own sentences are left out where they look as if they held a name or a date.

    Raises InputError where `out` exists or the background cannot be read.
    """
    if out.exists():
        raise InputError(str(out), "exists", "a new directory", "name another or remove it")
    out.parent.mkdir(parents=True, exist_ok=True)
    state = out.with_name(f".{out.name}.state")
    shape = shape or NerShape()
    draw = random.Random(seed)
    made = chain(_notes(num_notes, seed), _passages(num_notes, background, draw))
    examples = [_perhaps_in_capitals(text, spans, draw) for text, spans in made]
    tokenizer = train_tokenizer([text for text, _ in examples], shape.vocab_size)
    rows = rows_of(examples, tokenizer, shape.window)
    logger.info("%d notes and passages, %d rows, %d pieces in the vocabulary", len(examples), len(rows), tokenizer.get_vocab_size())
    training = _Training(rows, tokenizer.get_vocab_size(), shape, num_steps, seed, draw)
    training.run(state)
    _save(out, training.model, tokenizer, shape.window)
    state.unlink(missing_ok=True)
    logger.info("%s: the model is saved", out)


def _notes(num_notes: int, seed: int) -> Iterator[tuple[str, Spans]]:
    for note in write_notes(num_notes, seed, "training"):
        yield note["text"], [(span["start"], span["end"], span["label"]) for span in note["spans"]]


def _passages(num_passages: int, background: Path | None, draw: random.Random) -> Iterator[tuple[str, Spans]]:
    """Passages of other text, whole or in pieces, with sentences with identifiers put between theirs."""
    if background is None:
        return
    texts = [document.text for document in open_corpus(background).essentials()]
    for _ in range(num_passages):
        text = draw.choice(texts)
        begin = draw.randrange(max(1, len(text) - PASSAGE_CHARACTERS))
        sentences = [one for one in text[begin : begin + PASSAGE_CHARACTERS].split(". ")[1:-1] if not _SUSPECT.search(one)]
        if draw.random() < SHARE_IN_PIECES:
            yield _with_sentences([_in_frame(sentence, draw) for sentence in sentences], draw)
        else:
            yield _with_sentences([draw.choice(OTHER_FORMS)(f"{sentence}.") for sentence in sentences], draw)


def _in_frame(sentence: str, draw: random.Random) -> str:
    """A few of its words as the subject or object of a short sentence, as terms stand in notes."""
    words = sentence.split() or ["nothing"]
    begin = draw.randrange(len(words))
    term = " ".join(words[begin : begin + draw.choice([1, 1, 2, 3])]).strip(".,;:()")
    return draw.choice(FRAMES).format(draw.choice(OTHER_FORMS)(term))


def _with_sentences(sentences: Sequence[str], draw: random.Random) -> tuple[str, Spans]:
    text, spans = "", []
    places = {draw.randrange(len(sentences) + 1) for _ in range(draw.choice([0, 0, 1, 2]))}
    for place in range(len(sentences) + 1):
        if place in places:
            added, found = sentences_with_identifiers(draw)
            spans += [(start + len(text), end + len(text), kind) for start, end, kind in found]
            text += f"{added} "
        if place < len(sentences):
            text += sentences[place] + draw.choice([" ", " ", "\n"])
    return text, spans


def _perhaps_in_capitals(text: str, spans: Spans, draw: random.Random) -> tuple[str, Spans]:
    is_chosen = draw.random() < SHARE_IN_CAPITALS and len(text.upper()) == len(text)
    return (text.upper() if is_chosen else text), spans


def train_tokenizer(texts: Sequence[str], vocab_size: int) -> Tokenizer:
    """WordPiece by the joins of a BPE of the texts' words: the trainer of WordPiece makes another vocabulary at every run."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Replace(Regex("\n"), LINE_END), normalizers.NFD(), normalizers.StripAccents()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=True)])
    normalizer, splitter = tokenizer.normalizer, tokenizer.pre_tokenizer
    words = (f"{WORD_START}{word}" for text in texts for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text)))
    singles = [form for letter in string.ascii_letters + string.digits for form in (letter, f"##{letter}")]
    joined = Tokenizer(models.BPE())
    joined.train_from_iterator(words, trainers.BpeTrainer(vocab_size=vocab_size, show_progress=False))
    pieces = [piece[1:] if piece.startswith(WORD_START) else f"##{piece}" for piece in sorted(joined.get_vocab())]
    known = dict.fromkeys([*SPECIAL, LINE_END, *singles, *filter(None, pieces)])
    tokenizer.model = models.WordPiece({piece: place for place, piece in enumerate(known)}, unk_token="[UNK]")
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", SPECIAL.index("[SEP]")), ("[CLS]", SPECIAL.index("[CLS]")))
    return tokenizer


def rows_of(examples: Sequence[tuple[str, Spans]], tokenizer: Tokenizer, window: int) -> list[Row]:
    """(ids, labels) of every window; windows of a long text do not overlap."""
    label_ids = {label: place for place, label in enumerate(LABELS)}
    begin, end = SPECIAL.index("[CLS]"), SPECIAL.index("[SEP]")
    rows = []
    for (_, spans), encoded in zip(examples, tokenizer.encode_batch([text for text, _ in examples], add_special_tokens=False), strict=True):
        labels = [label_ids[label] for label in labels_of(encoded.offsets, spans)]
        for first in range(0, len(labels), window - 2):
            last = first + window - 2
            rows.append(([begin, *encoded.ids[first:last], end], [IGNORED, *labels[first:last], IGNORED]))
    return rows


def labels_of(offsets: Sequence[tuple[int, int]], spans: Spans) -> list[str]:
    """The label of each piece: B- for the first that touches an identifier, I- for the others."""
    labels = []
    open_spans = sorted(span for span in spans if f"B-{span[2]}" in LABELS)
    place, is_begun = 0, False
    for start, end in offsets:
        while place < len(open_spans) and open_spans[place][1] <= start:
            place, is_begun = place + 1, False
        if place < len(open_spans) and open_spans[place][0] < end:
            labels.append(f"{'I' if is_begun else 'B'}-{open_spans[place][2]}")
            is_begun = True
        else:
            labels.append("O")
    return labels


class _Training:
    """The model on its way. `draw`: in the state in which making the rows left it."""

    def __init__(self, rows: list[Row], vocab_size: int, shape: NerShape, num_steps: int, seed: int, draw: random.Random) -> None:
        torch.manual_seed(seed)
        self.model = BertForTokenClassification(_config(vocab_size, shape)).train()
        self._optimizer = torch.optim.AdamW(self.model.parameters(), lr=shape.peak_lr, weight_decay=0.01)
        warmup = max(1, num_steps // 20)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: min((step + 1) / warmup, max(0.0, (num_steps - step) / max(1, num_steps - warmup)))
        )
        batches = _batches(rows, shape.batch_rows, draw)
        self._inputs = (_tensors(next(batches), vocab_size, draw) for _ in range(num_steps))
        self._num_steps = num_steps
        by = [__version__, torch.__version__, torch.get_num_threads()]
        self._identity = hash_of([by, asdict(shape), num_steps, seed, vocab_size, rows])

    def run(self, state: Path) -> None:
        """To the last step, from that of the file `state` where it is of this very training."""
        first = self._load(state)
        running = 0.0
        for step, (ids, labels) in enumerate(islice(self._inputs, first, None), first + 1):
            loss = self.model(input_ids=ids, attention_mask=(ids != 0).long(), labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self._optimizer.step()
            self._optimizer.zero_grad()
            self._schedule.step()
            running += loss.item()
            if step % STEPS_TOLD == 0:
                logger.info("step %d of %d: loss %.4f", step, self._num_steps, running / STEPS_TOLD)
                running = 0.0
                self._save(state, step)
        self.model.eval()

    def _parts(self) -> dict[str, Any]:
        return {"model": self.model, "optimizer": self._optimizer, "schedule": self._schedule}

    def _save(self, path: Path, step: int) -> None:
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        content = io.BytesIO()
        torch.save({"identity": self._identity, "step": step, "random": torch.get_rng_state(), **parts}, content)
        write_atomically(path, content.getvalue())

    def _load(self, path: Path) -> int:
        """The step at which it goes on."""
        if not path.exists():
            return 0
        try:
            state = torch.load(path, weights_only=True)
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
            logger.warning("%s: cannot be read (%s), and is not used", path, " ".join(str(error).split())[:80])
            return 0
        if state["identity"] != self._identity:
            logger.info("%s: is of a training with other arguments, and is not used", path)
            return 0
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        torch.set_rng_state(state["random"])
        logger.info("goes on behind step %d", state["step"])
        return int(state["step"])


def _config(vocab_size: int, shape: NerShape) -> BertConfig:
    return BertConfig(
        vocab_size=vocab_size,
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.num_layers,
        num_attention_heads=shape.num_heads,
        intermediate_size=shape.ffn_size,
        max_position_embeddings=shape.window,
        type_vocab_size=1,
        id2label=dict(enumerate(LABELS)),
        label2id={label: place for place, label in enumerate(LABELS)},
    )


def _batches(rows: list[Row], batch_rows: int, draw: random.Random) -> Iterator[list[Row]]:
    """Batches without end, of rows of about one length; every row once before any comes again."""
    while True:
        order = draw.sample(range(len(rows)), len(rows))
        for first in range(0, len(order), BUCKET_BATCHES * batch_rows):
            bucket = sorted(order[first : first + BUCKET_BATCHES * batch_rows], key=lambda place: len(rows[place][0]))
            starts = list(range(0, len(bucket), batch_rows))
            for start in draw.sample(starts, len(starts)):
                yield [rows[place] for place in bucket[start : start + batch_rows]]


def _tensors(batch: list[Row], vocab_size: int, draw: random.Random) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    labels = torch.full((len(batch), longest), IGNORED)
    for place, (row_ids, row_labels) in enumerate(batch):
        replaced = [_perhaps_another(piece, label, vocab_size, draw) for piece, label in zip(row_ids, row_labels, strict=True)]
        ids[place, : len(row_ids)] = torch.tensor(replaced)
        labels[place, : len(row_ids)] = torch.tensor(row_labels)
    return ids, labels


def _perhaps_another(piece: int, label: int, vocab_size: int, draw: random.Random) -> int:
    if label > 0 and LABELS[label][2:] == "NAME" and draw.random() < SHARE_OF_PIECES_REPLACED:
        return draw.randrange(len(SPECIAL), vocab_size)
    return piece


def _save(out: Path, model: BertForTokenClassification, tokenizer: Tokenizer, window: int) -> None:
    transformers_logging.disable_progress_bar()
    unfinished = out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    names: dict[str, Any] = {f"{mark.strip('[]').lower()}_token": mark for mark in SPECIAL}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=window, **names).save_pretrained(unfinished)
    model.save_pretrained(unfinished)
    unfinished.rename(out)
