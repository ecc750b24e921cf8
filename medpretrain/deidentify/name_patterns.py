"""What stands beside a person who is named without a title: ages, telephones, credentials, predicates and marks, as patterns."""

from __future__ import annotations

import re

from medpretrain.deidentify.name_words import PLACE_PREPOSITIONS


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PLACED_IN = PLACE_PREPOSITIONS - {"to", "from", "at", "of", "via"}
TOWNS = _set(
    """city town village county university state college hospital north south east west downtown area port suburb district province
    institute academy department board school journal republic bank church archdiocese diocese parish"""
)
PARTICIPLE = ("ed", "en", "wn", "un", "ut", "ne", "ad", "ld", "nt", "de")
SPECIALISTS = ("ologist", "iatrist", "atrician", "trician", "grapher", "therapist", "surgeon", "physician")
OF_ONE_PERSON = _set("sw cm anes neo scrub circ circulator msw wocn")
ENDS_FIELD = re.compile(r"(?:,? [A-Z]{2,5})?(?:[ \t]{0,3}(?:\n|$)|  |[;|])")
MODALS = _set("will would can could should might may must")
RESULTS = _set("negative positive performed done used noted placed normal abnormal elicited demonstrated present absent repeated confirmed")
SURE_PARTICLES = _set("von van der den della dela delos bin ibn vom zum")
BY_THINGS = _set("followed caused manufactured made replaced complicated treated covered supplied marketed confirmed graded staged")
CUED_GAP = re.compile(r"[.]? ?[:#=]? ?(?:\n[ \t]*)?")
CUED_BY_DEPARTMENT = re.compile(r" |: ?| ?\(| ?/ ?| [-–] ")
PLACED = re.compile(
    r"(?:\b[Bb]ed|\b[Rr]m|\b[Rr]oom|\b[Bb]ay|\b[Cc]hair|\b[Cc]rib|BED|RM|ROOM)\.? ?#?\w{1,5}(?:[-/]\w{1,3})?[ :,–-]{1,3}$"
    r"|\b(?:MS|PGY|SHO|Sub-I|ST|CT|R|F|FY|IMT|GPST|SpR)-?[1-8] $"
    r"|\b(?:c/s|f/u|s/o|d/w|s/w|s/b|S/B|D/W|A/W|T/W|R/V|[Cc]ons|[Cc]onsult|[Cc]onsulted|[Cc]onsults|[Rr]ecs|[Aa]ppt|[Cc]overage|[Cc]c):? $"
)
LISTED_AS = re.compile(r"(?:^|[\n;:.] ?|\s)(?:\(?\d{1,2}[).]|[-*•]) ?$")
AGED = re.compile(
    r"(?:'s|,)? \(?(?:aged? )?\d{1,3}(?: ?(?:[FfMm]\b|y\b|yo\b|y/o|y\.o|yrs?\b)|-year)"
    r"|, \(?\d{1,3}[),.;] ?(?:[a-z]|\n|$|[A-Z]\w+ )"
    r"| is an? (?:[a-z]{3,10}[- ]){1,3}year"
)
REACHED = re.compile(
    r"(?:,| -)? \(?(?:pager|pgr|beeper|vocera|spectralink|cell|ext\b|x ?\d{3,5}\b|phone|ph\b|tel\b|mobile)"
    r"|,? {1,3}(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]{0,2}\d{3}[.-]\d{4}\b|,? \(?\d{3}-\d{4}\b"
)
QUALIFIED = re.compile(
    r",? (?:M\.?D\.?|D\.?O\.|RN|R\.N\.|LPN|LVN|CNA|CRNA|CNM|NP|PA|PA-C|PA-S|DPM|DDS|DMD|PharmD|RPh|RRT|LCSW|LMSW|MSW|RD|PhD|PsyD"
    r"|SLP|OTR|DPT|FNP|APRN|ARNP|MBBS|RDH|MA|EMT|EMT-P|PGY|R[1-4]|MS[34])\b(?!/)(?! (?:note|notes|visit|aware|at\b))"
)
RELATED = re.compile(
    r" \((?:his |her |their |pt's |the )?(?:wife|husband|spouse|son|daughter|dtr|mother|mom|father|dad|sister|brother|niece|nephew|aunt"
    r"|uncle|cousin|friend|partner|neighbou?r|roommate|bf|gf|boyfriend|girlfriend|fianc|caregiver|poa|hcp|proxy|guardian|grand|son-in|daughter-in"
    r"|nanny|sitter|babysitter|teacher|aide|chaplain|coach|sponsor|tenant|co-?worker|boss|employer|interpreter|foster|step"
    r"|sw|rn|pcp|np|pt|ot|slp|hospice|landlord|pastor|case)",
    re.IGNORECASE,
)
AT_HAND = re.compile(
    r" (?:aware|notified|paged|informed|updated|consulted|at (?:the )?bedside|in (?:to|agreement|room)|on call|covering|following|present"
    r"|to (?:see|OR|follow|call|place|eval|assess|round|cover|assist|relieve|staff)|will (?:see|follow|call|place|do|come|be|take)"
    r"|agrees|did|here|back|repeated|read back|accepting|scrubbed)\b"
)
SIGN_OFF = re.compile(r"(?:--|—|–|~|^-|\s-(?=$)|\n[ \t]*-|[.!?] ?-) ?$")
SIGN_OFF_END = re.compile(r"[ \t]{0,3}(?:$|\n|[,.]? (?:@|x ?\d|MD|RN|NP|PA|in |from |at )|, )")
INITIAL_CLOSES = re.compile(r"\. [a-z]|\.?(?:[,;)(\n]|$)|\.? \(| (?:from|is|was|here|called|at|in|RN|and|states|reports)\b")
ENDS_OF_SENTENCE = ".!?\n:;–—->"
ENDS_WITH_PARTICLE = re.compile(r"^[^\W\d_]{2,20}-(?:van|von|de|del|della|di|da|le|la)$")  # "Black-van den Berg"
JOINS = re.compile(r" ?[/&+] ?|, (?:and )?| and ")
NUMBER = re.compile(r"[ ,]{1,2}(?:\d|of\b)")
BEHIND_CLOSING = re.compile(r"[,!.]?\s{1,3}(?:[-–—]{1,2} ?)?")
ADDRESSED = re.compile(r",[ \t]*\n|, (?:[a-z]|I\b|I'|Thank|Please|FYI|Just)")
STANDS_SOMEWHERE = re.compile(
    r" in (?:bed|room|rm|bay|hall|hallway|chair|crib|pod|triage) ?#?\d| \d{1,2}[A-Z]-\d{1,2}:"
    r"| from (?:social work|dietary|pharmacy|transport|housekeeping|respiratory|nutrition|the lab|lab|radiology|case management"
    r"|registration|billing|security|hospice|anesthesia|infection control|admitting|PT|OT|IT|RT)\b"
)
FAMILY = re.compile(
    r" (?:family|twins|household|parents|boys|girls|brothers|sisters|siblings|kids|children|team)\b(?! (?:physician|medicine))"
)
IS_LIKE_A_PERSON = re.compile(
    r" (?:is|was|has|had|remains|feels|looks) (?:an? (?:very |most )?(?:delightful|pleasant|nice|lovely|poor|reliable|\d)"
    r"|alert|awake|doing|here|well|able|unable|being|been (?:using|taking|doing|having|feeling|seen|to)|sleeping|resting|sitting|crying"
    r"|agitated|asleep|ready|home|refusing|asking|married|retired|working|living|attending|comfortable|tolerating|ambulating|happy|upset"
    r"|tearful|pleasant|cooperative|confused|oriented|to (?:see|follow|call)|on call|seen (?:today|in clinic|for|by|at|with|and)|aware"
    r"|in agreement|scheduled|requesting|complaining|planning|eating|breathing|improving|nauseous|hungry|hoping|worried|anxious|sober)\b"
    r"| (?:c/o|d/c'?d?\b|s/p\b|h/o\b|w/o?\b|tx\b|xfer|out \d|x ?\d|presents?\b|POD|HD ?#?\d|recs?\b|dispo\b|\d{4}:)"
)
IN_BRACKETS = re.compile(r" \(\d{1,2}(?: ?(?:y|yo|yrs?|mos?|wks?|years?|months?)(?: old)?)?\)")
SEEN = re.compile(
    r" (?:(?:was |is )?seen and examined|is an? (?:very |pleasant ){0,2}(?:\d{1,3}|[a-z]{3,8}(?:[- ][a-z]{3,5})?)[- ](?:y|month|week|day))"
)
IS_A_PERSON = re.compile(
    r" (?:is|was|remains|appears|seems) (?:alert|awake|sleeping|resting|sitting|crying|agitated|asleep|refusing|asking|married|retired"
    r"|upset|tearful|cooperative|confused|oriented|aware|on call|febrile|afebrile|NPO|intubated|extubated|requesting|complaining|sober"
    r"|anxious)\b"
    r"| (?:is|was) (?:very |quite |really |always )?(?:reliable|sympathetic|pleasant|kind|helpful|supportive|talkative|impulsive|quiet"
    r"|shy|frail)\b"
    r"| is from (?=[^\W\d_a-z])"
    r"| (?:spent an?|shouted|yelled|laughed|smiled|liv(?:es|ed) (?:at|in|with|alone|on)|grew up|works (?:at|as|for|in)"
    r"|began (?:writing|school|work))\b"
    r"| (?:c/o|d/c'd|covering|presented|scribed|assisting|in agreement|at bedside|to see|will (?:see|drive|come|call|follow|scope|pick))\b"
)
AMID = frozenset((" ", "\n", ", ", " ("))
SCORED = re.compile(r" (?:score |class |grade )?(?:[+-]|\d(?!\d{3}\b)|[IV]{1,3}[AB]?\b)| (?:neg|pos|nl)\b")
EPONYMS_APART = frozenset((", ", ", and ", ", or ", "/", " / "))
CLAUSE_ENDS = re.compile(r"[.,;)\n]|$")
LINE_ENDS = re.compile(r"[ \t]*(?:\n|$)")
LAST_CELL = re.compile(r"[|\t] ?$")
LABELS = re.compile(r" ?:")
CALLED = _set("aka a k by nicknamed called name is as")
NICKNAMED = re.compile(
    r"\b(?:a\.?k\.?a\.?|A\.?K\.?A\.?|[Gg]oes by|[Nn]icknamed|to be called|[Pp]referred name(?: is|:)?|[Kk]nown as) [\"“'‘]?$"
)
IS_SOMEBODYS = re.compile(r" (?:is|was) (?:his|her|their|pt's|pts|the patient's|my|our) | in for ")
CITED = re.compile(r"(?:'s)?,? (?:et al|and (?:colleagues|co-?workers)|\(?(?:19|20)\d\d\b[^-/])|[\[\d]")
