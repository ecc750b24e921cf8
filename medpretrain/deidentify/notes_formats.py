"""In which ways synthetic notes write dates and numbers: each set has its own, as far as people do not all write the same way.

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
    "development": [
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
    "unseen": [
        "{mm}/{dd}/{yyyy}",
        "{m}/{d}/{yy}",
        "{mm}/{dd}/{yy}",
        "{m}/{d}/{yyyy}",
        "{Month} {d}, {yyyy}",
        "{Mon} {d}, {yyyy}",
        "{yyyy}-{mm}-{dd}",
        "{Month} {dth}, {yyyy}",
    ],
}
SHORT_DATES = {
    "training": ["{m}/{d}", "{mm}/{dd}", "{Mon} {d}"],
    "development": ["{m}/{d}", "{m}-{d}", "{d} {Mon}", "{Mon} {dth}", "{dth} {Mon}."],
    "unseen": ["{m}/{d}", "{m}/{d}", "{mm}/{dd}", "{Month} {d}", "{Month} {dth}", "{Mon} {d}"],
}
MONTHS_OF_YEARS = {
    "training": ["{Month} {yyyy}", "{m}/{yyyy}", "{Mon} {yyyy}"],
    "development": ["{Month} of {yyyy}", "{Mon}. {yyyy}", "{mm}/{yyyy}", "{Month}, {yyyy}", "{Mon} '{yy}"],
    "unseen": ["{Month} {yyyy}", "{Month} {yyyy}", "{Month} of {yyyy}", "{Mon} {yyyy}", "{mm}/{yyyy}"],
}
DAYS = {"training": ["{dth}"], "development": ["{dth}"], "unseen": ["{dth}"]}
STAMPS = {
    "training": ["{yyyy}-{mm}-{dd}T{time}:00Z", "{yyyy}{mm}{dd}", "{mm}/{dd}/{yyyy} {time}"],
    "development": [
        "{yyyy}-{mm}-{dd}T{time}:12-05:00",
        "{yyyy}{mm}{dd}{hour}4512",
        "{yyyy}-{mm}-{dd} {time}:41.203",
        "{dd}-{Mon}-{yyyy} {time}",
    ],
    "unseen": [
        "{mm}/{dd}/{yyyy} {time}",
        "{mm}/{dd}/{yy} {time}",
        "{yyyy}-{mm}-{dd} {time}:07",
        "{yyyy}{mm}{dd}{hour}30",
        "{dd} {Mon} {yyyy} {time}",
        "{m}/{d}/{yyyy} {time}",
    ],
}

# As one writes them in a field, in a sentence, in Britain and its former colonies; as scanned pages are read; as machines do.
NUMERIC_DATES = {"unseen": ["{mm}/{dd}/{yyyy}", "{m}/{d}/{yyyy}", "{mm}/{dd}/{yy}", "{m}/{d}/{yy}", "{mm}-{dd}-{yyyy}", "{yyyy}-{mm}-{dd}"]}
WORDED_DATES = {
    "unseen": [
        "{Month} {d}, {yyyy}",
        "{Month} {d}",
        "{Month} {dth}",
        "{Day}, {Month} {d}, {yyyy}",
        "{Day}, {Month} {dth}",
        "{Mon}. {d}, {yyyy}",
        "{m}/{d}/{yy}",
    ]
}
BRITISH_DATES = {
    "unseen": ["{dd}/{mm}/{yyyy}", "{d} {Month} {yyyy}", "{dth} {Month} {yyyy}", "{dd}.{mm}.{yy}", "{d}/{m}/{yy}", "{dd}-{mm}-{yyyy}"]
}
MACHINE_DATES = {"unseen": ["{yyyy}{mm}{dd}", "{yyyy}{mm}{dd}{hour}30"]}
SPACED_DATES = {"unseen": ["{mm} / {dd} / {yyyy}", "{mm}/ {dd}/{yy}", "{mm} - {dd} - {yyyy}", "{Month}  {d} ,  {yyyy}"]}

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
        "development": [
            "(%##)555-01##",
            "%## 555 01##",
            "+1 (%##) 555-01##",
            "%##/555-01##",
            "%##-555-01## ext. ##",
            "1.%##.555.01##",
            "%##55501##",
        ],
        "unseen": [
            "(%##) 555-01##",
            "(%##) 555-01##",
            "%##-555-01##",
            "%##-555-01##",
            "%##.555.01##",
            "555-01##",
            "%##-555-01## x%###",
            "1 (%##) 555-01##",
        ],
    },
    "fax": {
        "training": ["%##-555-01##", "(%##) 555-01##"],
        "development": ["%##.555.01##", "1-%##-555-01##", "(%##)555-01##", "%## 555-01##"],
        "unseen": ["(%##) 555-01##", "%##-555-01##", "%##.555.01##"],
    },
    "ssn": {
        "training": ["9##-##-####", "9## ## ####"],
        "development": ["9##-##-####", "9########", "9##.##.####"],
        "unseen": ["9##-##-####", "9##-##-####", "XXX-XX-####"],
    },
    "ip": {
        "training": ["192.0.2.##", "198.51.100.##"],
        "development": ["203.0.113.%#", "2001:db8::%#:1", "192.0.2.1%#"],
        "unseen": ["198.51.100.1%#", "203.0.113.1##", "2001:db8:0:%#::1"],
    },
    "mrn": {
        "training": ["########", "MR#######", "###-##-##", "$#######", "00######"],
        "development": ["######", "%######", "##-##-##", "E########", "$$-######", "###.###.###", "1000%#####-#"],
        "unseen": ["%########", "0######", "M00#######", "### ### ##", "%###-####", "%#########"],
    },
    "plan": {
        "training": ["$$$#########", "#########$", "###-##-####$"],
        "development": ["$$########", "$##########", "#$$#-$$#-$$##", "W#### #####", "$$$ ### ### ###", "%##########-01"],
        "unseen": ["%$$#$$#$$##", "$$$###$#####", "$$#####$", "U%####### 0%", "%### ##### #", "H%#######-01"],
    },
    "account": {
        "training": ["##########", "ACC-#######", "V#########"],
        "development": ["#### #### ##", "A/##/####", "%#########-##", "5########-#", "4########2"],
        "unseen": ["%###########", "H000########", "###-####-###", "30000######"],
    },
    "license": {
        "training": ["$#######", "MD######", "$$#######"],
        "development": ["$$ ######", "$###-####-####", "RN-######", "##.######", "$$####-$"],
        "unseen": ["$ #####", "036-######", "%#######", "MD-#####", "$##-##-####"],
    },
    "npi": {"training": ["1#########"], "development": ["1#########"], "unseen": ["1#########"]},
    "dea": {"training": ["B$#######"], "development": ["F$#######", "M$#######"], "unseen": ["A$#######"]},
    "vin": {
        "training": ["1HG$M#####A######"],
        "development": ["4T1B$1FK%CU######", "WBA#$%C5#BD######"],
        "unseen": ["5YJ3E1EA%KF######", "1FTFW1E5%JF######", "2T3$1RFV%MW######"],
    },
    "plate": {
        "training": ["$$$-####", "%$$$###"],
        "development": ["$$$ ###", "###-$$$", "$$# #$$", "%$$$ ###"],
        "unseen": ["$$$ ####", "%$$ ####", "$$## $$$", "###-$$#"],
    },
    "serial": {
        "training": ["SN-$########", "$$$######$", "########"],
        "development": ["#$#####$", "PJN######S", "$$#-####-$$", "(01)00848486######(21)$####", "%####/##"],
        "unseen": ["BLC######H", "%######", "$$######", "##$##-####", "DX-######-$", "(01)10884521%#####(21)PKX######"],
    },
    "id": {
        "training": ["$$-########", "########", "$##-####"],
        "development": ["$$$-##-#####", "S##-#####", "#####-###", "$$#### ##$", "%#######$$"],
        "unseen": ["%#########", "$######", "##-#####", "$$%######", "%######-$$"],
    },
    "accession": {
        "training": ["RAD########", "S##-#####", "##-######"],
        "development": ["$$-##-######", "##:$$######", "SP:##:#####", "C########", "20##-$####"],
        "unseen": ["S-##-####", "##-S-#####", "A##-###", "2%######", "##-$$$-####", "E%########"],
    },
    "biometric": {
        "training": ["FP-######"],
        "development": ["IRIS-$$####", "BIO########", "VP/#####/$"],
        "unseen": ["PV-######-$", "VPR########", "FNG:##-####"],
    },
    "photo": {
        "training": ["IMG_####.jpg"],
        "development": ["DSC#####.JPG", "face_######.png", "wound_##-####.jpeg"],
        "unseen": ["IMG_20##0412_######.jpg", "L_foot_####.JPG", "headshot##.png", "P10#####.JPG"],
    },
    "zip": {"training": ["#####", "#####-####"], "development": ["#####", "#####-####"], "unseen": ["#####", "#####-####"]},
    "case": {"unseen": ["##-#####", "20##-#####", "$#-%####"]},
    "claim": {"unseen": ["20##########", "%########-0%"]},
    "rx": {"unseen": ["%######", "0######-#####"]},
    "nhs": {"unseen": ["999 ### ####", "999#######"]},
    "phone-uk": {"unseen": ["020 7946 0###", "01632 960###", "01632 960 ###"]},
    "phone-au": {"unseen": ["(02) 5550 ####", "(03) 5550 ####", "0491 570 156"]},
    "phone-in": {"unseen": ["0%#-55501##", "+91 %# 555 01##"]},
    "address-uk": {
        "unseen": [
            "## Ashgrove Road, Leicester LE# #$$",
            "Flat %, ## Marlborough Court, Swindon SN% #$$",
            "The Old Forge, Nether Poppleton, York YO## #$$",
            "## Canal Street\nBradford\nBD# #$$",
        ]
    },
    "address-au": {
        "unseen": [
            "## Wattle Street, Ballarat VIC 33##",
            "Unit %/## Banksia Avenue, Toowoomba QLD 43##",
            "Suite %, ### Ruthven St, Dubbo NSW 28##",
        ]
    },
    "address-in": {
        "unseen": [
            "Plot ##, Sai Nagar, Pune 4110##",
            "H.No. %-##-###, Road No. 1%, Hyderabad - 5000##",
            "##/%, Gandhi Street, T. Nagar, Chennai 6000##",
        ]
    },
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
    "case": "ID",
    "claim": "ID",
    "rx": "ID",
    "nhs": "MRN",
    "phone-uk": "PHONE",
    "phone-au": "PHONE",
    "phone-in": "PHONE",
    "address-uk": "LOCATION",
    "address-au": "LOCATION",
    "address-in": "LOCATION",
}
OLD_AGES = {  # over 89
    "training": ["90", "91", "92", "93", "94", "95", "96", "97", "98", "99", "101", "103"],
    "development": ["90", "91", "92", "93", "95", "96", "97", "99", "100", "102", "104", "ninety-two", "ninety-six", "Ninety-one"],
    "unseen": ["90", "91", "92", "93", "94", "95", "96", "97", "98", "101", "ninety-one", "ninety-four"],
}

# Addresses: the words in braces are filled by `notes`.
EMAILS = {
    "training": ["{first}.{last}@example.org", "{f}{last}@example.com", "{last}##@example.net"],
    "development": [
        "{first}_{last}@mail.example.org",
        "{last}.{f}@clinic.example.net",
        "{first}##@example.com",
        "{f}-{last}@health.example.org",
    ],
    "unseen": [
        "{first}.{last}##@example.com",
        "{f}{last}@example.org",
        "{last}.{first}@nhs.example.org",
        "{first}{last}19##@mail.example.com",
        "{f}.{last}@med.example.net",
    ],
}
URLS = {
    "training": ["https://portal.example.org/pt/######", "http://www.example.com/{last}", "www.example.org/visit/####"],
    "development": [
        "https://mychart.example.net/p?id=######",
        "records.example.org/share/$$##^^",
        "https://{last}-family.example.com/blog",
        "http://192.0.2.4/pacs/######",
    ],
    "unseen": [
        "https://chart.example.org/results/########",
        "www.example.com/pay/%#######",
        "portal.example.net/visit/$$$####",
        "https://{last}.example.org/my-records?id=####",
    ],
}
