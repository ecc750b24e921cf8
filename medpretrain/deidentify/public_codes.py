"""Codes that name no person: of trials, genes, variants, drugs under study, grants, publications, products, classifications."""

from __future__ import annotations

import re

_REGISTRY_PREFIXES = (
    "NCT ISRCTN ISRCT ACTRN ANZCTR UMIN DRKS IRCT KCT NTR PACTR TCTR CHICTR CTRI CRD JPRN JAPICCTI RBR SLCTR EUCTR UKCRN"
    " EUDRACT CAAE PMC PMID DOI ISBN ISSN GSE GSM SRR PRJNA PF JNJ ENSG ENST OMIM MIM ORPHA HGNC CHEBI CHEMBL"
)
_SCIENCE_PREFIXES = (
    "RS NM NP NR NG NC XM XP NL SRP ERP EGAS PHS HP GO MESH UMLS SNOMED LOINC ICD CPT HCPCS NDC ATC EC CAS ISO EN IEC ASTM"
    " DIN BS DSM ATCC NCTC CCUG HS MM RN TCGA APP MOP NHMRC CIHR NIHR PL CNPQ FAPESP IRAS HREC MREC REC CRIS HL HD AI CA DK MH"
    " NS AG DA AA EY ES GM LM RR TR MD BOX PO ZIP CEP"
)
# What makers of drugs put before the numbers of their substances.
_MAKER_PREFIXES = (
    "LY GSK WR SSR KF SC FR RO CH PF BMS JNJ AZD MK ABT SAR SB SCH SKF GR CP CGP CGS UK BAY BIBP NSC PD AG ARRY GDC RG LAS"
    " EMD MDL ICI YM TAK CI ONO AMG REGN MEDI ORG SR BN DDD MMV BIA VX GS INCB CNTO KW TC SM NN HOE AC ACE ALN ISIS ZD AMN"
    " BIIB CC CHIR CX DMP GW GV IPI KRN LCL LDK LGX MGCD MLN MPC NVP OPC OSI PHA PKI PLX PNU PSI RWJ SD SGN SNS SU TMC TRX UCB"
    " VRT WAY WIN XL ZK"
)
_REGISTRIES = frozenset(_REGISTRY_PREFIXES.split())
_SCIENCE = _REGISTRIES.union(_SCIENCE_PREFIXES.split())
_MAKERS = frozenset(_MAKER_PREFIXES.split())
_MAX_MAKERS_DIGITS = 7
_MAX_SCIENCE_DIGITS = 6
_ONE_NUMBER = re.compile(r"[A-Za-z]{1,8}[-_]?\d+(?:[-._]\d+)*[A-Za-z]?")
_MAKERS_OF_PARTS = frozenset(("BAY", "RO", "SCH", "CGP", "SNDX"))  # BAY 43-9006
_MORE_PARTS = re.compile(r"\d[-._]\d{3}")
_PREFIX = re.compile(r"[A-Za-z]+")
_DEVICES = {"ICD"}  # which stand before serial numbers, too
_PREFIX_APART = re.compile(
    r"(?<![A-Za-z])(?:Ro|" + "|".join(sorted((_SCIENCE | _MAKERS) - _DEVICES, key=lambda word: (-len(word), word))) + r")[-_:# ]{1,2}\Z"
)
_WORD_BEFORE = re.compile(
    r"(?<![A-Za-z])(?:registration|registered(?!\snurse)|(?:trials?|clinical|cochrane|study)\sregist(?:ry|ries|er)|regist(?:ry|ries|er)(?:\s(?:of|number)|[:,)])|trials?(?:\s(?:id|no|number|identifier))?|eudra\s?ct|isrctn|nct|clinicaltrials\.gov|umin[-\s]?ctr?|anzctr|uk\s?crn|ctri|grant\w*"
    r"|award\w*|fund\w*|contract|project|foundation|council|supported\sby|ethic\w*|irb|committee|approval(?!\s\Z)|(?<!gun\s)(?<!arm\s)(?<!arms\s)(?<!pon\s)(?<!arry\s)(?<!king\s)(?<!work\s)permit|patent|protocol"
    r"|catalog\w*|cat\.?|gen\s?bank|ncbi|geo|embl|uniprot|refseq|pmid\w*|pubmed|doi(?![:\s]{1,3}\d{1,4}[-/]\d)|isbn|issn|omim|mim|orphanet|cas|ec|cpt|hcpcs|icd-?(?:9|10|11)(?:-cm)?|icd\scodes?|ndc"
    r"|snomed\w*|loinc|rxnorm|cui|reg\.?|dsm|atcc|iso|clone|plasmid|addgene|strain|vol(?:ume)?\.?|chem\w*\.?|proc\.?|j\.|chromosome|chr\w{0,2}"
    r"|position|nhmrc|dbsnp|wellcome)\b(?:(?!\.\s)[^\n|;]){0,45}\Z",
    re.IGNORECASE,
)
_FORM_BEFORE = re.compile(r"\b(?:forms?|rfs)\s(?:(?:no|number)\b\.?\s|(?:VA|CMS|DHS|IRS|SSA|DS|OMB)[\s-])?\Z", re.IGNORECASE)
_IN_A_LINK = re.compile(r"(?:https?:|www\.|doi\b|\b10\.\d{4,}/)\S{0,300}\Z", re.IGNORECASE)


def is_registered(text: str, start: int, end: int) -> bool:
    """Whether the word `text[start:end]` begins as the numbers of a registry or a collection do."""
    return _letters(text, start, end) in _REGISTRIES


def is_public_code(text: str, start: int, end: int) -> bool:
    """Whether the word `text[start:end]` may be one, by its first letters, the word before it, or the link that it is a part of."""
    letters = _letters(text, start, end)
    num_digits = sum(map(str.isdecimal, text[start:end]))
    if letters in _REGISTRIES:
        return True
    if letters and not _ONE_NUMBER.fullmatch(text, start, end):
        return _IN_A_LINK.search(text, max(0, start - 320), start) is not None
    is_one = letters in _MAKERS_OF_PARTS or _MORE_PARTS.search(text, start, end) is None
    if letters in _SCIENCE and ((num_digits <= _MAX_SCIENCE_DIGITS and is_one) or "_" in text[start:end]):
        return True
    if letters in _MAKERS and num_digits <= _MAX_MAKERS_DIGITS and is_one:
        return True
    if not letters and _PREFIX_APART.search(text, max(0, start - 10), start):
        return True
    return _IN_A_LINK.search(text, max(0, start - 320), start) is not None


def _letters(text: str, start: int, end: int) -> str:
    first = _PREFIX.match(text, start, end)
    return "" if first is None else first.group().upper()


def stands_with_public_words(text: str, start: int) -> bool:
    """Whether words before it speak of a registry, a grant, an authority's approval, a catalogue or a publication, or call it a form."""
    if _FORM_BEFORE.search(text, max(0, start - 20), start):
        return True
    return _WORD_BEFORE.search(text, max(0, start - 70), start) is not None
