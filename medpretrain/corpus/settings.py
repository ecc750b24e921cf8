"""Settings of `corpus build`: the sources, and what is done with their documents, stage by stage."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from medpretrain.config import Settings
from medpretrain.deidentify.settings import DeidentifySettings

Format = Literal["auto", "jsonl", "parquet", "csv", "text", "jats", "medline", "fhir", "hl7", "ccda", "dicom"]


DEFAULT_TEXT = ("text",)


class RepairSettings(Settings):
    """What is put right in a text before it is judged; each can be left out."""

    encoding: bool = True  # text that was decoded with a wrong encoding, where that is certain; HTML entities in a text without tags
    unicode: bool = True  # NFC; control characters, odd spaces and hyphens
    white_space: bool = True  # at the ends of lines, more than one empty line
    page_furniture: bool = True  # page numbers, headers and footers that stand on every page
    pdf_lines: bool = True  # lines that were cut at the width of a page, words parted by a hyphen


class FilterSettings(Settings):
    """Which documents are dropped; 0, 1 or null, as said, leaves a filter out."""

    min_tokens: int = Field(default=50, ge=0)  # words and punctuation marks
    max_non_alphanumeric: float = Field(default=0.5, ge=0.0, le=1.0)  # of the characters that are no white space; 1: no limit
    max_perplexity: float | None = Field(default=1000.0, gt=1.0)  # of a token, under the reference model; needs `reference` documents
    max_repeated_line_share: float = Field(default=0.5, ge=0.0, le=1.0)  # of characters in lines that stood before; 1: no limit
    max_repeated_run_share: float = Field(
        default=0.6, ge=0.0, le=1.0
    )  # of words in runs of 10 that stood before; 1: no limit. Told twice: 0.5
    max_top_run_share: float = Field(default=0.3, ge=0.0, le=1.0)  # of words in the most frequent run of 4; 1: no limit
    max_boilerplate_share: float = Field(
        default=0.3, ge=0.0, le=1.0
    )  # of the characters, in lines that are no prose of the text; 1: no limit
    languages: tuple[Annotated[str, Field(pattern="^[a-z]{2}$")], ...] = ("en",)  # ISO 639-1; none: any
    min_language_tokens: int = Field(default=100, ge=0)  # the language of a shorter text is not judged


class DedupSettings(Settings):
    """Near-duplicates: MinHash candidates (Broder 1997; banded as in Leskovec et al., ch. 3), verified by their exact Jaccard index."""

    min_jaccard: float | None = Field(default=0.8, gt=0.0, le=1.0)  # of the sets of runs of words; null: only equal texts are dropped
    run_words: int = Field(default=5, ge=1)
    num_bands: int = Field(default=18, ge=1, le=256)  # found with probability 1 - (1 - J^rows)^bands: 0.985 at 0.8, 0.99999 at 0.9
    rows_per_band: int = Field(default=7, ge=1, le=64)
    max_pairs_per_bucket: int = Field(default=64, ge=1)  # of a document: with the best of those that share a band hash with it
    seed: int = 0


class ConsentSettings(Settings):
    """A record is used only where `field` of its meta has one of these values (as text, case ignored)."""

    field: str = Field(default="consent", min_length=1)
    allowed: tuple[str, ...] = ("permit",)


class IdentitySettings(Settings):
    """Which fields of meta (columns of a table, keys of JSON lines) say who a record is about: where texts are de-identified, what they say
    is taken out of them, also misspelt."""

    names: tuple[str, ...] = ()  # of persons: the patient, relatives, staff
    numbers: tuple[str, ...] = ()  # of records, accounts, visits, orders
    places: tuple[str, ...] = ()  # addresses, cities, postal codes, hospitals
    dates: tuple[str, ...] = ()  # of birth, of admission
    contacts: tuple[str, ...] = ()  # phone numbers, e-mail and web addresses
    subject: str | None = None  # the number of the patient, by which texts of one patient are known

    @property
    def fields(self) -> tuple[str, ...]:
        """All that are named, each once."""
        subject = [self.subject] if self.subject is not None else []
        return tuple(dict.fromkeys([*self.names, *self.numbers, *self.places, *self.dates, *self.contacts, *subject]))

    @model_validator(mode="after")
    def _says_something(self) -> IdentitySettings:
        if not self.fields:
            raise ValueError("names no field, so it has no effect; expected names of fields under names, numbers or others; remove it")
        return self


class SourceSettings(Settings):
    """One input: a file, a directory, or an s3:// address of either."""

    path: str = Field(min_length=1)
    format: Format = "auto"  # auto: by the files' names and first bytes
    inside: str | None = Field(default=None, min_length=1)  # format is that of this key of JSON lines, or column of a table
    name: str | None = Field(default=None, min_length=1)  # replaces what the documents say of their source
    doc_type: str | None = Field(default=None, min_length=1)  # replaces what the documents say
    licence: str = "not stated"
    weight: float = Field(default=1.0, gt=0.0)  # of a document, against one of another source, where sources are mixed
    consent: ConsentSettings | None = None
    fields: tuple[str, ...] = ()  # of meta; all others are not kept
    identity: IdentitySettings | None = None  # of meta, too: what is known of the patient
    text: tuple[str, ...] = Field(
        default=DEFAULT_TEXT, min_length=1
    )  # csv, parquet: these columns make the text; several stand under their names as headings
    id: str | None = None  # csv, parquet: the column with the id
    reference: bool = False  # its documents are clean: the reference model learns from them, and does not judge them
    repair: RepairSettings | None = None  # of those of the corpus, what it says in place
    filters: FilterSettings | None = None  # likewise
    deidentify: bool = True  # where the corpus is; false for texts that name nobody who is to be protected, as published ones

    @property
    def table_keys(self) -> list[str]:
        """Which keys are set that only columns of a table can follow."""
        return [*(["text"] if self.text != DEFAULT_TEXT else []), *(["id"] if self.id is not None else [])]

    @field_validator("text")
    @classmethod
    def _columns_once(cls, text: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({column for column in text if text.count(column) > 1})
        if twice:
            raise ValueError(f"names {', '.join(twice)} twice; expected each column once; remove it")
        return text

    @model_validator(mode="after")
    def _keys_have_an_effect(self) -> SourceSettings:
        for key in self.table_keys:
            if self.inside is not None:
                raise ValueError(
                    f"`{key}` has no effect where `inside` is set; expected columns of a table or `inside`; remove one of them"
                )
            if self.format not in ("auto", "csv", "parquet"):
                raise ValueError(f"`{key}` has no effect on format {self.format}; expected it for csv or parquet; remove it")
        return self

    @model_validator(mode="after")
    def _inside_of_a_format(self) -> SourceSettings:
        if self.inside is not None and self.format in ("auto", "jsonl", "parquet", "csv"):
            raise ValueError(f"inside={self.inside} needs the format of what stands there: text, jats, medline, fhir, hl7, ccda or dicom")
        return self


class CorpusSettings(Settings):
    """How sources become a corpus."""

    sources: list[SourceSettings] = Field(min_length=1)
    repair: RepairSettings = RepairSettings()
    filters: FilterSettings = FilterSettings()
    dedup: DedupSettings = DedupSettings()
    deidentify: DeidentifySettings | None = None  # null: texts are taken as they are
    max_bad_share: float = Field(default=0.01, ge=0.0, le=1.0)  # of all records; above it nothing is published
    max_damaged_files: int = Field(default=0, ge=0)  # cut off or unreadable ones; what could be read of them is used
    heldout_share: float = Field(default=0.01, ge=0.0, lt=1.0)  # of documents, by a keyed hash of the id
    seed: int = 0  # salts that hash
    keep_parts: bool = True  # after the end; without them no files can be added later

    @model_validator(mode="after")
    def _deidentify_has_an_effect(self) -> CorpusSettings:
        for number, source in enumerate(self.sources):
            if self.deidentify is None and not source.deidentify:
                raise ValueError(
                    f"sources.{number}.deidentify: false has no effect, as the corpus has no `deidentify`; set that, or remove it"
                )
            if source.identity is not None and (self.deidentify is None or not source.deidentify):
                raise ValueError(
                    f"sources.{number}.identity has no effect where texts are not de-identified; set `deidentify`, or remove it"
                )
        if self.deidentify is not None and not any(source.deidentify for source in self.sources):
            raise ValueError("`deidentify` has no effect, as every source says `deidentify: false`; expected one that does not; remove it")
        return self


class DeidentifyFilesSettings(DeidentifySettings):
    """Of `corpus deidentify`: how a source is read, beside what is looked for."""

    source: SourceSettings

    @model_validator(mode="after")
    def _source_is_deidentified(self) -> DeidentifyFilesSettings:
        if not self.source.deidentify:
            raise ValueError("source.deidentify: false has no effect here; remove it")
        return self

    @property
    def deidentify(self) -> DeidentifySettings:
        """What is looked for, alone."""
        return DeidentifySettings(**self.model_dump(exclude={"source"}))
