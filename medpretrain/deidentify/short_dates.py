"""Finds dates of two numbers: month and day (12/3, 12-3), month and two digits of a year (10/96). The same two numbers are a muscle's
strength, a murmur, a visual acuity, a fraction, a blood pressure, a range or a dose more often than a date, so what speaks for a date is
weighed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set

from medpretrain.deidentify.date_forms import MONTH, WEEKDAY, valid_date
from medpretrain.deidentify.fields import header_above

_TWO_NUMBERS = re.compile(
    r"(?P<a>\d\d?)\s?/\s?(?P<c>\d{1,2})(?P<range>\s?[-–]\s?\d{1,2}(?![\d/.%]|-|\s?(?:mg|m[lL]|cm|mm|tab|hours?)))?(?!\d|[/.]\d|/[-+]\d|\w|[%+])"
)
_WITH_DASH = re.compile(r"(?P<a>\d\d?)-(?P<c>\d{1,2})(?![\w%+]|[/.,:]\d|-(?!\d?\d(?:[-/]\d|(?:st|nd|rd|th)?\s?[A-Z])))")
_ACTS = (
    r"seen|starting|started|beginning|began|ending|ended|effective|due|ordered|drawn|admitted|discharged|d/c'?d|scheduled\sfor|placed"
    r"|removed|given"
    r"|stopped|dc|d/c|transferred|readmitted|arrived|returned|collected|resulted|received|signed|dictated|transcribed|printed|entered"
    r"|updated|reviewed"
    r"|expired|expires?|intubated|extubated|hospitalized|visited|cover|called|faxed|mailed|moved\sto|resched\w*(?:\s(?:to|for))?"
    r"|booked(?:\sfor)?"
    r"|filed|sent|injured|fell"
    r"|failed|resolved|told|informed|notified|completed|finished|enrolled|consented|randomi[sz]ed|dosed|refilled|dispensed|filled"
    r"|picked\sup|shipped"
    r"|installed|serviced|inspected|calibrated|interrogated|approved|denied|closed|opened|cancel{1,2}ed|no-?showed|lapsed|terminated"
    r"|released|arrested"
    r"|served|certified|amended|verified|witnessed|quit|relapsed|restarted|resumed|held|weaned|onset\sof\s[a-z]{3,12}|dropped\soff|tested"
    r"|swabbed|delivered"
    r"|out|done|(?:vm|voice\s?mail|message)\sleft|left\s(?:vm|voice\s?mail|message)|changed|replaced|pulled|dialyzed|transfused|vaccinated"
    r"|delivered|deceased"
)
_EVENTS = (
    r"c\d{1,2}(?:d\d{1,2})?|cycle\s\d{1,2}|(?:dose|shot)\s?#?\d|rhogam|tdap|flu\sshot|vax|imms?|against|compared\s(?:to|with)|vs\.?|anniversary"
    r"|calls?|tests?|scans?|films?|x-?rays?|study|titers?|swab|pcr|mammo|holter|spirometry|pfts?|party|game|class|clinic|[a-z]{3,12}ology|podiatry|oncology|ortho|cards|neuro|psych|leaves|closes|opens|ends|starts|begins|travels|returns|flies|arrives|lapses|comes|due|here|back|moved\sfrom|bp\scheck|check|addendum|update|(?:blood|urine|sputum|wound)\scx|lmp|edc|visit|appt|appointment|labs?|f/u|follow-?up|return|rtc|rtw"
    r"|recheck|repeat|next|last|arrival|adm|disch|admit|dos|service|procedure|exam|biopsy"
    r"|scope|colonoscopy|egd|dexa|mammogram|pap|vaccine|shot|booster|surgery|cxr|ct|mri|us|echo|ekg|ecg|eeg|cath|cultures?|bcx|ucx|born"
    r"|lmp|edd|edc"
    r"|fall|accident|mv[ac]|injury|onset|tomorrow|today|yesterday|tonight|shift|post-?op|pre-?op|consult|note|session|dispo|hd|sx"
    r"|dialysis|infusion|refill|draw|remote|download|interrogation|pick-?up|ride|transport|court|hearing|deadline|screen|cleaning|recert"
    r"|renewal|lk[wn]|t[te]e|[av]bg|trach|peg|picc|cabg|cbc|[bc]mp|lp|ercp|osh|s/p\s[a-z]{2,12}"
    r"|(?:mri|mra|ct|xr|us|pet)\s(?:brain|head|neck|chest|abd\w*|a/p|pelvis|spine|knee|hip|shoulder)"
    r"|(?:next|last|first|previous|prior)\s(?!\d)[a-z]{2,12}"
)
_BEFORE_DATE = re.compile(
    r"(?:\b(?:on|since|from|until|till|thru|through|dated?|(?:week|wk)\sof|as\sof|morning\sof|evening\sof|night\sof|afternoon\sof|am\sof"
    r"|pm\sof|(?:note|visit|report|study|scan|letter|message|results?|echo|films?|summary|addendum|entry|labs?|call)\sof"
    rf"|(?:dd|dt|td|doa|dod|dos|doi|d|t)(?=:)|(?:last|next|date|start|stop|end|onset|given|taken)\b[^\n:.]{{0,30}}(?=:)|{_ACTS}|{_EVENTS})"
    rf"|{WEEKDAY},?)(?:\s{{0,2}}[:(@,]?\s?|\son\s)\Z",
    re.IGNORECASE,
)
_DATED_LABEL_BEFORE = re.compile(r"(?:\A|[\n.;|]\s{0,3})(?:last|next|date|given|taken|due)\b[^\n:.;]{0,30}:\s\Z", re.IGNORECASE)
_STRONG_BEFORE = re.compile(  # also in a sentence that speaks of a score
    r"\b(?:on|by|lmp|edd|edc|lkw|dos|doi|(?:last|next)\s(?:dose|shot|visit|appt|appointment|injection|treatment|bm|refill|fill|infusion|draw|labs?|inr|run|cycle|period|drink|use"
    r"|fall|seizure|void)|anniversary|leaves|closes|done|moved\sfrom|until|till|since|thru|through|as\sof|(?:week|wk)\sof|dated?|sent|collected|drawn|signed|re-?check|check|f/u|rtc|appt|visit"
    r"|scheduled\sfor"
    r"|admitted|discharged|started|stopped|note\sof|report\sof)\s\Z",
    re.IGNORECASE,
)
_TOLD_BEFORE = re.compile(
    r"\b(?:phoned|called|faxed|paged|reported|discussed|communicated|relayed|notified|spoke|talked|left|met|reviewed|read\sback|message|vm"
    r"|d/c'?d|dc'?d|discharged|transferred)\b(?:[^\n.;\d]|\b(?:Drs?|Mr|Mrs|Ms)\.){1,50}\Z",
    re.IGNORECASE,
)
_DONE_BEFORE = re.compile(
    r"\b(?:s/p|banding|cabg|pci|stent(?:ing|s)?|resection|repair|removal|placement|ablation|biopsy|transplant|fusion|replacement"
    r"|extraction|injection"
    r"|washout|exploration|revision|amputation|thrombolysis|embolization|c-?section|[a-z]{3,14}(?:ectomy|o[st]tomy|oscopy|plasty|centesis))"
    r"(?:\s(?!\d)[\w/-]{1,15}){0,3}\s\Z",
    re.IGNORECASE,
)
_PARTICIPLE_BEFORE = re.compile(
    r"(?<![\w-])(?!rated|scored|graded|measured|estimated|limited|(?:de|in)creased|reduced|dilated|diluted|improved|repeated|named|recalled|identified)"
    r"(?:[A-Za-z][a-z]{2,14}ed\s(?:(?:up|out|off|here|back|home|in|on|again|down)\s)?|(?:to|will|should)\s(?:stop|start|begin|resume|expire|end)\s)\Z"
)
_BOTTLES_BEFORE = re.compile(r"\b(?:cultures?|b?cx|bottles?|sets?)\s\Z", re.IGNORECASE)
_VALUE_BEFORE = re.compile(r"(?<![\d/])\d{1,4}(?:\.\d{1,2})?\s?\(\Z")
_OPENS_LINE = re.compile(r"(?:\n|\A)[ \t]{0,4}(?:[-*•][ ]?)?\Z")
_NEXT_OF_A_LIST = re.compile(r"(?:,\s?|\s?&\s?|,?\sand\s)(?P<g>\d\d?)/(?P<e>\d\d?)(?![\d%/+]|\.\d)")
_LIST_BEFORE = re.compile(r"(?:\(|:\s|\b[Bb]etween\s)\Z")
_DATED_COLUMN = re.compile(
    r"\b(?:date|last|taken|given|filled|refill|when|seen|due|adm\w*|dis\w*|visit|appt|eta|start\w*|stop\w*|drawn|collected|done|on)\b",
    re.IGNORECASE,
)
_WEEKDAY_BEFORE = re.compile(rf"(?<![^\W_]){WEEKDAY},?\s{{1,2}}\(?\Z")
_IN_BRACKETS_BEHIND_A_DAY = re.compile(r"\b(?:day|pod|hd|visit)\s?#?\d{1,3}\s\(\Z", re.IGNORECASE)
_BY_BEFORE = re.compile(r"\b(?:by|before|after|until)\s\Z", re.IGNORECASE)
_BEFORE_MAYBE = re.compile(
    r"(?:\b(?:to|of|by|was|before|after|between|in|late|early|circa|for|at|prior\sto|last)\s{1,2}|[,;]\s?|(?:\n|\A)\s{0,4}"
    r"|(?-i:\b[A-Z]{2,4}\s))\Z",
    re.IGNORECASE,
)
_AFTER_DATE = re.compile(
    r"\s?(?:@\s?\d|at\s\d|:(?!\d)|[-–—]\s[A-Za-z]|[aA][mM]\b|[pP][mM]\b|\)\s?[.;:,]"
    r"|\s(?:she|he|pt|patient|labs?|visit|clinic|showed|revealed|appointment|by\sDr|with\sDr|cxr|ct|mri)\b)"
)
_PERCENT_BEHIND = re.compile(r"\)?\s?[(,=]?\s?[\d.]{1,6}\s?%")
_NEXT_LINE = re.compile(r"[^\n]{0,100}\n[ \t]{0,4}(?:[-*•]\s)?\d\d?/(?P<e>\d\d?)(?![\d/%])")
_LINE_BEFORE = re.compile(r"(?:\A|\n)[ \t]{0,4}(?:[-*•]\s)?\d\d?/(?P<e>\d\d?)(?![\d/%])[^\n]{0,100}\n[ \t]{0,4}(?:[-*•]\s)?\Z")
_FEW_WORDS_BEFORE = re.compile(r"[,;]\s[A-Za-z][A-Za-z/ -]{1,26}\s\Z")
_VALUE_BEHIND = re.compile(r":\s\d")
_TIME_BEHIND = re.compile(
    r"\s(?:[01]\d|2[0-3])[0-5]\d(?![\w/%-]|[.:]\d)|\s(?:1[0-2]|[1-9])\s?[ap]\.?m\b|\s{0,2}[@,]?\s{0,2}(?:at\s)?(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)|\s?[@]\s?\d{4}(?!\d)"
)
_PHRASE_ENDS = re.compile(
    r"\s?(?:[.;:)\]?!](?!\d)|,(?!\d)|\n|\Z)"
    r"|\s[-–—]\s|\s(?:re|regarding|were|was|is|and|with|w/|for|at|in|by|from|showed?|she|he|they|pt|patient|per|after|before|due|as"
    r"|because|when|but|via|@)(?!\w)",
    re.IGNORECASE,
)
_SCORED = (
    r"strength|motor|pupils?|power|muscles?|sensory|reflex\w*|(?-i:DTR)s?|dtrs|pulses?|murmur|s[ei]m|pain|grade[ds]?|stage|acuity|vision|va|od|os|ou"
    r"|scor\w*|scale"
    r"|bp|pressures?|ratio|mmse|mini-?mental|moca|gcs|apgars?|rated?|rating|flexion|extension|extensors?|flexors?|dorsiflexion"
    r"|plantarflexion|deltoids?"
    r"|biceps|triceps|grip|quad\w*|hamstrings?|iliopsoas|bilaterally|extremit\w*|arms?|legs?|ue|le|lue|rue|lle|rle|bue|ble|proximal\w*"
    r"|distal\w*|intact"
    r"|tab\w*|mg|dose|inch\w*|needle|fraction|bishop|heel|items?|recall|criteria|nodes?|samples?|signs|effort|prep|difficulty|visuals?"
    r"|upper|lower"
    r"|left|right|class|level|norco|vicodin|percocet|lortab|hydrocodone|oxycodone|saline|d5|cores?|concentration|orientation|attention"
    r"|memory|fundus"
    r"|station"
)
_RESULT_BEFORE = re.compile(r"\b(?:positive|negative|pos|neg|normal|abnormal|unchanged)\s(?:again\s)?\Z", re.IGNORECASE)
_NO_DASHED_DATE_BEHIND = re.compile(
    r"\s?(?:mg|mcg|mm|cm|m[lL]\b|cc\b|in\b|inch|days?\b|wee?ks?\b|wks?\b|months?\b|mos?\b|hours?\b|hrs?\b|h\b|years?\b|yrs?\b|min\w*|times|x\b|%"
    r"|percent|points?|[ap]\.?m\b|shift|vicryl|silk|nylon|prolene|ethibond|chromic|monocryl|pds|sutures?|fr\b|french|tabs?|units?|scores?|vote"
    r"|record|games?|win|loss|levels?|disc|interspace|of\b|to\b|schedule|daily|[-–/=])",
    re.IGNORECASE,
)
_NO_DASHED_DATE_BEFORE = re.compile(
    r"(?:\b(?:levels?|interspace|disc|vertebra\w*|ribs?|grades?|stage|ages?|aged|pages?|pp?\.?|items?|questions?|chapters?|vol\w*|hours|hrs|works?"
    r"|working|open|daily|weekdays|shift|suboxone|zubsolv|scor\w*|won|lost|win|loss|beat|sections?|teeth|tooth|leads?|electrodes?|verses?"
    r"|figures?|figs?|refs?|tables?|rooms?|beds?|no|size|fr|vicryl|silk|nylon|prolene|sutures?|pain|strength|pupils?|perrl\w*|between|type|categor(?:y|ies)|class|phase|steps?|menrium"
    r"|extension|ext|code|model|lot|to|m-?f|mon-fri|nights|nyha|asa|figo|gleason)\b[\s:#.,(]{0,3}|\d[\s,]{0,2}|[=<>±~≥≤#]\s?)\Z",
    re.IGNORECASE,
)
_MESSAGE_LEFT = re.compile(r"\b(?:vm|voice\s?mail|message)\sleft\s\Z", re.IGNORECASE)
_SCORE_WORD = re.compile(rf"\b(?:{_SCORED})\b", re.IGNORECASE)
_SCORE_BEFORE = re.compile(rf"\b(?:{_SCORED})\b(?:(?!\.\s)[^\n|;]){{0,60}}\Z", re.IGNORECASE)
_CLEAR_SCORE_BEFORE = re.compile(
    r"\b(?:strength|motor|pupils?|power|reflex\w*|(?-i:DTR)s?|dtrs|murmur|acuity|vision|snellen|scor\w*|scale|ratio|mmse|mini-?mental|moca|slums|phq-?\d?|gad-?\d?|gcs|apgars?|rated"
    r"|rating|flexion|extension|extensors?|flexors?|dorsiflexion|plantarflexion|deltoids?|biceps|triceps|extremit\w*|recall(?:ed)?|trocars?"
    r"|bi-?pap|[ei]pap|simv|psv?|prvc|vent|niv|wheal|flare|histamine|named|identified|pressures?|r[va]|pa|lv|ventric\w+|artery|sats?|spo2|mixture|norco|vicodin|percocet|lortab|suboxone|zubsolv|clinimix|fe|lotrel|caduet|vytorin|azor|exforge|hydrocodone|oxycodone"
    r"|french|sizes?|levels?|perrl\w*)\b(?:(?!\.\s)[^\n|]){0,36}\Z",
    re.IGNORECASE,
)
_SCORE_AFTER = re.compile(
    r"[\s-]?(?:mg|m[lL]\b|L\b|mix|ratio|flex|french|cc\b|inch|in\.|\"|cups?\b|tab|pack|ppd\b|of\b|the\s(?:way|dose|size|length|width|volume|amount|rate|time|distance|thickness|height|normal|usual|recommended|patients|cases)\b|strength|murmur|systolic"
    r"|diastolic|s[ei]m\b"
    r"|holosystolic|cm\b|mm\b|pill|ns\b|normal\ssaline|hours?\b|weeks?\b|years?\b|days?\b|months?\b|patients\b|points?\b"
    r"|in\s(?:the\s)?(?:length|width|size|diameter|right|left|upper|lower|study|trial|group|arms?|legs?|hands?|feet|physical|cognitive|biceps"
    r"|triceps|extremit\w*|intervention|control|placebo|treatment)\b|on\s(?:the\s)?(?:right|left|pain|scale)|throughout|bilateral|right|left|muscle|motor"
    r"|proximal|distal"
    r"|both\b|all\b|to\sthe\b|\(\d|nodes?\b|positive|power|strong|intensity|pain|ejection|way\b|blocks?\b|miles?\b|gauge|lb|pounds?|full"
    r"|tendon|reflex"
    r"|pulse|upper|lower|with\s(?:full|normal)|weak|symmetric|criteria|doses?|cores?|lymph"
    r"|participants|subjects|individuals|persons|people|cases|eyes|knees|women|men|children|infants|animals|rats|mice|dogs|specimens|studies"
    r"|respondents|wks?\b|h\b|hrs?\b|mmhg|trocar|visiport|needle|international|system\b|insulin|pen\b|daily|bid\b|tid\b"
    r"|(?:[a-z]{2,14}\s)?(?:participants|subjects|individuals|patients)\b|refills?\b|x\s?\d{1,2}/\d|on\s\d\d?/\d|decreasing|shift|(?:sessions|visits|trials|goals|meals|attempts|opportunities|questions|bottles|sets|quadrants|segments|lobes|fingers"
    r"|toes|digits|groups|meetings|classes|times|words|objects|tasks|steps|levels|lesions|biopsies|symptoms)\b|(?:pictured|tender|correct)\b)",
    re.IGNORECASE,
)
_OTHER_PART = re.compile(r"[^\n.;]{0,40}?\b\d{1,2}/(\d{1,2})\b")
_TO_ANOTHER = re.compile(r"\s?(?:-{1,2}>|→|-|–|to|through|thru)\s?(?P<g>\d\d?)[-/](?P<e>\d\d?)(?![\d%]|[/.]\d)")
_TO_A_NAMED_DAY = re.compile(rf"\s?(?:-|–|to|and|through|thru)\s?(?:\d\d?(?:st|nd|rd|th)?[\s-](?:of\s)?{MONTH}|{MONTH}\.?\s\d)")
_DATE_BEHIND = re.compile(
    rf"\s?(?:,|&|;|\sand|\sor)\s(?:\d\d?(?:st|nd|rd|th)?[\s-](?:of\s)?{MONTH}|{MONTH}\.?\s\d)|,?\s[(]?(?=[A-Z]){WEEKDAY}|\s?[-–]\s?(?:\)"
    rf"|present\b|ongoing\b)|\s(?:w/|with)\s?(?:Dr|Mrs?|Ms)\b"
)
_HALF_OF_A_DAY = re.compile(
    r"\s(?:of\s)?(?:this|last|next)\s(?:year|month|week)\b|\s?(?:[AaPp][Mm]|[AaPp]\.[Mm]\.|noon|eve(?:ning)?|overnight)(?!\w)"
)
_CELL_BEFORE, _CELL_BEHIND = re.compile(r"(?:[|\t\n]\s{0,2}|\s\s)\Z"), re.compile(r"(?:\s?[AaPp][Mm])?\s{0,2}(?:[|\t\n]|\s\s|\Z)")
_LINK = re.compile(r"(?:\.(?!\s))?\s?(?:-{1,2}>|→|-|–|,|&|to|and|through|thru|or)\s?(?:and\s|on\s)?\Z")
_COMMON_DENOMINATORS = frozenset((2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 30))
_RARE_DENOMINATORS = frozenset((11, 13, 14, 17, 19, 21, 22, 23, 25, 26, 27, 28, 29, 31))
_COMMON_FRACTIONS = frozenset(("1/2", "1/3", "2/3", "1/4", "3/4"))
_FRACTIONS = _COMMON_FRACTIONS.union(("1/5", "1/8", "3/8", "1/10"))
_SHIFTS = frozenset(("7-3", "3-11", "11-7", "7-7", "9-5", "8-5"))
_SELDOM_ENDS_OF_RANGES = frozenset((13, 17, 19, 22, 23, 26, 27, 29, 31))
_ROUND_DAYS = frozenset((7, 9, 12, 15, 16, 18, 20, 24, 30))
_OTHER_PAIRS = frozenset(  # sharpness of sight, electrodes, doses of two drugs, hours
    (
        ("1", "20"),
        ("6", "9"),
        ("6", "12"),
        ("6", "15"),
        ("6", "18"),
        ("6", "24"),
        ("10", "20"),
        ("20", "10"),
        ("24", "7"),
        ("16", "8"),
        ("18", "6"),
        ("24", "6"),
    )
)
_MIN_OF_A_MONTH = 2
_PHRASE_GOES_ON = re.compile(
    r"\s?(?:[,.;:)\]/→–—-]|->|\n|\Z)|\s(?:[(~#]|neg\b|pos\b|x\d|w/|[A-Z]|(?:re|and|with|for|at|by|per|he|she|pt|due|via|to|was|is)\b)"
)
_COUNTED_BEFORE = re.compile(
    r"(?<!last\s)(?<!next\s)\b(?:pages?|pgs?|pp?\.|cop(?:y|ies)|part|bottles?|bags?|vials?|dose|day|week|wk|cycle|box|sheet|image|item|step)"
    r"\s?#?\Z",
    re.IGNORECASE,
)
_UNITS_OF_TIME = frozenset((7, 12))  # 28/7 are so many days, 18/12 months
_WHOLE_NUMBER_BEFORE = re.compile(r"(?<![\w/.:#-])\d{1,2}\s?(?:\s|-|and\s)\Z")  # 2 3/16 inches, 39 and 6/7 weeks
_MIN_SCORE, _SURE = 3, 12
_SELDOM_A_SCORE = 2
_LAST_DAY = 31
_WEEKS_OF_A_YEAR = 52
_MAX_MONTH = 12
_MAX_BOTTLES = 4  # of a blood culture, of which some are positive


def find_short_dates(text: str, before_dashes: Iterable[int], ends: Set[int]) -> Iterator[tuple[int, int, str]]:
    """Start, end and rule of each.

    Arguments:
        before_dashes: where numbers begin that a dash follows.
        ends: of the dates that are sure, on which one may follow (12/3/19 - 12/5).
    """
    known_ends = set(ends)
    yield from _find_dashed(text, before_dashes, known_ends)
    if "/" in text:
        yield from _find_slashed(text, known_ends)
        yield from _find_dashed(text, before_dashes, known_ends)  # on which one with a slash may shed light: 8/5 and 9-12


def _find_slashed(text: str, known_ends: set[int]) -> Iterator[tuple[int, int, str]]:
    months: Counter[int] = Counter()
    others: list[tuple[re.Match[str], int]] = []
    for found in _TWO_NUMBERS.finditer(text):
        start, end = found.span()
        if text[start - 1 : start].isalnum():
            continue
        if found.group("range") and not _is_range(found):
            end = found.start("range")
        rule = _rule(text, found, end, known_ends) if _stands_apart(text, start, known_ends) else None
        if rule is None:
            others.append((found, end))
            continue
        months[int(found.group("a"))] += rule == "month and day"
        known_ends.add(end)
        yield start, end, rule
    for found, end in others:
        is_known = months[int(found.group("a"))] >= _MIN_OF_A_MONTH and _stands_apart(text, found.start(), known_ends)
        if is_known and _may_be_of_a_known_month(text, found, end):
            known_ends.add(end)
            yield found.start(), end, "month and day"


def _may_be_of_a_known_month(text: str, found: re.Match[str], end: int) -> bool:
    """Whether, in a text with several dates of its month, it stands as a date may: "vanc (1/2-1/6)" where 1/9 and 1/12 are told."""
    start, second = found.start(), int(found.group("c"))
    if not 1 <= second <= _LAST_DAY or not _PHRASE_GOES_ON.match(text, end) or _SCORE_AFTER.match(text, end):
        return False
    if any(pattern.search(text, max(0, start - 16), start) for pattern in (_COUNTED_BEFORE, _WHOLE_NUMBER_BEFORE, _BOTTLES_BEFORE)):
        return False
    return not (_PERCENT_BEHIND.match(text, end) or _is_a_score(text, start, 0) or _CELL_BEFORE.search(text, max(0, start - 4), start))


def _find_dashed(text: str, before_dashes: Iterable[int], known_ends: set[int]) -> Iterator[tuple[int, int, str]]:
    """A range of numbers (2-3 days) looks the same: a day of the week before it, or what leads to a date before it and the phrase's end
    behind it must say that it is a date."""
    for start in before_dashes:
        found = _WITH_DASH.match(text, start)
        if found is None:
            continue
        end = found.end()
        before = text[start - 1 : start]
        if before.isalnum() or not _stands_apart(text, start, known_ends):
            continue
        if valid_date(2000, int(found.group("a")), int(found.group("c"))) is not None and _leads_to(text, start, end, known_ends):
            known_ends.add(end)
            yield start, end, "month and day"


def _stands_apart(text: str, start: int, known_ends: Set[int]) -> bool:
    return text[start - 1 : start] not in tuple("/.-$+#") or _follows(text, start, known_ends)


def _follows(text: str, start: int, known_ends: Set[int]) -> bool:
    """Whether a date ends before the dash that stands before it: 2/5-2/7, Aug.-9-1."""
    return start - 1 in known_ends or (text[start - 2 : start - 1] == "." and start - 2 in known_ends)


def _leads_to(text: str, start: int, end: int, known_ends: Set[int]) -> bool:
    if (
        _WEEKDAY_BEFORE.search(text, max(0, start - 14), start)
        or _IN_BRACKETS_BEHIND_A_DAY.search(text, max(0, start - 16), start)
        or _TIME_BEHIND.match(text, end)
        or _TO_A_NAMED_DAY.match(text, end)
        or _is_no_range(text, start, end)
        or _is_in_a_dated_cell(text, start, end)
    ):
        return True
    link = _LINK.search(text, max(0, start - 9), start)
    if link is not None and link.start() in known_ends:
        return True
    if not (_PHRASE_ENDS.match(text, end) or _TO_ANOTHER.match(text, end)) and not _MESSAGE_LEFT.search(text, max(0, start - 18), start):
        return False
    leads = (_BEFORE_DATE, _BY_BEFORE, _RESULT_BEFORE, _PARTICIPLE_BEFORE)
    if any(pattern.search(text, max(0, start - 24), start) for pattern in leads):
        return True
    return _is_no_count(text, start, end) and _TOLD_BEFORE.search(text, max(0, start - 66), start) is not None


def _is_no_range(text: str, start: int, end: int) -> bool:
    """Whether the second number is the smaller one, or one at which ranges seldom end, and no word beside it counts, measures or works."""
    first, second = text[start:end].split("-")
    is_rising = int(first) < int(second) and "0" not in (first[0], second[0])
    if is_rising and not (int(second) in _SELDOM_ENDS_OF_RANGES and (_PHRASE_ENDS.match(text, end) or text[end : end + 2] == " (")):
        return False
    return _is_no_count(text, start, end)


def _is_no_count(text: str, start: int, end: int) -> bool:
    if (
        text[start:end] in _SHIFTS
        or text[start - 1 : start] not in ("", " ", "\n", "(", "\t", "|")
        or _NO_DASHED_DATE_BEHIND.match(text, end)
    ):
        return False
    return _NO_DASHED_DATE_BEFORE.search(text, max(0, start - 24), start) is None


def _is_range(found: re.Match[str]) -> bool:
    """12/3-5: the second day is one of the same month."""
    last = int(found.group("range").strip(" -–"))
    return int(found.group("c")) < last <= 31


def _rule(text: str, found: re.Match[str], end: int, known_ends: Set[int]) -> str | None:
    start, first, second = found.start(), int(found.group("a")), int(found.group("c"))
    is_day_first = _MAX_MONTH < first <= _LAST_DAY and 1 <= second <= _MAX_MONTH
    if not (1 <= first <= _MAX_MONTH or is_day_first) or second == 0:
        return None
    if first <= second <= _MAX_MONTH and _COUNTED_BEFORE.search(text, max(0, start - 16), start):
        return None
    link = _LINK.search(text, max(0, start - 9), start)
    if link is not None and link.start() in known_ends and second <= 31 and not _SCORE_AFTER.match(text, end):
        return "date after a date"
    score = _score(text, found, end, known_ends)
    if second == _WEEKS_OF_A_YEAR:  # 6/52 are so many weeks
        return None
    if 32 <= second <= 99:
        return "month and year, short" if score >= _MIN_SCORE else None
    return "month and day" if second <= 31 and score >= _MIN_SCORE else None


def _score(text: str, found: re.Match[str], end: int, known_ends: Set[int]) -> int:
    start, first, second = found.start(), found.group("a"), found.group("c")
    context, alone = _score_of_context(text, found, end, known_ends), _score_alone(text, found)
    shape = _score_of_shape(first, second)
    if context < 4 and alone == 0 and int(first) > _MAX_MONTH:
        return 0
    if context < 4 and alone == 0 and (shape == 0 or context + shape + bool(known_ends) < _MIN_SCORE + (context == 0)):
        return 0
    score = max(context, alone) + shape + (_AFTER_DATE.match(text, end) is not None)
    if "%" in text[max(0, start - 5) : start] or _PERCENT_BEHIND.match(text, end):
        score -= 3
    if _SCORE_AFTER.match(text, end):
        score -= 4
    is_left_message = _MESSAGE_LEFT.search(text, max(0, start - 18), start) is not None
    is_sure = is_left_message or any(lead.search(text, max(0, start - 40), start) for lead in (_STRONG_BEFORE, _DATED_LABEL_BEFORE))
    if _BOTTLES_BEFORE.search(text, max(0, start - 12), start) and int(first) <= int(second) <= _MAX_BOTTLES:
        score -= 4
    if score >= _MIN_SCORE and not is_sure and _is_a_score(text, start, shape):
        score -= 3
    other = _OTHER_PART.match(text, end, end + 50) if score >= _MIN_SCORE else None
    if other is not None and other.group(1) == second and not is_sure:
        score -= 2
    return score + (1 if known_ends and shape else 0)


def _score_of_context(text: str, found: re.Match[str], end: int, known_ends: Set[int]) -> int:
    start = found.start()
    if found.group() not in _FRACTIONS and (_DATE_BEHIND.match(text, end) or _HALF_OF_A_DAY.match(text, end)):
        return 4
    if any(pattern.search(text, max(0, start - 16), start) for pattern in (_WEEKDAY_BEFORE, _IN_BRACKETS_BEHIND_A_DAY)):
        return _SURE
    if _TIME_BEHIND.match(text, end) or _VALUE_BEHIND.match(text, end) or _BEFORE_DATE.search(text, max(0, start - 40), start):
        return 4
    if _is_first_of_two(text, found, end) or _is_told(text, found, end):
        return 4
    if _opens_one_of_several_lines(text, found, end):
        return 4
    if _follows_in_a_list(text, start, known_ends) and _PHRASE_ENDS.match(text, end):
        return 4
    if found.group() not in _FRACTIONS and _BY_BEFORE.search(text, max(0, start - 8), start) and _PHRASE_ENDS.match(text, end):
        return 4
    if int(found.group("c")) > 12 and text[start - 1 : start] in ("", "\n") and _AFTER_DATE.match(text, end):
        return 4
    if _CELL_BEFORE.search(text, max(0, start - 4), start) and _CELL_BEHIND.match(text, end):
        return 4 if _is_in_a_dated_cell(text, start, end) else 2
    if _BEFORE_MAYBE.search(text, max(0, start - 16), start):
        return 2
    return int(text[start - 1 : start] == "(")


def _opens_one_of_several_lines(text: str, found: re.Match[str], end: int) -> bool:
    """Whether it opens a line, and two numbers with another denominator the next or the one before."""
    start = found.start()
    if found.group() in _COMMON_FRACTIONS or not _OPENS_LINE.search(text, max(0, start - 8), start):
        return False
    others = (_NEXT_LINE.match(text, end), _LINE_BEFORE.search(text, max(0, start - 120), start))
    return any(other is not None and other.group("e") != found.group("c") for other in others)


def _follows_in_a_list(text: str, start: int, known_ends: Set[int]) -> bool:
    """Whether a date and a few words stand before it: extubated 3/1, off pressors 3/4."""
    words = _FEW_WORDS_BEFORE.search(text, max(0, start - 32), start)
    return words is not None and words.start() in known_ends


def _is_in_a_dated_cell(text: str, start: int, end: int) -> bool:
    """Whether it fills a cell of a table whose column has a name of dates."""
    if not (_CELL_BEFORE.search(text, max(0, start - 4), start) and _CELL_BEHIND.match(text, end)):
        return False
    header = header_above(text, start)
    return header is not None and _DATED_COLUMN.search(header) is not None


def _is_told(text: str, found: re.Match[str], end: int) -> bool:
    """Whether what was said or done stands before it and the phrase ends behind it; or it stands alone behind a value or opens a line."""
    start = found.start()
    if found.group() in _COMMON_FRACTIONS:
        return False
    if _VALUE_BEFORE.search(text, max(0, start - 12), start) and text[end : end + 1] == ")":
        return True
    if _OPENS_LINE.search(text, max(0, start - 8), start) and text[end : end + 2] == ": ":
        return _SCORE_WORD.search(text, end, end + 40) is None
    return _PHRASE_ENDS.match(text, end) is not None and any(
        pattern.search(text, max(0, start - 66), start) for pattern in (_TOLD_BEFORE, _DONE_BEFORE, _PARTICIPLE_BEFORE)
    )


def _is_first_of_two(text: str, found: re.Match[str], end: int) -> bool:
    """Whether another month and day follow it: 12/30-1/2; but 3/5-4/5 are two strengths, 1/2-3/4 two fractions."""
    if _TO_A_NAMED_DAY.match(text, end):
        return True
    other = _TO_ANOTHER.match(text, end)
    if other is None and _LIST_BEFORE.search(text, max(0, found.start() - 9), found.start()):
        other = _NEXT_OF_A_LIST.match(text, end)
    if other is None or (found.group() in _FRACTIONS and int(other.group("e")) <= _MAX_MONTH) or other.group("e") == found.group("c"):
        return False
    return 1 <= int(other.group("g")) <= 12 and 1 <= int(other.group("e")) <= 31


def _is_a_score(text: str, start: int, shape: int) -> bool:
    """Whether a word before it in its sentence speaks of scores; for two numbers that are seldom one, only a clear word."""
    if shape < _SELDOM_A_SCORE and _SCORE_BEFORE.search(text, max(0, start - 70), start):
        return True
    return _CLEAR_SCORE_BEFORE.search(text, max(0, start - 44), start) is not None


def _score_alone(text: str, found: re.Match[str]) -> int:
    """What speaks for a date where nothing around does: hardly any score, fraction or strength of a drug is written with these numbers."""
    first, second = found.group("a", "c")
    if int(second) > _LAST_DAY or (
        int(first) < int(second) and _WHOLE_NUMBER_BEFORE.search(text, max(0, found.start() - 6), found.start())
    ):
        return 0
    if (first, second) in _OTHER_PAIRS or (int(first) > _MAX_MONTH and int(second) in _UNITS_OF_TIME):
        return 0
    if "0" in (first[0], second[0]) or int(first) > int(second) or int(second) in _RARE_DENOMINATORS:
        return 2
    return 3 if int(first) < int(second) and int(second) in _ROUND_DAYS else 0


def _score_of_shape(first: str, second: str) -> int:
    """What the two numbers alone say for a date: more is unlikely of a score than its most, zeros stand in front of dates."""
    score = 2 * ("0" in (first[0], second[0]))
    if int(first) > int(second):
        return score + 2
    return score + (int(second) not in _COMMON_DENOMINATORS) + (int(second) in _RARE_DENOMINATORS)
