"""Hospitals that are known by a name without a word of their kind: short forms, initialisms, houses abroad, saints."""

from __future__ import annotations

# Names and initialisms that mean nothing else, wherever they stand (patterns that begin with a letter).
SURE = (
    *(r"Mass\.? Eye (?:and|&) Ear(?: Infirmary)?", "Mass Eye", "Wills Eye", "Bascom Palmer", "Moorfields", r"L\.?A\.? County ?[+/-] ?USC"),
    *(r"LAC ?\+ ?USC", "County[-/ ]USC", "Women (?:and|&) Infants", "Magee[- ]Womens?['’]?s?", "Abbott[- ]Northwestern", "Scottish Rite"),
    *("Sick ?Kids", "Fox Chase", "City of Hope", "Fred Hutch(?:inson)?", "Sidney Kimmel", "Roswell Park", "Huntsman Cancer", "Karmanos"),
    *("Siteman", "Dartmouth[- ]Hitchcock", "Maine Med(?!\\w)", "Strong Memorial", "Albany Med(?!\\w)", "Robert Wood Johnson"),
    *("Allegheny General", "Penn Presby(?:terian)?", "Hopkins Bayview", "Hennepin (?:County|Healthcare)", "Rancho Los Amigos", "MossRehab"),
    *("Shirley Ryan(?: AbilityLab)?", "AbilityLab", "TIRR", "Casa Colina", "Mary Free Bed", "Le Bonheur", "Arnold Palmer", "Ben Taub"),
    *("Robert H\\. Lurie", "Toronto (?:Western|General)", "Vancouver General", "Princess Margaret", "Thomas Jefferson"),
    *("King['’]s College", "Guy['’]s (?:and|&) St\\.? Thomas['’]?", "Addenbrooke['’]s", "John Radcliffe", "The Alfred", "Peter MacCallum"),
    *("Sir Charles Gairdner", "Fiona Stanley", "Tan Tock Seng", "Khoo Teck Puat", "Makati Med(?:ical)?", "Tata Memorial", "Aga Khan"),
    *("Groote Schuur", "Chris Hani", "Baragwanath", "Tygerberg", "Charité", "Karolinska", "Rigshospitalet", "Sahlgrenska"),
    *("Pitié[- ]Salpêtrière", "Vall d['’]Hebron", "Hazelden Betty Ford", "Austen Riggs", "Silver Hill", "Rikers(?: Island)?"),
    *(
        "Hospital for [A-Z][a-z]{3,15}(?: [A-Z][a-z]{3,15})?",
        "NIH Clinical Center",
        "Wishard",
        "Hahnemann",
        "Lankenau",
        "Maimonides",
        "Cottage Grove Hospital",
        "Pine Street Inn",
    ),
    r"Royal (?:Adelaide|Alexandra|Berkshire|Bournemouth|Brisbane|Brompton|Columbian|Cornwall|Darwin|Derby|Devon|Free|Glamorgan|Gwent"
    r"|Hobart|Inland|Jubilee|Liverpool|London|Marsden|Melbourne|North Shore|Oldham|Papworth|Perth|Preston|Prince Alfred|Surrey|United"
    r"|Vic(?:toria)?|Children['’]s|Women['’]s|Hallamshire|Hampshire)",
    r"Queen (?:Alexandra|Charlotte['’]s|Elizabeth|Mary['’]?s?|Victoria)",
    r"(?:Akron|American Family|Arkansas|Cook|Dayton|Driscoll|Lurie|Nationwide|Phoenix|Rady|Seattle|Texas|Valley|Wolfson) Children['’]?s",
    *("BAMC", "BIDMC", "BWH", "CCHMC", "CHLA", "CUIMC", "CUMC", "DFCI", "DHMC", "GBMC", "GSTT", "JHH", "KUMC", "LLUMC", "LSUHSC", "MDACC"),
    *("MSKCC", "MUSC", "NYP", "OHSU", "OUHSC", "PGIMER", "RWJUH", "SAMMC", "TTSH", "UAMS", "UCLH", "UCSF", "UNMC", "URMC", "UTHealth"),
    *("UTMB", "UTSW", "UVMMC", "VUMC", "WRNMMC", "WVUMC"),
)
# Where care is spoken of; elsewhere surnames, towns, words, treatments (patterns).
IN_CARE = (
    r"the General|Western State|Eastern State|Central State|CHOP|HUP|LIJ|LSU|NIH|TCH|UCI|UCD|USC|UIC|WVU|GW|HSS|JPS|LBJ|MMC|RMH|RPA|VGH|UHN"
    r"|Grady|Parkland|Rush|Strong|Presby|Moffitt|Overlake|Overlook|Regions|Hennepin|Lurie|Kessler|Gaylord|Wills|Crozer|Abington|Lankenau"
    r"|Bryn Mawr|Women['’]s|Christiana|Loyola|Kosair|Brackenridge|Wishard|Eskenazi|Carle|Marshfield|Bassett|Baystate|Hasbro|Miriam"
    r"|Jacobi|Woodhull|Lincoln|Winthrop|Virtua|Cooper|Einstein|Sibley|Suburban|Washington Hospital|Howard|Shock Trauma|Carilion|Cone"
    r"|Vidant|Erlanger|Regional One|LeConte|Huntsville|DCH|Tulane|University|Charity|Willis-Knighton|Hillcrest|Integris|Wesley|Via Christi"
    r"|Avera|Rapid City|Billings|Kootenai|Legacy Emanuel|Emanuel|Sacred Heart|Evergreen|Highline|Zuckerberg|SF General|Highland|Alta Bates"
    r"|Summit|El Camino|Cottage|Arrowhead|Loma Linda|Scripps|Queen['’]s|Straub|Tripler|Sickkids|St\.? Mike['’]s|Vic General|Foothills"
    r"|Bart(?:s|['’]s)|the Marsden|the Brompton|the Royal|the Free|the Whittington|Whittington|Broadmoor|the Maudsley|Maudsley|the Mater"
    r"|Mater"
    r"|the Brigham|the Jewish|the Floating|the Faulkner|the Deaconess|Western Psych|Penn Presbyterian|Shady Grove|Women (?:and|&) Infants"
    r"|Mercy (?:West|East|North|South|General|Regional|Memorial)|Memorial (?:West|East|North|South)|Good Sam"
    r"|Barrow|Invitae|NeoGenomics|Natera|GeneDx|Ambry|Myriad|Bayada|Coram|Apria|Lincare|Adapt ?Health|Miracle-Ear|CODAC|Zucker Hillside"
    r"|Winnie Palmer|Prentice|Riley|Levine|Rothman|Grossman|Hershey|Crittenton|Enloe|Alameda|Jackson (?:North|South|West)|Penn State"
    r"|Ohio State(?: East)?|Napa State|Minute ?Clinic|Kindred|Encompass|the Salvation Army|Salvation Army"
)
# Saints whom hospitals are called after, as lower-case notes write them.
SAINTS = (
    "agatha|agnes|alexius|alphonsus|andrew|ann|anne|anthony|augustine|barnabas|benedict|bernard|bernadette|bernardine|brigid|camillus"
    "|catherine|cecilia|charles|christopher|clare|claire|cloud|david|dominic|edward|elizabeth|eugene|francis|gabriel|george|gerard"
    "|helena|helen|ignatius|isidore|james|jerome|joe|john|joseph|josephine|jude|kateri|lawrence|leo|louise|lucie|luke|margaret|mark|martha"
    "|martin|mary|matthew|michael|monica|nicholas|patrick|paul|peter|philip|raphael|rita|rose|teresa|therese|thomas|vincent|vince"
    "|winifred"
)
# Homes that are told apart by "of" or "at" and a name, and chains by "of" and a town: The Terraces at Skyline, Sunrise of Wayland.
HOMES = (
    "Vineyards?|Villas?|Village|Commons|Gardens?|Residences?|Cottages?|Arbors?|Pavilion|Terraces?|Inn|Courtyards?|Pines|Oaks|Meadows|Lodge"
    "|Retreat|Haven|Orchards?|Landing|Crossings?|Lakes|Estates|Fountains|Bridges|Manor|Suites|Reserve|Glen|Heritage|Legacy|Harbor|Waterford"
    "|Carriage House|Arden Courts|Atria|Brookdale|Sunrise|Springs|Place|Heights|Grove"
)
CHAINS = (
    "Belmont Village|HarborChase|Emeritus|Autumn Leaves|Silverado|Life Care Centers?|ManorCare|Bickford|Heartland|Elmcroft|Merrill Gardens"
    "|Aegis|Oakmont|Hearth|Solana|Discovery Village|American House|Brandywine|Aspire|Cedar|Juniper Village|Charter Senior Living"
    "|Signature ?Healthcare|Golden Living(?: ?Center)?|Kindred|Encompass Health|Select Specialty|Hospice|Visiting Angels|Home Instead|Drugs"
    "|Pharmacy|Pediatrics|Dermatology|Orthopedics|Physicians|Surgeons|Imaging|Goodwill"
    "|(?:Gentle |Aspen |Family |Smile )?Dental|Dentistry|Urgent Care"
    "|Urology|Oncology|Cardiology|Eye ?[Cc]are|Primary Care|Family (?:Medicine|Practice)|Planned Parenthood|Ronald McDonald House"
)
# What follows the name of a hospital and is its own.
OF_A_HOSPITAL = (
    "ED|ER|A&E|ICU|MICU|SICU|CCU|NICU|PICU|EMS|ed|er|emergency|transfer (?:center|line|coordinator)|transplant|team|staff|nurses?|records"
    "|charts?|labs?|radiology|pathology|pharmacy|cardiology|neurology|neurosurgery|oncology|ortho|hospice|campus|physicians?|doctors?"
    "|providers?|social work|portal|clinics?|hospitalists?|intake"
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Of these names those that are words also beside such words: "general labs".
WORDS_TOO = _set(
    """general memorial community riverside university strong summit max evergreen quest penn rush women's children's charity highland
    lincoln legacy regions cottage miriam suburban cone temple good cedars banner sharp spectrum genesis fortis christ foothills hillcrest
    providence encompass kindred fairview trinity jefferson northside southside westside eastside lakeside baptist methodist lutheran
    jewish presbyterian"""
)
