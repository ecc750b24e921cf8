"""What clinicians call the numbers of a person: the words that stand before, behind or above one. All in small letters."""

from __future__ import annotations

from dataclasses import dataclass

_MARK = r"(?:/id\b)?(?:\s?[#:=№]|\s[(]?(?:id|no|nos|num|number|numbers|nr|identifier|identification|ref)\b)"
_NUMBER = r"(?:\s?[#№]|\s[(]?(?:id|no|nos|num|number|numbers|nr|identifier)\b)"


@dataclass(frozen=True, slots=True)
class Called:
    """The names of one kind of number.

    Attributes:
        kind: of the finding.
        alone: names that mean nothing else.
        marked: names that mean other things, too, but not with a colon, `#` or "number" behind them.
        numbered: names that head sections with a colon; they need `#` or "number".
    """

    kind: str
    alone: str
    marked: str = ""
    numbered: str = ""

    @property
    def pattern(self) -> str:
        patterns = [self.alone]
        if self.marked:
            patterns.append(rf"(?:{self.marked})\.?{_MARK}")
        if self.numbered:
            patterns.append(rf"(?:{self.numbered})\.?{_NUMBER}")
        return "|".join(patterns)

    @property
    def words(self) -> str:
        return "|".join(words for words in (self.alone, self.marked, self.numbered) if words)


LABELS = {  # rule -> names; the first that fits counts
    "ssn": Called(
        "SSN",
        r"ssn|ssa\s(?:card|no|number)|ss\s?(?:\#|no\b|number)|s\.s\.n?|soc(?:ial)?\.?\s?sec(?:urity)?\.?|social\s?(?:\#|:|no\b|number)"
        r"|tax\s?id|itin|tin\s?[\#:]|tfn"
        r"|nat(?:ional)?l?\.?\s(?:ins(?:urance)?|id(?:entity|entification)?)\.?(?:\s(?:no|number|card))?|nino|sin\s?[\#:]|aadh?aar",
    ),
    "plate": Called(
        "VEHICLE",
        r"licen[sc]e\splates?|(?:number|registration|vehicle|car|reg)\s(?:plates?|tag)|licen[sc]e\stag|rego|placard|(?:parking|handicap(?:ped)?|disabled)\s(?:parking\s)?(?:permit|tag)"
        r"|(?:vehicle|car|auto|motor\w*)\s(?:reg(?:istration)?)",
        numbered="plates?|tags?|decal",
    ),
    "vin": Called("VEHICLE", r"vin|vehicle\s(?:id(?:entification)?|serial)|chassis\s(?:no|number)"),
    "mrn": Called(
        "MRN",
        r"[euhp]?mrn?\d?\s?(?:[\#:]|no\b|number)|[euhpc]?mrn[rs]?|m\.r\.n\.?|hrn|ur\s?(?:no|number|\#)|u\.?r\.?n|e?mpi|nhi|chi\s?(?:no"
        r"|number|[\#:])"
        r"|ur|iis|uhid|mr\s?(?:no|number)|opd?\s?(?:no|number)|nhs|nhc|num(?:ero)?\sde\shistoria|(?:med(?:ical)?|health|hospital|clinic|pt"
        r"|patient|dental)\.?\s?rec(?:ord)?s?\b|med\s?rec|unit\srecord|charts?|pat(?:ient)?(?:id|no|num|number)|patient\sidentifier"
        r"|pid(?:\s1)?|crn\s?[\#:]|m\.?r\.?|epi(?:c\s(?:id|mrn))?|eid\s?[\#:]|eemrn|(?:pt|patient)\s(?:id|file)|dfn|eid|u\#|cpi\s?(?:[\#:]|no\b)"
        r"|(?:athena(?:one|net)?|enterprise|corporate|person|master\spatient|global|centri[cx]ity|meditech|allscripts|nextgen|vista)\s(?:id|no|number|patient|\#)|cr\s?(?:no\b|number)|opd\scard|case\ssheet|(?:pas|k|idx)\s(?:no\b|number|\#)",
        marked="chart|record|medical|hospital\\sunit",
        numbered="hospital|hosp|unit|clinic|history|patient|pt|client|resident|folder|dossier|person|emr|ehr|epic|cerner|case\\snotes?",
    ),
    "health plan": Called(
        "HEALTH_PLAN",
        r"hi\sclaim|(?:member|subscriber|policy)(?:id|no|num|number)|subscriber|beneficiary|medicare|medicaid|tricare|champ(?:us|va)|medi-?cal"
        r"|masshealth|gro?u?ps?\s?(?:id|no|num|number|[\#:])|grp|vsp|eyemed|davis\svision|delta\sdental|metlife|guardian\sdental|mbi|hicn?|(?:rx\s?)?bin|rx\s?(?:pcn|grp)|ohip|phn|hcn|ihi|dva\s(?:no|number|card)|ahcccs|tenncare|badgercare|peachcare|soonercare|denali\s?care|husky|ramq|ahcip|amerigroup|ambetter|healthfirst|carefirst"
        r"|highmark|premera|optum|aflac|champva|cigna|umr|cin\s?[\#:]|dva(?:\sfile)?"
        r"|health\scard|(?:insurance|ins)\s(?:card|id|policy)|dod\s?id|edipi|pol(?:icy)?\s?(?:\#|no\b)"
        r"|(?:blue\s(?:cross|shield)|bc/?bs|aetna|cigna|humana|kaiser|uhc|united\s?health\s?care|anthem|wellcare|molina|centene|oscar|bupa)"
        r"(?:\s(?:policy|hmo|ppo|plan))?",
        marked="member(?:ship)?|mbr|subscr|policy|policy\\s?holder|grp|insured|insurance|insurer|payer|payor|health\\scard|rx\\s?group|prior\\sauth(?:ori[sz]ation)?"
        "|precert(?:ification)?",
        numbered="group|grp|plan|ins|coverage|carrier|certificate\\sof\\scoverage|scheme",
    ),
    "account": Called(
        "ACCOUNT",
        r"(?:acc(?:oun)?t|visit|encounter)(?:id|no|num|number)|accts?|accounts?|a/c|ipd?\s?(?:no|number)|card\son\sfile|csn|har"
        r"|iban|swift|routing|aba|rtn|guarantor|(?:credit|debit|bank|payment|visa|master\s?card|amex|my)\s?card"
        r"|visa|master\s?card|amex|american\sexpress|discover|limit\sfor\scard|encounter|invoice|fin|pcn|sort\scode|bsb|ifsc|contact\sserial",
        marked="episode\\sof\\scare|(?:patient|pt)\\s(?:control|ctrl|cntl)|encounter|enc|invoice|inv|card|receipt|rcpt|transaction|txn",
        numbered="visit|vst|admission|admit|adm|episode|bill|billing|statement|stmt|fin|payment|check|cheque|financial|patient\\scontrol|pcn|deposit|refund|remittance",
    ),
    "licence": Called(
        "LICENSE",
        r"x?dea|d\.l\.|upin|itin|clia|gmc|nmc|imc|gdc|dln|cps(?:m|a|bc|s|ns|nb)|cds(?:\s(?:reg\w*|no|lic\w*))|(?:notary\s)?commission\s(?:no|number)|notary\scommission|board\sof\s(?:nursing|medicine|pharmacy)|(?:concealed|handgun|firearms?|gun|ccw|carry|weapons?)\s(?:carry\s|owner'?s?\s)?(?:permit|licen[sc]e|id)|emt(?:-?[pbia])?|paramedic|medic|id\scard|rph|reg\.?\s?(?:no\b|number|\#)|hcpc|hpcsa|mcnz|cpso|qme|ahpra|passport|cert(?:ificate)?|accreditation|cs\sid"
        r"|(?:driver'?’?s?|driving|operator'?s?|medical|state|professional|nursing|pharmacy|rn|md|lmft|lcsw|commercial)\s(?:id"
        r"|lic(?:en[sc]e)?)"
        r"|licen[sc]es?|lic|o?dl|cdl|oln|odln|wallet\sid",
        numbered="rn|rph|lpn|lvn|md|do|np|pa|crna|pharmd|lmft|lcsw|lpc|dds|dmd|dpt|certification|registration|provider|prescriber|board|state\\sboard|visa"
        "|green\\scard|permit",
    ),
    "device": Called(
        "DEVICE",
        r"(?:device|serial)(?:id|no|num|number)|serial|serials|s/n|sn|s\.n\.|ser\.?|ser\s?(?:\#|no\b)|(?:mesh|implant|lens|stent|graft"
        r"|catheter|pump|lead|valve|screw|plate|cup|stem|port|coil|clip|filter|sling|cage)s?"
        r"\s(?:ref|cat|lot|model)(?:erence|alog)?|udi|imei|meid|asset\stag|mac(?:\saddress)?|gen\.|(?:dexcom|libre|guardian|eversense|omnipod|cgm|medtronic)\s(?:g\d\s|\d\s)?(?:tx|transmitter|sensor|pod|reader|receiver)"
        r"|(?:lot|ref|model)\s?/\s?s(?:erial|/?n)",
        marked="transmitter|sensor|receiver",
        numbered="device|implant|generator|lead|pacemaker|pacer|icd\\sdevice|defibrillator|pump|stimulator|prosthesis|valve|lens|sensor|monitor|component|unit\\sserial"
        "|walker|wheelchair|cpap|concentrator|equipment|asset",
    ),
    "model": Called("DEVICE", "model"),
    "lot": Called("DEVICE", "lot", marked="batch"),
    "biometric": Called(
        "BIOMETRIC",
        r"(?:finger|thumb|palm|hand|foot|voice|face|facial|retina|retinal|iris)\s?-?(?:prints?|scans?|templates?|image|codes?|recognition"
        r"|hash)"
        r"|biometrics?|(?:dna|genetic|genomic|vein|gait|keystroke|hand\sgeometry|ear|tongue)\s(?:profile|fingerprint|prints?|template"
        r"|pattern|signature|barcode)"
        r"|(?:finger|thumb|palm|hand|foot|face|facial|iris|retina|retinal|voice)\s(?:vein\s)?(?:map|geometry|id|template|pattern"
        r"|signature|capture|enrol{1,2}ment)",
        marked="template|enrol{1,2}ment|minutiae",
    ),
    "photo": Called("PHOTO", "facial\\simage", marked="photo(?:graph)?s?|picture|portrait|snapshot|headshot"),
    "id": Called(
        "ID",
        r"(?:accession|study|specimen|order|sample|subject|case|request|claim)(?:id|no|num|number)|accession|acc(?:n|essn)?\s?(?:[\#:]|no\b)"
        r"|specimen|requisition|badge|air\s?(?:way\s?)?bill|waybill|awb|trauma\salias|(?:blood|bb|blood\sbank)\s?(?:band|bracelet)|typenex|band|din|iwrs|ivrs|subject|participant|(?:fmp|id|name|pt|patient|transfusion)\sband|wrist\s?band|arm\s?band|uuid|guid|(?<!caller\s)ids?|i\.d\.|identifier|identification"
        r"|npi|abha|centrelink(?:\scrn)?|mlc\s(?:no|number)|docket|unos|optn|case\s?(?:\#|no\b)|rx\s?\#|(?:our|your)\sref(?:erence)?|pnr|booking\s(?:no|number)",
        marked="claim|clm|tcn|dcn|icn|case|job|document|doc|order|ord|reference|ref|transcription|dictation|barcode|bar\\scode|tracking|file|employee|employee\\sid|emp|confirmation|conf"
        "|ticket|prescription|referral|authori[sz]ation|auth|incident|inmate|band|tag|record\\slocator|kit|randomi[sz]ation|screening"
        "|subject|token"
        "|booking|cfs|complaint|warrant|citation|shipment|user\\s?name|handle",
        numbered="din|operator|terminal|interpreter|shield|refill|application|study|participant|report|sample|staff|student|user|login|pathology|path|lab|slide|block|cassette|exam|donor|recipient|enrol{1,2}ee|locker"
        "|parcel|message|request|workers'?\\scomp|wc|police|police\\sreport|military|service|veteran|tax|access|control|procedure|imaging"
        "|appointment|appt"
        "|surgical|cytology|autopsy|biopsy|tissue|bag|run|trip|dispatch|voucher|matter|court|cause|petition|warranty|notification|log|entry"
        "|me|coroner|cps|aps|dcfs|foster|school|ward|bed\\sbook|queue|scan|film|disc|cd|tape|folio|protocol\\ssubject|pcr|epcr|event"
        "|registry",
    ),
}

NEAR = (  # what a code is that stands on the same line behind one of these words, though others stand between: kind, rule, words
    ("SSN", "near a social security", r"social\ssecurity|ssn"),
    (
        "VEHICLE",
        "near a vehicle",
        r"plates?|vehicle|veh|car|truck|sedan|suv|van|pick-?up|motorcycle|scooter|moped|trailer|minivan|rego|license\stag"
        r"|toyota|honda|ford|chev\w+|nissan|subaru|jeep|dodge|hyundai|kia|bmw|audi|volvo|tesla|mazda|lexus|buick|cadillac|volkswagen"
        r"|mercedes|gmc",
    ),
    (
        "DEVICE",
        "near a device",
        r"device|machine|scope|telemetry|box|meter|cooler|tank|aids?|wound\svac|unit\stag|mfr\slabel|batch|pace\s?maker|icd|defibrillator|leads?|generator|implant\w*|stimulator|pumps?|valve|prosthe\w+|lens|iol|stent|mesh"
        r"|monitor|recorder"
        r"|hearing\said|walker|wheelchair|cpap|bipap|cgm|sensor|transmitter|ventilator|serial|medtronic|abbott|boston\sscientific"
        r"|biotronik|st\.?\sjude"
        r"|port|catheter|shunt|graft|component|stem|cup|screws?|lot|pyxis|concentrator|glucometer|crt-?d?|lvad|vns|dbs",
    ),
    (
        "BIOMETRIC",
        "near a biometric",
        r"finger\s?-?prints?|thumb\s?-?prints?|palm|retinal?|iris|voice\s?-?prints?|biometrics?|facial|face\sid|templates?|minutiae"
        r"|gait\ssignature",
    ),
    (
        "HEALTH_PLAN",
        "near an insurance",
        r"insurance|benefits?|plan|dental|philhealth|sub|insured|insurer|ins|payer|payor|coverage|policy|subscriber|member|dependent|beneficiary|carrier|aetna|cigna|humana"
        r"|hmo|ppo|medicare|medicaid|tricare",
    ),
    ("LICENSE", "near a licence", r"(?:wallet|driver'?s|operator'?s|state)\s(?:id|lic\w*)|licen[sc]ed?|lic|passport|cert|certif\w+|dea"),
    (
        "ACCOUNT",
        "near an account",
        r"account|acct|checking|savings|check|cheque|visit|encounter|billing|bill|invoice|card|bank|episode|admission|statement",
    ),
    ("MRN", "near a record", r"records?|charts?|mrn|hospital|patient|pt|[emuch]rn|urn|identification|folder"),
    (
        "ID",
        "near a word for numbers",
        r"npi|claim|icn|unit|interpreter|operator|terminal|shield|log|bank|refill|no|nos|nr|num|number|id|ids|code|ref|accession|acc|specimen|case|order|file|report|run|lab|path\w*|barcode|job|conf\w*|dict\w*"
        r"|transcri\w+"
        r"|voice|doc\w*|enc|req\w*|rx|samples?|slides?|blocks?|kit|subj|subject|voucher|locator|participant|session|ticket|tracking|auth\w*|user\w*|employee"
        r"|staff|student"
        r"|exam|donor|tag|badge|token|key|event|incident|complaint|approval|denial|appeal|referral|dispatch|notice|booking|consent|trip"
        r"|uid|band|wristband|armband|bracelet|tissue|retained|remains|toxicology|inmate|docket|biops\w+|cytology|outside",
    ),
)
