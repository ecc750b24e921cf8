"""In which ways synthetic notes write dates, numbers and places: those of "training" and of "unseen" are not the same.

In a pattern of numbers `#` is a digit, `%` one from 2 to 9, `$` a capital letter, `^` a small one. Telephones, SSNs
and addresses are of ranges that belong to nobody.
"""

from __future__ import annotations

# Names in braces are those that `notes._date` fills in.
DATES = {
    "training": [
        "{mm}/{dd}/{yyyy}",
        "{m}/{d}/{yy}",
        "{m}/{d}/{yyyy}",
        "{Month} {d}, {yyyy}",
        "{Mon} {d}, {yyyy}",
        "{Mon}. {d}, {yyyy}",
        "{d} {Mon} {yyyy}",
        "{d} {Month} {yyyy}",
        "{yyyy}-{mm}-{dd}",
        "{mm}-{dd}-{yy}",
        "{mm}-{dd}-{yyyy}",
        "{Month} {dth}",
        "{Month} {d}",
        "{Day}, {Month} {d}, {yyyy}",
        "{dd}.{mm}.{yyyy}",
        "{MON} {dd}, {yyyy}",
        "{yyyy}/{mm}/{dd}",
        "the {dth} of {Month}",
    ],
    "unseen": [
        "{m}/{d}/{yyyy}",
        "{m}/{d}/{yy}",
        "{mm}.{dd}.{yy}",
        "{d}-{Mon}-{yyyy}",
        "{dd}{MON}{yyyy}",
        "{dd}-{MON}-{yy}",
        "{Mon} {dth}, {yyyy}",
        "{Month} the {dth}, {yyyy}",
        "{Month} {dth} {yyyy}",
        "{dth} {Month}, {yyyy}",
        "{dth} of {Month} {yyyy}",
        "{Dow} {m}/{d}",
        "{Day} the {dth} of {Month}",
        "{Day} {Month} {dth}",
        "{Mon} {d}, '{yy}",
        "{month} {d} {yyyy}",
        "{MONTH} {d}, {yyyy}",
        "{yyyy}.{mm}.{dd}",
        "{d}/{m}/{yyyy}",
        "{m}-{d}-{yy}",
        "{Mon} {yyyy}",
        "{yyyy}-{Mon}-{dd}",
    ],
}
SHORT_DATES = {
    "training": ["{m}/{d}", "{mm}/{dd}", "{Mon} {d}"],
    "unseen": ["{m}/{d}", "{m}-{d}", "{d} {Mon}", "{Mon} {dth}", "{dth} {Mon}."],
}
MONTHS_OF_YEARS = {
    "training": ["{Month} {yyyy}", "{m}/{yyyy}", "{Mon} {yyyy}"],
    "unseen": ["{Month} of {yyyy}", "{Mon}. {yyyy}", "{mm}/{yyyy}", "{Month}, {yyyy}", "{Mon} '{yy}"],
}
DAYS = {"training": ["{dth}"], "unseen": ["{dth}"]}
STAMPS = {
    "training": ["{yyyy}-{mm}-{dd}T{time}:00Z", "{yyyy}{mm}{dd}", "{mm}/{dd}/{yyyy} {time}"],
    "unseen": [
        "{yyyy}-{mm}-{dd}T{time}:12-05:00",
        "{yyyy}{mm}{dd}{hour}4512",
        "{yyyy}-{mm}-{dd} {time}:41.203",
        "{dd}-{Mon}-{yyyy} {time}",
    ],
}

NUMBERS = {
    "phone": {
        "training": [
            "%##-555-01##",
            "(%##) 555-01##",
            "%##.555.01##",
            "1-%##-555-01##",
            "+1 %## 555 01##",
            "555-01##",
            "%##-555-01## x###",
        ],
        "unseen": [
            "(%##)555-01##",
            "%## 555 01##",
            "+1 (%##) 555-01##",
            "%##/555-01##",
            "%##-555-01## ext. ##",
            "1.%##.555.01##",
            "%##55501##",
        ],
    },
    "fax": {"training": ["%##-555-01##", "(%##) 555-01##"], "unseen": ["%##.555.01##", "1-%##-555-01##", "(%##)555-01##", "%## 555-01##"]},
    "ssn": {"training": ["9##-##-####", "9## ## ####"], "unseen": ["9##-##-####", "9########", "9##.##.####"]},
    "ip": {"training": ["192.0.2.##", "198.51.100.##"], "unseen": ["203.0.113.%#", "2001:db8::%#:1", "192.0.2.1%#"]},
    "mrn": {
        "training": ["########", "MR#######", "###-##-##", "$#######", "00######"],
        "unseen": ["######", "%######", "##-##-##", "E########", "$$-######", "###.###.###", "1000%#####-#"],
    },
    "plan": {
        "training": ["$$$#########", "#########$", "###-##-####$"],
        "unseen": ["$$########", "$##########", "#$$#-$$#-$$##", "W#### #####", "$$$ ### ### ###", "%##########-01"],
    },
    "account": {
        "training": ["##########", "ACC-#######", "V#########"],
        "unseen": ["#### #### ##", "A/##/####", "%#########-##", "5########-#", "4########2"],
    },
    "license": {
        "training": ["$#######", "MD######", "$$#######"],
        "unseen": ["$$ ######", "$###-####-####", "RN-######", "##.######", "$$####-$"],
    },
    "npi": {"training": ["1#########"], "unseen": ["1#########"]},
    "dea": {"training": ["B$#######"], "unseen": ["F$#######", "M$#######"]},
    "vin": {"training": ["1HG$M#####A######"], "unseen": ["4T1B$1FK%CU######", "WBA#$%C5#BD######"]},
    "plate": {"training": ["$$$-####", "%$$$###"], "unseen": ["$$$ ###", "###-$$$", "$$# #$$", "%$$$ ###"]},
    "serial": {
        "training": ["SN-$########", "$$$######$", "########"],
        "unseen": ["#$#####$", "PJN######S", "$$#-####-$$", "(01)00848486######(21)$####", "%####/##"],
    },
    "id": {
        "training": ["$$-########", "########", "$##-####"],
        "unseen": ["$$$-##-#####", "S##-#####", "#####-###", "$$#### ##$", "%#######$$"],
    },
    "accession": {
        "training": ["RAD########", "S##-#####", "##-######"],
        "unseen": ["$$-##-######", "##:$$######", "SP:##:#####", "C########", "20##-$####"],
    },
    "biometric": {"training": ["FP-######"], "unseen": ["IRIS-$$####", "BIO########", "VP/#####/$"]},
    "photo": {"training": ["IMG_####.jpg"], "unseen": ["DSC#####.JPG", "face_######.png", "wound_##-####.jpeg"]},
    "zip": {"training": ["#####", "#####-####"], "unseen": ["#####", "#####-####"]},
}
KIND_OF_NUMBER = {
    "phone": "PHONE",
    "fax": "FAX",
    "ssn": "SSN",
    "ip": "IP",
    "mrn": "MRN",
    "plan": "HEALTH_PLAN",
    "account": "ACCOUNT",
    "license": "LICENSE",
    "npi": "ID",
    "dea": "LICENSE",
    "vin": "VEHICLE",
    "plate": "VEHICLE",
    "serial": "DEVICE",
    "id": "ID",
    "accession": "ID",
    "biometric": "BIOMETRIC",
    "photo": "PHOTO",
    "zip": "LOCATION",
}
OLD_AGES = {  # over 89
    "training": ["90", "91", "92", "93", "94", "95", "96", "97", "98", "99", "101", "103"],
    "unseen": ["90", "91", "92", "93", "95", "96", "97", "99", "100", "102", "104", "ninety-two", "ninety-six", "Ninety-one"],
}

# Addresses: the words in braces are filled by `notes`.
EMAILS = {
    "training": ["{first}.{last}@example.org", "{f}{last}@example.com", "{last}##@example.net"],
    "unseen": [
        "{first}_{last}@mail.example.org",
        "{last}.{f}@clinic.example.net",
        "{first}##@example.com",
        "{f}-{last}@health.example.org",
    ],
}
URLS = {
    "training": ["https://portal.example.org/pt/######", "http://www.example.com/{last}", "www.example.org/visit/####"],
    "unseen": [
        "https://mychart.example.net/p?id=######",
        "records.example.org/share/$$##^^",
        "https://{last}-family.example.com/blog",
        "http://192.0.2.4/pacs/######",
    ],
}
STREETS = {
    "training": [
        "#### {name} Street",
        "### {name} Ave",
        "##### {name} Road Apt. ###",
        "%# {name} Lane",
        "### N. {name} Blvd",
        "#### {name} Drive, Suite ###",
        "PO Box ####",
    ],
    "unseen": [
        "%## {name} Ct.",
        "#### SW %#th Ave",
        "%# Old {name} Hwy, Unit #$",
        "#### {name} Pkwy #%##",
        "P.O. Box ####",
        "### East {name} Terrace, Apt #$",
        "%### County Road ##",
        "Flat %, ## {name} Close",
        "#### {name} Trail",
        "RR # Box ###",
    ],
}
STREET_NAMES = {
    "training": [
        "Maple",
        "Oak",
        "Washington",
        "Lakeview",
        "Cedar",
        "Jefferson",
        "Church",
        "Franklin",
        "Sunset",
        "Park",
        "Walnut",
        "Elm",
        "Hillcrest",
    ],
    "unseen": [
        "Sycamore",
        "Mulberry",
        "Kensington",
        "Prairie View",
        "Harrison",
        "Wisteria",
        "Quail Hollow",
        "Tamarack",
        "Magnolia",
        "Vine",
        "Dogwood",
    ],
}
CITIES = {
    "training": [
        *["Springfield", "Columbus", "Dayton", "Fresno", "Tucson", "Albany", "Durham", "Omaha", "Boise", "Tampa", "Raleigh", "Mesa"],
        *["El Paso", "St. Louis", "New Haven", "San Antonio", "Fort Worth", "Baton Rouge", "Lake Charles", "North Platte", "Port Arthur"],
        *["Lagos", "Nairobi", "Lima", "Warsaw", "Hamburg", "Lyon", "Guadalajara", "Mumbai", "Ankara", "Brixton", "Karlsruhe", "Tijuana"],
        *["Millbrook", "Ashford Falls", "Greenhaven", "East Harborton", "Wilmerton", "Oakridge", "Stonebury", "Fairmont", "Riverdale"],
    ],
    "unseen": [
        *[
            "Chattanooga",
            "Poughkeepsie",
            "Yuma",
            "Duluth",
            "Kalamazoo",
            "Spokane",
            "Macon",
            "Bakersfield",
            "Pawtucket",
            "Eau Claire",
            "Bend",
        ],
        *[
            "Las Cruces",
            "Coeur d'Alene",
            "St. Paul",
            "Grand Forks",
            "Santa Rosa",
            "Corpus Christi",
            "Winston-Salem",
            "White Plains",
            "Reading",
        ],
        *["Addis Ababa", "Guangzhou", "Manila", "Kyiv", "San Pedro Sula", "Port-au-Prince", "Thessaloniki", "Busan", "Reykjavík", "Leeds"],
        *["Dunmore Heights", "Talbotville", "West Quillby", "Hawk's Landing", "Saltmarsh", "Kettle Creek", "Bellweather", "Pinon Mesa"],
    ],
}
COUNTIES = {
    "training": ["Franklin County", "Cook County"],
    "unseen": ["Tarrant County", "Bexar County", "Humboldt County", "Orleans Parish"],
}
STATES = ["CA", "TX", "NY", "OH", "MN", "FL", "GA", "WA", "Ohio", "Texas", "Vermont", "New Mexico"]
HOSPITALS = {
    "training": [
        "{city} General Hospital",
        "St. {saint} Medical Center",
        "{city} Community Hospital",
        "{last} Memorial Hospital",
        "{city} Regional Medical Center",
        "Mount {saint} Hospital",
        "{city} Family Clinic",
        "University Hospital of {city}",
        "{last} Clinic",
        "{city} Nursing Home",
        "Holy Cross Hospital",
        "Mercy Hospital {city}",
    ],
    "unseen": [
        "{city} VA Medical Center",
        "Saint {saint}'s Health System",
        "Our Lady of {saint} Hospital",
        "{last} Rehabilitation Institute",
        "{city} Children's",
        "The {last} Cancer Center",
        "{street} Urgent Care",
        "{city} Women's Health Associates",
        "{street} Manor Skilled Nursing Facility",
        "{city} Dialysis Center",
        "Sisters of Providence, {city}",
        "{last}-{saint} Hospice House",
        "{city} County Medical Center",
        "Good Samaritan Hospital",
        "{city} Surgical Pavilion",
        "{last} & Sons Eye Clinic",
    ],
}
SAINTS = {
    "training": ["Thomas", "Luke", "Mary", "Joseph", "Vincent"],
    "unseen": ["Jude", "Brigid", "Lourdes", "Elizabeth", "Anselm", "Raphael"],
}
