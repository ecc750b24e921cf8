"""Settings of de-identification."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from medpretrain.config import Settings

# As finding.SAFE_HARBOR has them; spelt out, so that a wrong one is refused with all that are possible.
Kind = Literal[
    "SSN",
    "EMAIL",
    "URL",
    "IP",
    "FAX",
    "PHONE",
    "MRN",
    "HEALTH_PLAN",
    "ACCOUNT",
    "LICENSE",
    "VEHICLE",
    "DEVICE",
    "BIOMETRIC",
    "PHOTO",
    "ID",
    "DATE",
    "AGE",
    "NAME",
    "HOSPITAL",
    "LOCATION",
]


class DeidentifySettings(Settings):
    """What is looked for in a text, and what stands in its place."""

    mode: Literal["tag", "surrogate"] = "tag"  # [NAME], or another name in its place; surrogates need a secret
    secret_file: str | None = Field(default=None, min_length=1)  # at least 32 random bytes, as they are or as text; never written anywhere
    scope: Literal["patient", "document"] = "patient"  # where one surrogate stands for one name; a text of nobody known: the document
    max_shift_weeks: int = Field(default=52, ge=1, le=520)  # surrogate dates are moved by whole weeks, so that the days of the week stay
    keep: tuple[Kind, ...] = ()  # kinds that are left as they are
    states: bool = False  # take out names of states and countries too, which Safe Harbor leaves
    ner: str | None = Field(default=None, min_length=1)  # directory of a Hugging Face token classifier, asked beside the rules
    ner_min_score: float = Field(default=0.9, gt=0.0, le=1.0)  # lower finds more names, and takes more other words for some

    @model_validator(mode="after")
    def _surrogates_need_a_secret(self) -> DeidentifySettings:
        if self.mode == "surrogate" and self.secret_file is None:
            raise ValueError(
                "mode=surrogate needs secret_file: make one with `openssl rand -hex 32 > FILE` and keep it apart from the data"
            )
        return self
