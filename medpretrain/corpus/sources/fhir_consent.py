"""What FHIR Consent resources say about the use of a patient's records. A denial counts before a permission, wherever either stands."""

from __future__ import annotations

from collections.abc import Iterable

from medpretrain.corpus.sources.fhir_json import Resource, item, string
from medpretrain.corpus.sources.fhir_note import codes


def said_by(consent: Resource) -> str:
    """ "deny", "permit", or "" where it says nothing that counts: a denial counts whatever it is about, a permission not where it is about
    treatment. Raises WrongTypeError."""
    if string(consent, "status") != "active":
        return ""
    said = string(item(consent, "provision"), "type").lower() or string(consent, "decision").lower()  # R4, R5
    said = said or ("deny" if "OPTOUT" in codes(consent, "policyRule") else "")
    permits = said == "permit" and not codes(consent, "scope") & {"adr", "treatment"}
    return said if said == "deny" or permits else ""


def together(said: Iterable[str]) -> str:
    """What several say: "deny" if one does."""
    everything = set(said)
    return next((word for word in ("deny", "permit") if word in everything), "")
