"""What stands around two numbers that are a month and a day, and around those that are a score, a dose, a range or a share.

Each word that a rule of `short_dates` asks for is here.
"""

from __future__ import annotations

import re

from medpretrain.deidentify.date_forms import MONTH, WEEKDAY

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
BEFORE_DATE = re.compile(
    r"(?:\b(?:on|since|from|until|till|thru|through|dated?|(?:week|wk)\sof|as\sof|morning\sof|evening\sof|night\sof|afternoon\sof|am\sof"
    r"|pm\sof|(?:note|visit|report|study|scan|letter|message|results?|echo|films?|summary|addendum|entry|labs?|call)\sof"
    rf"|(?:dd|dt|td|doa|dod|dos|doi|d|t)(?=:)|(?:last|next|date|start|stop|end|onset|given|taken)\b[^\n:.]{{0,30}}(?=:)|{_ACTS}|{_EVENTS})"
    rf"|{WEEKDAY},?)(?:\s{{0,2}}[:(@,]?\s?|\son\s)\Z",
    re.IGNORECASE,
)
DATED_LABEL_BEFORE = re.compile(r"(?:\A|[\n.;|]\s{0,3})(?:last|next|date|given|taken|due)\b[^\n:.;]{0,30}:\s\Z", re.IGNORECASE)
STRONG_BEFORE = re.compile(  # also in a sentence that speaks of a score
    r"\b(?:on|by|lmp|edd|edc|lkw|dos|doi|(?:last|next)\s(?:dose|shot|visit|appt|appointment|injection|treatment|bm|refill|fill|infusion|draw|labs?|inr|run|cycle|period|drink|use"
    r"|fall|seizure|void)|anniversary|leaves|closes|done|moved\sfrom|until|till|since|thru|through|as\sof|(?:week|wk)\sof|dated?|sent|collected|drawn|signed|re-?check|check|f/u|rtc|appt|visit"
    r"|scheduled\sfor"
    r"|admitted|discharged|started|stopped|note\sof|report\sof)\s\Z",
    re.IGNORECASE,
)
TOLD_BEFORE = re.compile(
    r"\b(?:phoned|called|faxed|paged|reported|discussed|communicated|relayed|notified|spoke|talked|left|met|reviewed|read\sback|message|vm"
    r"|d/c'?d|dc'?d|discharged|transferred)\b(?:[^\n.;\d]|\b(?:Drs?|Mr|Mrs|Ms)\.){1,50}\Z",
    re.IGNORECASE,
)
DONE_BEFORE = re.compile(
    r"\b(?:s/p|banding|cabg|pci|stent(?:ing|s)?|resection|repair|removal|placement|ablation|biopsy|transplant|fusion|replacement"
    r"|extraction|injection"
    r"|washout|exploration|revision|amputation|thrombolysis|embolization|c-?section|[a-z]{3,14}(?:ectomy|o[st]tomy|oscopy|plasty|centesis))"
    r"(?:\s(?!\d)[\w/-]{1,15}){0,3}\s\Z",
    re.IGNORECASE,
)
PARTICIPLE_BEFORE = re.compile(
    r"(?<![\w-])(?!rated|scored|graded|measured|estimated|limited|(?:de|in)creased|reduced|dilated|diluted|improved|repeated|named|recalled|identified)"
    r"(?:[A-Za-z][a-z]{2,14}ed\s(?:(?:up|out|off|here|back|home|in|on|again|down)\s)?|(?:to|will|should)\s(?:stop|start|begin|resume|expire|end)\s)\Z"
)
BOTTLES_BEFORE = re.compile(r"\b(?:cultures?|b?cx|bottles?|sets?)\s\Z", re.IGNORECASE)
VALUE_BEFORE = re.compile(r"(?<![\d/])\d{1,4}(?:\.\d{1,2})?\s?\(\Z")
OPENS_LINE = re.compile(r"(?:\n|\A)[ \t]{0,4}(?:[-*•][ ]?)?\Z")
NEXT_OF_A_LIST = re.compile(r"(?:,\s?|\s?&\s?|,?\sand\s)(?P<g>\d\d?)/(?P<e>\d\d?)(?![\d%/+]|\.\d)")
LIST_BEFORE = re.compile(r"(?:\(|:\s|\b[Bb]etween\s)\Z")
DATED_COLUMN = re.compile(
    r"\b(?:date|last|taken|given|filled|refill|when|seen|due|adm\w*|dis\w*|visit|appt|eta|start\w*|stop\w*|drawn|collected|done|on)\b",
    re.IGNORECASE,
)
WEEKDAY_BEFORE = re.compile(rf"(?<![^\W_]){WEEKDAY},?\s{{1,2}}\(?\Z")
IN_BRACKETS_BEHIND_A_DAY = re.compile(r"\b(?:day|pod|hd|visit)\s?#?\d{1,3}\s\(\Z", re.IGNORECASE)
BY_BEFORE = re.compile(r"\b(?:by|before|after|until)\s\Z", re.IGNORECASE)
BEFORE_MAYBE = re.compile(
    r"(?:\b(?:to|of|by|was|before|after|between|in|late|early|circa|for|at|prior\sto|last)\s{1,2}|[,;]\s?|(?:\n|\A)\s{0,4}"
    r"|(?-i:\b[A-Z]{2,4}\s))\Z",
    re.IGNORECASE,
)
AFTER_DATE = re.compile(
    r"\s?(?:@\s?\d|at\s\d|:(?!\d)|[-–—]\s[A-Za-z]|[aA][mM]\b|[pP][mM]\b|\)\s?[.;:,]"
    r"|\s(?:she|he|pt|patient|labs?|visit|clinic|showed|revealed|appointment|by\sDr|with\sDr|cxr|ct|mri)\b)"
)
PERCENT_BEHIND = re.compile(r"\)?\s?[(,=]?\s?[\d.]{1,6}\s?%")
NEXT_LINE = re.compile(r"[^\n]{0,100}\n[ \t]{0,4}(?:[-*•]\s)?\d\d?/(?P<e>\d\d?)(?![\d/%])")
LINE_BEFORE = re.compile(r"(?:\A|\n)[ \t]{0,4}(?:[-*•]\s)?\d\d?/(?P<e>\d\d?)(?![\d/%])[^\n]{0,100}\n[ \t]{0,4}(?:[-*•]\s)?\Z")
FEW_WORDS_BEFORE = re.compile(r"[,;]\s[A-Za-z][A-Za-z/ -]{1,26}\s\Z")
VALUE_BEHIND = re.compile(r":\s\d")
TIME_BEHIND = re.compile(
    r"\s(?:[01]\d|2[0-3])[0-5]\d(?![\w/%-]|[.:]\d)|\s(?:1[0-2]|[1-9])\s?[ap]\.?m\b|\s{0,2}[@,]?\s{0,2}(?:at\s)?(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)|\s?[@]\s?\d{4}(?!\d)"
)
PHRASE_ENDS = re.compile(
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
RESULT_BEFORE = re.compile(r"\b(?:positive|negative|pos|neg|normal|abnormal|unchanged)\s(?:again\s)?\Z", re.IGNORECASE)
NO_DASHED_DATE_BEHIND = re.compile(
    r"\s?(?:mg|mcg|mm|cm|m[lL]\b|cc\b|in\b|inch|days?\b|wee?ks?\b|wks?\b|months?\b|mos?\b|hours?\b|hrs?\b|h\b|years?\b|yrs?\b|min\w*|times|x\b|%"
    r"|percent|points?|[ap]\.?m\b|shift|vicryl|silk|nylon|prolene|ethibond|chromic|monocryl|pds|sutures?|fr\b|french|tabs?|units?|scores?|vote"
    r"|record|games?|win|loss|levels?|disc|interspace|of\b|to\b|schedule|daily|[-–/=])",
    re.IGNORECASE,
)
NO_DASHED_DATE_BEFORE = re.compile(
    r"(?:\b(?:levels?|interspace|disc|vertebra\w*|ribs?|grades?|stage|ages?|aged|pages?|pp?\.?|items?|questions?|chapters?|vol\w*|hours|hrs|works?"
    r"|working|open|daily|weekdays|shift|suboxone|zubsolv|scor\w*|won|lost|win|loss|beat|sections?|teeth|tooth|leads?|electrodes?|verses?"
    r"|figures?|figs?|refs?|tables?|rooms?|beds?|no|size|fr|vicryl|silk|nylon|prolene|sutures?|pain|strength|pupils?|perrl\w*|between|type|categor(?:y|ies)|class|phase|steps?|menrium"
    r"|extension|ext|code|model|lot|to|m-?f|mon-fri|nights|nyha|asa|figo|gleason)\b[\s:#.,(]{0,3}|\d[\s,]{0,2}|[=<>±~≥≤#]\s?)\Z",
    re.IGNORECASE,
)
MESSAGE_LEFT = re.compile(r"\b(?:vm|voice\s?mail|message)\sleft\s\Z", re.IGNORECASE)
SCORE_WORD = re.compile(rf"\b(?:{_SCORED})\b", re.IGNORECASE)
SCORE_BEFORE = re.compile(rf"\b(?:{_SCORED})\b(?:(?!\.\s)[^\n|;]){{0,60}}\Z", re.IGNORECASE)
CLEAR_SCORE_BEFORE = re.compile(
    r"\b(?:strength|motor|pupils?|power|reflex\w*|(?-i:DTR)s?|dtrs|murmur|acuity|vision|snellen|scor\w*|scale|ratio|mmse|mini-?mental|moca|slums|phq-?\d?|gad-?\d?|gcs|apgars?|rated"
    r"|rating|flexion|extension|extensors?|flexors?|dorsiflexion|plantarflexion|deltoids?|biceps|triceps|extremit\w*|recall(?:ed)?|trocars?"
    r"|bi-?pap|[ei]pap|simv|psv?|prvc|vent|niv|wheal|flare|histamine|named|identified|pressures?|r[va]|pa|lv|ventric\w+|artery|sats?|spo2|mixture|norco|vicodin|percocet|lortab|suboxone|zubsolv|clinimix|fe|lotrel|caduet|vytorin|azor|exforge|hydrocodone|oxycodone"
    r"|french|sizes?|levels?|perrl\w*)\b(?:(?!\.\s)[^\n|]){0,36}\Z",
    re.IGNORECASE,
)
SCORE_AFTER = re.compile(
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
OTHER_PART = re.compile(r"[^\n.;]{0,40}?\b\d{1,2}/(\d{1,2})\b")
TO_ANOTHER = re.compile(r"\s?(?:-{1,2}>|→|-|–|to|through|thru)\s?(?P<g>\d\d?)[-/](?P<e>\d\d?)(?![\d%]|[/.]\d)")
TO_A_NAMED_DAY = re.compile(rf"\s?(?:-|–|to|and|through|thru)\s?(?:\d\d?(?:st|nd|rd|th)?[\s-](?:of\s)?{MONTH}|{MONTH}\.?\s\d)")
DATE_BEHIND = re.compile(
    rf"\s?(?:,|&|;|\sand|\sor)\s(?:\d\d?(?:st|nd|rd|th)?[\s-](?:of\s)?{MONTH}|{MONTH}\.?\s\d)|,?\s[(]?(?=[A-Z]){WEEKDAY}|\s?[-–]\s?(?:\)"
    rf"|present\b|ongoing\b)|\s(?:w/|with)\s?(?:Dr|Mrs?|Ms)\b"
)
HALF_OF_A_DAY = re.compile(
    r"\s(?:of\s)?(?:this|last|next)\s(?:year|month|week)\b|\s?(?:[AaPp][Mm]|[AaPp]\.[Mm]\.|noon|eve(?:ning)?|overnight)(?!\w)"
)
CELL_BEFORE, CELL_BEHIND = re.compile(r"(?:[|\t\n]\s{0,2}|\s\s)\Z"), re.compile(r"(?:\s?[AaPp][Mm])?\s{0,2}(?:[|\t\n]|\s\s|\Z)")
LINK = re.compile(r"(?:\.(?!\s))?\s?(?:-{1,2}>|→|-|–|,|&|to|and|through|thru|or)\s?(?:and\s|on\s)?\Z")
COMMON_DENOMINATORS = frozenset((2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 30))
RARE_DENOMINATORS = frozenset((11, 13, 14, 17, 19, 21, 22, 23, 25, 26, 27, 28, 29, 31))
COMMON_FRACTIONS = frozenset(("1/2", "1/3", "2/3", "1/4", "3/4"))
FRACTIONS = COMMON_FRACTIONS.union(("1/5", "1/8", "3/8", "1/10"))
SHIFTS = frozenset(("7-3", "3-11", "11-7", "7-7", "9-5", "8-5"))
SELDOM_ENDS_OF_RANGES = frozenset((13, 17, 19, 22, 23, 26, 27, 29, 31))
ROUND_DAYS = frozenset((7, 9, 12, 15, 16, 18, 20, 24, 30))
OTHER_PAIRS = frozenset(  # sharpness of sight, electrodes, doses of two drugs, hours
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
PHRASE_GOES_ON = re.compile(
    r"\s?(?:[,.;:)\]/→–—-]|->|\n|\Z)|\s(?:[(~#]|neg\b|pos\b|x\d|w/|[A-Z]|(?:re|and|with|for|at|by|per|he|she|pt|due|via|to|was|is)\b)"
)
COUNTED_BEFORE = re.compile(
    r"(?<!last\s)(?<!next\s)\b(?:pages?|pgs?|pp?\.|cop(?:y|ies)|part|bottles?|bags?|vials?|dose|day|week|wk|cycle|box|sheet|image|item|step)"
    r"\s?#?\Z",
    re.IGNORECASE,
)
UNITS_OF_TIME = frozenset((7, 12))  # 28/7 are so many days, 18/12 months
WHOLE_NUMBER_BEFORE = re.compile(r"(?<![\w/.:#-])\d{1,2}\s?(?:\s|-|and\s)\Z")  # 2 3/16 inches, 39 and 6/7 weeks
