"""Finds by what a person or a machine is reached: e-mail, URL, IP and MAC address, telephone, fax, pager.

Each rule has a cheap test that most texts fail: a character or two that it cannot do without.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from medpretrain.deidentify.checksums import digits_of
from medpretrain.deidentify.fields import header_above
from medpretrain.deidentify.finding import Finding


def find_contacts(text: str) -> Iterator[Finding]:
    """E-mail, URL, IP, MAC (as DEVICE), phone and fax."""
    if "@" in text:
        yield from _find_emails(text)
    if "at]" in text or "at)" in text or "AT]" in text or "AT)" in text:
        yield from _matches(_SPELLED_EMAIL, text, "EMAIL", "e-mail, spelled")
    if " dot " in text or " DOT " in text:
        yield from _matches(_SPOKEN_EMAIL, text, "EMAIL", "e-mail, spelled")
    yield from _find_urls(text)
    yield from _find_machines(text)
    yield from find_phones(text)


def _matches(pattern: re.Pattern[str], text: str, kind: str, rule: str) -> Iterator[Finding]:
    for found in pattern.finditer(text):
        yield Finding(found.start(), found.end(), kind, rule)


# E-mail

_DOMAIN = re.compile(r"@\s?(?:[^\W_][\w-]{0,62}\.){1,6}(?:[a-z]{2,24}|[A-Z]{2,24}|[A-Z][a-z]{1,2})(?!\w)")
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
_SPELLED_EMAIL = re.compile(
    r"(?<![\w.])[\w.+-]{1,64}\s?[\[(](?:at|AT)[\])]\s?[\w-]{1,63}(?:\s?(?:\.|[\[(](?:dot|DOT)[\])])\s?[\w-]{1,63}){1,4}"
)


_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.])[\w.+-]{2,64}\s(?:at|AT)\s[\w-]{2,63}(?:\s(?:dot|DOT)\s[\w-]{2,63}){0,2}\s(?:dot|DOT)\s(?i:com|org|net|edu|gov|uk|co|ca|au|in|io|me|us)(?!\w)"
)


def _find_emails(text: str) -> Iterator[Finding]:
    for domain in _DOMAIN.finditer(text):
        local = _LOCAL.search(text, max(0, domain.start() - 64), domain.start())
        if local is not None:
            start = local.end() - len(local.group().lstrip(".'*/=|{`"))
            yield Finding(start, domain.end(), "EMAIL", "e-mail")


# URL

_SCHEME = re.compile(r"://[^\s<>\"“”]{2,2000}")
_WWW = re.compile(r"www\.[^\s<>\"“”]{3,2000}|WWW\.[^\s<>\"“”]{3,2000}")
_BEFORE_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,11}\Z")
_TOP_DOMAIN = re.compile(
    r"\.(?:com|org|net|edu|gov|mil|biz|info|health|clinic|hospital|doctor|care|io"
    r"|(?:co|org|ac|nhs|gov)\.uk|(?:com|net|org|gov|edu)\.[a-z]{2})(?![\w@-]|\.[A-Za-z])(?::\d{2,5})?(?:/[^\s<>\"“”]{0,2000})?"
)
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){0,5}\Z")
_INSIDE_A_URL = ("/", "@", ".")
_TRAILING = ".,;:!?)]}>'’*|\\"
# Sites of literature and authorities, which say nothing of a person.
_PUBLIC_SITE = re.compile(
    r"[\w.-]{0,80}?(?:nih\.gov|cdc\.gov|fda\.gov|clinicaltrials?\.gov|who\.int|doi\.org|creativecommons\.org|crossref\.org"
    r"|orcid\.org|pubmed\.gov|uptodate\.com|biomedcentral\.com|springer\.com|nature\.com|elsevier\.com|sciencedirect\.com|wiley\.com"
    r"|isrctn\.(?:com|org)|controlled-trials\.com|anzctr\.org\.au|umin\.ac\.jp|clinicaltrialsregister\.eu|consort-statement\.org"
    r"|cochrane\.org|plos\w*\.org|bmj\.com|thelancet\.com|nejm\.org|jamanetwork\.com|medlineplus\.gov|trialregister\.nl|irct\.ir"
    r"|chictr\.org(?:\.cn)?|drks\.de|webcitation\.org|ema\.europa\.eu|archive\.org)(?![\w.-]*\w@)",
    re.IGNORECASE,
)


def _find_urls(text: str) -> Iterator[Finding]:
    for found in _SCHEME.finditer(text):
        scheme = _BEFORE_SCHEME.search(text, max(0, found.start() - 12), found.start())
        if scheme is not None:
            yield from _url(text, scheme.start(), found.end(), "url")
    if "www." in text or "WWW." in text:
        for found in _WWW.finditer(text):
            if not (text[found.start() - 1 : found.start()].isalnum() or text[found.start() - 1 : found.start()] in _INSIDE_A_URL):
                yield from _url(text, *found.span(), "url without a scheme")
    for found in _TOP_DOMAIN.finditer(text):
        host = _HOST.search(text, max(0, found.start() - 120), found.start())
        if host is not None and (host.start() == 0 or text[host.start() - 1] not in "@/._"):
            yield from _url(text, host.start(), found.end(), "url without a scheme")


def _url(text: str, start: int, end: int, rule: str) -> Iterator[Finding]:
    end = start + len(text[start:end].rstrip(_TRAILING))
    host = text.find("//", start, min(end, start + 14))
    if not _PUBLIC_SITE.match(text, start if host < 0 else host + 2, end):
        yield Finding(start, end, "URL", rule)


# IP, MAC

_IPV4_MIDDLE = re.compile(r"\.\d\d?\d?\.\d\d?\d?\.\d")
_IPV4 = re.compile(r"\d\d?\d?\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)(?::\d{2,5}(?!\d))?(?:/\d{1,2}(?!\d))?")
_NOT_IPV4 = re.compile(
    r"(?:\b(?:v|ver|version|release|rev|revision|section|chapter|oid|build|firmware|software|ec)\b|§)[.:\s]*\Z", re.IGNORECASE
)
_IP_WORD = re.compile(r"\b(?:ip|ipv4|address|host|server|login|from)\b.{0,20}\Z", re.IGNORECASE)
_PRIVATE = [10, 0]  # the first two of most networks in a house
_SURE_OCTET = 30  # numbers of sections and enzymes have smaller ones
_MAC_MIDDLE = tuple(re.compile(f"{mark}[0-9A-Fa-f]{{2}}{mark}[0-9A-Fa-f]{{2}}{mark}") for mark in ":-")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_IPV6_PART = re.compile(r"::|:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{3,39}(?:%\w{1,15})?(?:/\d{1,3})?(?![\w:])")


def _find_machines(text: str) -> Iterator[Finding]:
    if any(middle.search(text) for middle in _MAC_MIDDLE):
        yield from _matches(_MAC, text, "DEVICE", "mac")
    if _IPV6_PART.search(text):
        yield from _find_ipv6(text)
    if _IPV4_MIDDLE.search(text):
        yield from _find_ipv4(text)


def _find_ipv4(text: str) -> Iterator[Finding]:
    for found in _IPV4.finditer(text):
        start = found.start()
        if start and (text[start - 1].isalnum() or (text[start - 1] == "." and text[start - 2 : start - 1].isdigit())):
            continue
        octets = [int(octet) for octet in found.group().split("/")[0].split(":")[0].split(".")]
        if max(octets) > 255 or _NOT_IPV4.search(text, max(0, start - 20), start):
            continue
        if max(octets) > _SURE_OCTET or octets[:2] == _PRIVATE or _IP_WORD.search(text, max(0, start - 40), start):
            yield Finding(start, found.end(), "IP", "ip v4")


def _find_ipv6(text: str) -> Iterator[Finding]:
    for found in _IPV6.finditer(text):
        address = found.group().split("%")[0].split("/")[0]
        if address.count(":") >= 2 and any(character in "0123456789" for character in address) and _is_ipv6(address):
            yield Finding(found.start(), found.end(), "IP", "ip v6")


def _is_ipv6(address: str) -> bool:
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return max(map(len, address.split(":"))) >= 3


# Telephone

_EXTENSION = r"(?:[,;]?\s{0,2}(?:[xX]|(?:ext|EXT|Ext|extn|extension|Extension)\.?|\#)[\s:#]{0,2}\d{1,6})?"
_END = r"(?![^\W_]|[-.]\d)"
_SURE_PHONE = re.compile(
    rf"""
    (?:\+?1[-. ]{{0,2}}|001[-. ])?\(\d{{3}}\)[-. ]{{0,2}}\d{{3}}[-. ]?\d{{4}}{_EXTENSION}{_END}             # (212) 555-0100
    |(?:\+?1[-./ ]|001[-. ])?[2-9]\d\d[-./]\s?\d{{3}}[-. ]\d{{4}}{_EXTENSION}{_END}                           # 212-555-0100
    |(?:\+?1[-. ]?|001[-. ])\d{{3}}[-. ]\d{{3}}[-. ]\d{{4}}{_EXTENSION}{_END}                                 # +1 212 555 0100
    |[01]\d\d-\d{{3}}-\d{{4}}{_EXTENSION}{_END}
    |\+\d{{1,3}}(?:[-. /]{{0,2}}(?:\(\d{{1,5}}\)|\d{{1,12}})){{1,6}}{_EXTENSION}{_END}                        # +46 (0)179 459 33
    |\(\d{{2,5}}\)[ -]?\d{{2,4}}(?:[- ]\d{{2,5}}){{1,3}}{_EXTENSION}{_END}                                    # (027) 0336-972
    |(?!0\d{{3,4}}-\d{{4}}\b|00-\d{{4}}-|\d{{4,5}}-\d{{3,4}}-\d\d?(?!\d))0\d{{1,4}}(?:[- ]\d{{2,8}}){{1,4}}{_EXTENSION}{_END} # 0431 35 06
    """,
    re.VERBOSE,
)
_WITH_LETTERS = re.compile(r"-[A-Z0-9]{3}-?[A-Z0-9]{4}(?![\w-])")
_TOLL_FREE = re.compile(r"(?<![\w-])(?:1-)?8(?:00|88|77|66|55|44|33)\Z")
_LOOKALIKES = tuple(  # 207-555-0l48, read by a machine
    re.compile(rf"{mark}(?<=\d{mark})(?:[\dlIOoS]{{3}}){mark}[\dlIOoS]{{4}}(?!\w)") for mark in ("-", r"\.")
)
_AREA_BEFORE = re.compile(r"(?<![\w-])\(?[2-9][\dlIOoS]{2}\)?\Z")
_OTHER_DASHES = re.compile(r"(?<![\w.–-])\(?[2-9]\d\d\)?\s?[–—‑•·∙]\s?\d{3}\s?[-–—‑•·∙]\s?\d{4}(?![^\W_]|[–-]\d)")
_SPACED_DASHES = re.compile(r"(?<![\w.–-])\(?[2-9]\d\d\)? - \d{3} - \d{4}(?![^\W_]|[–-]\d)")
_RUN = re.compile(r"[(+\d][\d()+\-./ ]{5,60}")
_SPACED_OUT = re.compile(
    r"(?<![\w.])\(?\s?[2-9] \d \d\s?\)?[ .-]{1,3}\d \d \d[ .-]{1,3}\d \d \d \d(?![\w.]| \d)"
)  # (9 1 5) 5 5 5 - 0 1 4 7
_MIN_DIGITS = 6
_MAX_BEHIND_RUN = 20  # of an extension
# Any grouping of digits: a phone number only beside a word that says so.
_MAYBE_PHONE = re.compile(rf"\(?\d{{1,5}}\)?(?:[-. /]{{1,2}}\(?\d{{1,8}}\)?){{1,5}}{_EXTENSION}{_END}|\d{{7,13}}{_EXTENSION}{_END}")
_SPACED_NANP = re.compile(rf"(?:[2-9]\d\d \d{{3}}[- ]\d{{4}}|[2-9]\d\d [2-9]\d{{6}}|[6-9]\d{{4}} \d{{5}}){_EXTENSION}{_END}")
_NANP = re.compile(r"\(?[2-9]\d\d\)?[-. ]{1,2}\d{3}[-. ]\d{4}")
_SEPARATOR_BEFORE = re.compile(r"\d\d[,/;]\Z")  # of another number, or of a cell: 3/11/51,207-555-0100
_MIN_FULL_DATE_CHARS = 8
_LETTER_BEFORE = re.compile(r"(?<![\w'’.-])[octmwhdOCTMWHD][.:)]?\s\Z")  # of what it is: office, cell, home
_LETTER_GLUED = re.compile(r"(?<![\w'’.-])[octmwhpfOCTMWHPF][-:./]?\Z")
_NANP_OR_DASHED = re.compile(r"\(?[2-9]\d\d\)?[-. ]\d{3}[-. ]\d{4}")
_TEN_DIGITS = re.compile(r"[2-9]\d\d[2-9]\d{6}")
_LOCAL_PHONE = re.compile(r"[2-9]\d\d[-.]\d{4}")
_NEAR_A_PHONE = re.compile(
    r"(?:\b(?:phone|voice\s?mail|vm|tried|dialed|tel|contact|call(?:ed)?|reach\w*|cell|mobile|home|pager|paged|surrogate|alternate|next\sof\skin|nok|spouse|wife|husband|son|daughter|mother|father|sister"
    r"|brother|niece"
    r"|nephew|friend|emergency|poa|hcp|proxy|nurse|rn|f?np|pa|md|dr|parents?|step\w{3,7}|grand\w{3,9}|aunt|uncle|cousin|guardian"
    r"|care-?giver|carer|partner|neighbou?r|landlord|room-?mate"
    r"|rep(?:resentative)?|vendor|supplier|adjuster|agent|operator|supervisor|officer|manager|secretary|lawyer|attorney|pastor|principal"
    r"|coach|midwife"
    r"|doula|aide|sitter|nanny|babysitter|fianc[eé]e?|boyfriend|girlfriend|sponsor|case\smanager|social\sworker|lcsw|driver|dispatch\w*"
    r"|coordinator|counsel{1,2}or|teacher|employer|facility|transport|hospice|dentist|questions"
    r"|message|billing|desk|after\s\d{1,2}(?:[ap]m)?\suse|intern|resident|attending|pharmacy|office"
    r"|clinic)\b(?:(?!(?<!\b\w)(?<!\b[DMS][rst])(?<!\bMrs)\.\s)[^\n\d]){0,60}"
    r"|[^\W\d_][^\W_]+(?:\s[(]|(?-i:(?<=\s)[A-Z][\w'’-]{1,30}\s[A-Z][\w'’-]{1,30})[,:]?\s))\Z",
    re.IGNORECASE,
)
_PHONE_HEAD = re.compile(r"(?:phone|tel\b|mobile|cell\b|contact|pager|fax|callback|ph\b)", re.IGNORECASE)
_MAX_PAGES = 300
_PHRASE_ENDS = re.compile(
    r"\s{0,2}(?:[.;)](?!\d)|\n|\s/\s|\s[-–—]\s|,\s[A-Za-z]|\Z|\s(?:for|and|if|or|when|after|before|until|anytime|ask|any|leave|and\sask)\b|\s[(][A-Za-z]{1,12}[)])"
)
_NO_PHRASE_BEFORE = re.compile(
    r"(?:\b(?:no|nos|number|cat\w*|ref\w*|lot|model|part|item|code|id|vol\w*|pp?|pages?|abstract|grant|award|serial|range\w*|between|from"
    r"|of|was|were|is|to"
    r"|mrn|chart|record|acct|account|case|order|claim|rx|specimen|accession|license|lic|room|unit)\b[\s.:#]*|[:#=\d%]\s{0,3}"
    r"|(?-i:\b[A-Z]{2,}\s))\Z",
    re.IGNORECASE,
)
_LIKE_A_DATE = re.compile(
    r"([0-3]?\d)([-/. ])([0-3]?\d)\2(?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d[-/. ][01]?\d[-/. ][0-3]?\d"
    r"|(?:19|20)\d\d[01]\d[0-3]\d(?:[0-2]\d[0-5]\d){1,2}"
)
_LINK = r"(?:[\s:#.(\-–|*_/@>]|\b(?:at|on|to|is|was|no|number|num|nr|me|us|her|him|them|my|his|the|or|via|by|back|again)\b\.?){0,12}"
_PHONE_WORD = re.compile(
    r"\b(?:(?:tele)?phone|land\s?line|(?:emergency|contact)\s(?:no|nos|number|contact)|telefon\w*|tel[eé]fono|tlf|fono|celular|m[oó]vil|handy|portable|tele(?:com)?|tel|ascom|vocera|spectra\s?link|voalte"
    r"|zone\sphone|(?:rn|nurs\w+|ward|charge|unit)\s(?:station|desk)|best\s(?:number|no)|alt(?:ernate)?(?:\snumber)?|caller(?:\sid)?|vp|vrs|video\s?phone|relay|tt[yd]|tdd|call-?\s?back|cb|(?-i:ph|Ph|PH)|cell(?:ular"
    r"|phone)?|mobile|mob|home|work|office|desk|direct|pager|beeper|bleep|paged?|pgr|call(?:ed|ing)?"
    r"|contact(?:ed)?|reach(?:ed|able)?|dial(?:ed)?|text(?:ed|ing)?|sms|whatsapp|hotline|helpline|line|[lv]vm|vm|lm|lmom|lmtcb|lft\s(?:msg|vm)|msg|(?:the|my|our|their|his|her)\snumber(?:\s(?:for|to)(?:\s\w{2,15}){1,4})?|numbers?\son\sfile|voice\s?mail|answering|messages?"
    r"|fax(?:ed)?|facsimile|telefax|rang|ring)\b" + _LINK + r"\Z",
    re.IGNORECASE,
)
_FAX_HEADER_BEHIND = re.compile(r"\s{1,12}(?:P(?:age|g)?|p(?:age|g)?)\.?\s?\d{1,3}(?:\s?/\s?\d|\sof\s\d)")
_FAX_WORD = re.compile(
    r"(?:\bfax(?:ed|es)?\s(?:it|them|this|these|that|to|the|a\scopy|copy|results?|forms?|orders?|records?)\b[^\n.;\d]{0,60}\b(?:to|at)\s[(+]?"
    r"|(?:\b(?:e?-?fax(?:ed)?|facsimile|telefax|fx)\b|(?<![A-Za-z.])F(?=[:. ]))" + _LINK + r")\Z",
    re.IGNORECASE,
)
_PHONE_WORD_AFTER = re.compile(
    r"[ \-,]{0,2}\(?(?:office|mobile|cell(?:ular)?|home|work|desk|phone|pager|direct|tel|(?P<fax>fax|facsimile))\b(?![ .]{0,2}[:#(\d])",
    re.IGNORECASE,
)
_SHORT_PHONE = re.compile(
    r"(?:\b(?:pager|beeper|bleep|pgr)\b[\s:#]*(?:(?:number|no|id|is)\b[\s:.#]*){0,2}(?P<pager>\d{1,4}-\d{4}|\d{3,6})"
    r"|\b(?:extension|extn?)\b[\s:.#]{0,3}(?P<extension>\d-\d{4}|\d{4,6})"
    r"|(?<![\w.])x\s?(?P<short>\d-\d{4})"
    r"|\b(?:line|desk|nurse|clinic|office|spectralink|ascom|vocera|voalte)\b[\s:#]{1,3}(?P<line>\d-\d{4})"
    r"|\b(?:ascom|vocera|spectra\s?link|voalte|zone\sphone|dect|paged?\s(?:me\s|him\s|her\s|us\s|them\s)?(?:at|on)|(?:rn|nurs\w+|ward|charge|unit)\s(?:station|desk))\b[\s:#]{0,3}(?:or\s)?"
    r"(?P<handset>\d-\d{4}|\d{4,6})"
    r"|\b(?:call|dial|phone|office|desk|pager|page)\b[ :,]{0,3}x\s?(?P<x>\d{3,6}|\d-\d{4}))(?![\w%]|[.,]\d|\s?(?:deg|°))",
    re.IGNORECASE,
)
_EXTENSIONS_ALONE = tuple(  # x50148, but not x 5000
    re.compile(
        rf"{x}(?<![\w.×]{x})(?<!\d\s{x})(?!\d{{2,3}}00\b)(?P<value>\d{{4,5}})(?![\w%/-]|[.,]\d|\s?(?:magn|scale|mg|ml|mL|g\b|unit|times|more|fold))"
    )
    for x in "xX"
)
_SHORT_NUMBER = re.compile(r"\d(?<!\d\d)(?:\d{0,3}-\d{4}|\d{2,5})(?![\w%]|[.,]\d|\s?(?:deg|°))")
_SHORT_PHONE_WORDS = (  # the last of each
    "pager beeper bleep pgr number no id is extension ext extn x line desk nurse clinic office link ascom vocera voalte phone dect at on"
    " station or"
)
_ENDS_OF_SHORT_PHONE_WORDS = tuple(_SHORT_PHONE_WORDS.split())
_MAX_SHORT_PHONE_WORDS, _MAX_SHORT_NUMBER = 60, 16  # characters, the second with what must not stand behind
_GROUP_BESIDE = re.compile(r"[ \t]{1,4}[(<>=±]?\d(?!\d{6}|\d\d[-.]\d\d[-.]\d{4})")


def find_phones(text: str) -> Iterator[Finding]:
    """Telephone and fax numbers: written as only they are, or in any way beside a word such as pager, call or fax."""
    if not text.isascii():
        yield from _matches(_OTHER_DASHES, text, "PHONE", "phone, other dashes")
    yield from _find_misread(text)
    for run in _RUN.finditer(text):
        if sum(map(str.isdigit, run.group())) >= _MIN_DIGITS:
            yield from _find_in_run(text, *run.span())
    for letters in _WITH_LETTERS.finditer(text):
        prefix = _TOLL_FREE.search(text, max(0, letters.start() - 6), letters.start())
        if prefix is not None:
            yield Finding(prefix.start(), letters.end(), "PHONE", "phone, toll-free")
    for pattern in _EXTENSIONS_ALONE:
        for found in pattern.finditer(text):
            yield Finding(*found.span("value"), "PHONE", "short phone by x alone")
    yield from _find_short_phones(text)


def _find_short_phones(text: str) -> Iterator[Finding]:
    """Extensions, pagers and handsets of a house: from the number back to its word, since few numbers stand behind such a one."""
    behind = 0
    for number in _SHORT_NUMBER.finditer(text):
        start = number.start()
        first, behind = max(behind, start - _MAX_SHORT_PHONE_WORDS), number.end()
        if not text[first:start].rstrip(" \t\n\r\xa0:.,#").lower().endswith(_ENDS_OF_SHORT_PHONE_WORDS):
            continue
        found = _SHORT_PHONE.search(text, first, start + _MAX_SHORT_NUMBER)
        if found is not None and found.start(found.lastgroup or 0) == start:
            yield Finding(*found.span(found.lastgroup or 0), "PHONE", f"short phone by {found.lastgroup}")


def _find_misread(text: str) -> Iterator[Finding]:
    """Those with letters that a machine took for digits."""
    for pattern in _LOOKALIKES:
        for rest in pattern.finditer(text):
            if any(map(str.isalpha, rest.group())) and (area := _AREA_BEFORE.search(text, max(0, rest.start() - 5), rest.start())):
                yield Finding(area.start(), rest.end(), "PHONE", "phone with letters like digits")


def _find_in_run(text: str, run_start: int, run_end: int) -> Iterator[Finding]:
    for apart in (_SPACED_OUT, _SPACED_DASHES):
        for found in apart.finditer(text, run_start, run_end):
            yield Finding(found.start(), found.end(), "PHONE", "phone, spaced out")
    limit = min(len(text), run_end + _MAX_BEHIND_RUN)
    for pattern, rule in ((_SURE_PHONE, "phone"), (_SPACED_NANP, "phone, spaced"), (_MAYBE_PHONE, "phone by its word")):
        for found in pattern.finditer(text, run_start, limit):
            start, end = found.span()
            is_apart = (
                _stands_apart(text, start)
                or _stands_behind_its_word(text, start)
                or (_NANP.fullmatch(found.group()) and _SEPARATOR_BEFORE.search(text, start - 3, start))
            )
            if end == limit < len(text) or not is_apart or not _may_be_phone(found.group()):
                continue
            end -= found.group()[-1] == ")" and found.group().count("(") < found.group().count(")")
            if text[start] == "(" and text.find(")", start, end) in (-1, end - 1):
                start, end = start + 1, end - (text[end - 1] == ")")
            if pattern is _SPACED_NANP and _is_in_a_row(text, start, end):
                continue
            before = _PHONE_WORD.search(text, max(0, start - 40), start)
            if before is None and _TEN_DIGITS.fullmatch(text, start, end):
                before = _NEAR_A_PHONE.search(text, max(0, start - 50), start)
            if before is None and _LOCAL_PHONE.fullmatch(text, start, end):
                before = _LETTER_BEFORE.search(text, max(0, start - 4), start)
                before = before or _NEAR_A_PHONE.search(text, max(0, start - 80), start) or _as_no_range(text, start, end)
            before = before or _is_in_a_column(text, start)
            after = _PHONE_WORD_AFTER.match(text, end, end + 16)
            is_fax = _is_fax(text, start, end) or (after is not None and after.group("fax") is not None)
            if pattern is not _MAYBE_PHONE or before or after or is_fax:
                yield Finding(start, end, "FAX" if is_fax else "PHONE", rule)


def _is_in_a_column(text: str, start: int) -> re.Match[str] | None:
    """The head of its column, where that says phone."""
    if text[start - 1 : start] not in tuple(",|\t") and text[start - 2 : start] not in ("  ", "| "):
        return None
    header = header_above(text, start)
    return None if header is None else _PHONE_HEAD.search(header)


def _is_fax(text: str, start: int, end: int) -> bool:
    """Whether words of a fax stand before it, or a number of pages behind it, as at the head of one."""
    return _FAX_WORD.search(text, max(0, start - 80), start) is not None or _FAX_HEADER_BEHIND.match(text, end) is not None


def _as_no_range(text: str, start: int, end: int) -> re.Match[str] | None:
    """Three digits and four at the end of a phrase, which are no range of pages, amounts or years: `555-0121, ask for Ruth`."""
    first, last = int(text[start : start + 3]), int(text[end - 4 : end])
    if 0 <= last - first < _MAX_PAGES or 1900 <= last < 2100 or last % 50 == 0:
        return None
    return None if _NO_PHRASE_BEFORE.search(text, max(0, start - 30), start) else _PHRASE_ENDS.match(text, end)


def _stands_behind_its_word(text: str, start: int) -> bool:
    """Whether nothing but a mark parts it from what it is called: `cell/9195550128`, `c-207-555-0148`, `Ph(02) 5550 0148`."""
    if _LETTER_GLUED.search(text, max(0, start - 3), start) and _NANP_OR_DASHED.match(text, start):
        return True
    is_glued = text[start - 1 : start] in ("/", "-", "_") or (text[start] == "(" and text[start - 1 : start].isalpha())
    return is_glued and _PHONE_WORD.search(text, max(0, start - 20), start) is not None


def _stands_apart(text: str, start: int) -> bool:
    if start == 0:
        return True
    before = text[start - 1]
    return not (
        before.isalnum()
        or before in "$€£"
        or (before in ".-/,+(" and text[start - 2 : start - 1].isdigit())
        or (before in "-/_" and text[start - 2 : start - 1].isalnum())
    )


def _may_be_phone(written: str) -> bool:
    number = re.split(r"[xXeE#]", written)[0]
    date = _LIKE_A_DATE.match(number)
    if (
        date is not None
        and date.end() < len(number)
        and (len(date.group()) < _MIN_FULL_DATE_CHARS or number[date.end()].isdigit() or number.count(" ") >= 4)
    ):
        date = None
    if date is not None and (date.group(1) is None or min(int(date.group(1)), int(date.group(3))) <= 12):
        return False
    if any(character.isalpha() for character in number):
        return True
    if "/" in number and "." in number:
        return False
    num_digits = len(digits_of(number))
    if number[0] == "+" or (number[0] == "0" and not number[1:2].isspace()):
        return 9 - (number[0] == "+") <= num_digits <= 15
    if num_digits <= 7 and number.isdecimal():
        return num_digits == 7 and not number.endswith("000")
    return 6 <= num_digits <= 14


def _is_in_a_row(text: str, start: int, end: int) -> bool:
    """Whether other numbers stand beside it, as in a table of counts."""
    before = text[max(0, start - 4) : start].rstrip(" \t")
    return before[-1:].isdigit() or _GROUP_BESIDE.match(text, end) is not None
