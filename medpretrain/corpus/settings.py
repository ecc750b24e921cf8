"""Settings of `corpus build`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from medpretrain.config import Settings


class SourceSettings(Settings):
    """One input: a file or a directory of .jsonl, .jsonl.gz or .jsonl.zst files."""

    path: Path
    source: str | None = Field(default=None, min_length=1)  # replaces what the documents say
    doc_type: str | None = Field(default=None, min_length=1)  # replaces what the documents say


class CorpusSettings(Settings):
    """How sources become a corpus."""

    sources: list[SourceSettings] = Field(min_length=1)
    min_words: int = Field(default=5, ge=0)  # a document with fewer whitespace-separated words is dropped
    min_characters: int = Field(default=0, ge=0)  # and so is one with fewer characters
    max_bad_share: float = Field(default=0.01, ge=0.0, le=1.0)  # of all lines; above it nothing is published
    heldout_share: float = Field(default=0.01, ge=0.0, lt=1.0)  # of documents, by a keyed hash of the id
    seed: int = 0  # salts that hash
    documents_per_file: int = Field(default=100_000, ge=1)
