"""Templates of synthetic notes that a model may learn from; `notes.py` says what the words in braces become."""

from __future__ import annotations

TEMPLATES = """
## discharge summary
DISCHARGE SUMMARY
Patient: {p}    MRN: {mrn}
DOB: {date}   Age: {age}
Admitted: {date}   Discharged: {date}
Attending: {d}, MD
Facility: {hospital}

HOSPITAL COURSE: {p.title} {p.last} is a {age}-year-old admitted with chest pain. {neg} {lab} Dr. {e.last} of cardiology was consulted on \
{date.short}.
DISCHARGE MEDICATIONS: {dose}
FOLLOW UP: With Dr. {d.last} in 2 weeks, phone {phone}.

## discharge summary
NAME: {p.comma}
ACCT: {account}
DATE OF DISCHARGE: {date}
This {old}-year-old gentleman from {city} was transferred from {hospital} on {date} with hip fracture. {neg}
His daughter, {r}, was at the bedside and agreed with the plan. {dose}
Electronically signed by {d} MD on {stamp}

## emergency
Triage {stamp}: {age} yo F c/o abdominal pain since {date.short}. Brought in by husband {r.first}. {lab}
Pt states she lives at {address}. PCP is {d}. Allergies: NKDA. {neg}
RN: {n}

## emergency
CHIEF COMPLAINT: Fall.
HPI: {p} is a {old} y.o. male who fell at home in {city} on {date}. {neg} His son {r} (phone {phone}) found him.
ED COURSE: {lab} Case discussed with Dr. {d} at {hospital}. {dose}

## radiology report
EXAM: CT CHEST WITHOUT CONTRAST
PATIENT: {p.COMMA}   ACCESSION: {accession}
DATE OF EXAM: {date}
REFERRING: {d}, M.D.
COMPARISON: CT of {date}.
FINDINGS: {neg} No pleural effusion.
IMPRESSION: Stable nodule. Discussed with Dr. {e} by telephone on {date} at {time}.
Dictated by: {d.full}

## radiology report
MRI LUMBAR SPINE, {date}.
CLINICAL: Low back pain, {age} years old.
COMPARISON: {date.month}.
FINDINGS: Disc desiccation at L4-L5 and L5-S1. {neg}
Read by {d}, MD, {hospital}.

## pathology report
SURGICAL PATHOLOGY
Case: {accession}   Collected: {date}   Received: {date}
Patient: {p}   SSN: {ssn}
Submitting physician: {d}
DIAGNOSIS: Colon, biopsy: tubular adenoma. {neg}
Pathologist: {e}, M.D., {hospital}

## pathology report
Specimen {accession} labeled "{p}" is received in formalin. {neg} Slides were reviewed by Dr. {d.last}, who concurs. Reported {date}.

## operative note
DATE OF OPERATION: {date}
SURGEON: {d}, M.D.
ASSISTANT: {e}, PA-C
ANESTHESIA: General, {n}, CRNA
PROCEDURE: Laparoscopic cholecystectomy.
DESCRIPTION: The patient was placed supine. {neg} A Hasson trocar was placed. Counts were correct.
cc: Dr. {e.last}, {hospital}

## operative note
Implant: knee prosthesis, serial number {serial}. The device was checked by {n.both} from the vendor. {neg}
The procedure was done at {hospital} on {date} by Dr. {d.full}.

## nursing note
{date.short} {time} Assumed care of pt. {neg} Pt's wife {r.first} called, updated. MD {d.last} notified of potassium. {lab} {n}, RN

## nursing note
{p.title} {p.last} resting in bed. Family at bedside, including sister {r} and brother {s.first}. {dose} Will continue to monitor. -- \
{n.initial} RN {date.short}

## nursing note
Shift report from {n.first} to {m.first}: pt in room 412 is stable, {lab} Daughter {r.first} {r.last} will visit on the {day}.

## social work
SOCIAL WORK ASSESSMENT
{p} is a {age} year old widow who lives in {city} with her niece {r}. She worked in {city.2} until {year}. Contact: {r.full}, {phone}.
{neg} Referral sent to {hospital} on {date}. MSW: {n}

## social work
Met with {p.first} and mother, {r}. Family moved here from {city} in {date.month}. Housing at {street}. Case worker {n.both} ({email}) is \
following.

## telephone
TELEPHONE ENCOUNTER {date} {time}
Caller: {r} (spouse). Call back {phone}. Re: {p}, DOB {date}.
Message: Needs refill. {dose} Pharmacy in {city}. Fax {fax}. Routed to Dr. {d.last}.

## telephone
I spoke with {p.first} today by phone at {phone}. She will come on {date.weekday}. {lab} I also left a message for her daughter {r}. \
{d.init}

## referral
{date}

{d}, MD
{hospital}
{address}

RE: {p}
DOB: {date}

Dear Dr. {d.last},
Thank you for seeing {p.title} {p.last}, a {age}-year-old with Crohn's disease. {neg} {lab}
Please call me at {phone} or fax to {fax}.
Sincerely,
{e}, MD

## referral
Dear {d.first},
Many thanks for referring this pleasant {age}-year-old lady, {p}, whom I saw in clinic on {date}. {neg} {dose}
With kind regards,
{e.full}
Consultant Neurologist, {hospital}

## consult
CONSULTATION
Requesting physician: {d}
Reason: Atrial fibrillation.
{p.title} {p.last} is an {age}-year-old followed by Dr. {e} in {city}. {neg} {lab} {dose}
Thank you, Dr. {d.last}, for this consultation.

## consult
ID consult for {p.last}, {p.first}: seen with resident {e} on {date.short}. {neg} Cultures from {date.short} grew Klebsiella. Will \
discuss with {d.last}.

## laboratory
LABORATORY REPORT
Name: {p.COMMA}  MRN {mrn}  Collected {stamp}
Ordering provider: {d}
Sodium 138  Potassium 4.1  Creatinine 0.9
{lab}
Performed at {hospital}, {address}

## laboratory
{date} WBC 11.2  Hgb 9.8  Plt 210
{date} WBC 9.1  Hgb 10.2  Plt 198
{lab} Called to {n.both} RN at {time} and read back.

## psychotherapy
Session {date}. {p.first} spoke about the conflict with her father {r.first} and about moving to {city}. {neg} She said that {s.first} \
had left. Next session {date.weekday}. Therapist: {d}, PhD

## psychotherapy
Pt reports that work in {city} is stressful. PHQ-9 is 14. Her partner {r} attended part of the session. Denies SI. {d.initial}, LCSW

## obstetrics
OB NOTE {date}: {p} is a {age}-year-old G2P1 at 32w4d. LMP {date.short}. EDD {date}. Husband {r.first} present. {neg} Midwife {n}, CNM. \
Delivery planned at {hospital}.

## paediatrics
WELL CHILD VISIT
{p} is a 4-month-old brought by mother {r}. Born {date} at {hospital}. Siblings: {s.first} (4) and {m.first} (7). {neg} {lab}
Dr. {d}

## paediatrics
{p.first} is here with grandmother, {r}, who reports fever since {date.short}. School nurse {n.both} called home. {dose}

## ems
EMS RUN #{id}  {stamp}
Dispatched to {address} for a {old} y/o male, unresponsive. Bystander {r} started CPR. {lab} Transported to {hospital}. Crew: {n}, EMT-P; \
{m}, EMT. Plate of vehicle {plate}.

## home health
HOME HEALTH VISIT {date}
Client {p}, {street}, {city}. Caregiver {r}, phone {phone}. {neg} {dose} Next visit on {date.short}. {n}, RN

## insurance
{date}
RE: Prior authorization
Member: {p}   Member ID: {plan}   DOB: {date}
Group: 10% coinsurance
To whom it may concern: {p.title} {p.last} has been my patient since {date.month}. {neg} {dose}
{d}, MD   NPI {npi}   DEA {dea}   License {license}
Phone {phone}  Fax {fax}

## insurance
Claim {id} for {p} was denied on {date}. Account number {account}. Please write to {address} or {email}. Reviewed by {n}.

## narrative
Patient: {p}  Date of birth: {date}  Sex: Female  Race: White  Patient-ID: {id}
Contact info: {address} Tel: {phone}  Mail: {email}
Author: {d}  Organization: {hospital}
Encounter: {date} - {date}. Problem: Asthma. {lab}

## form
PATIENT NAME|{p}|DOB|{stamp}|SEX|M|MRN|{mrn}
ADDRESS|{address}|PHONE|{phone}
NEXT OF KIN|{r.comma}|RELATION|SPOUSE
ATTENDING|{d.comma}|VISIT|{account}

## form
Name: {p}
Employer phone: {phone}
Emergency contact: {r}
Drivers license: {license}
VIN: {vin}
SSN: {ssn}
Photo: {photo}
Fingerprint template: {biometric}

## e-mail
From: {d} <{email}>
To: {e} <{email.2}>
Date: {date}
Subject: {p.last}

Hi {e.first},
Can you look at the MRI for {p.first} {p.last}? She is at {hospital} until {date.weekday}. {neg}
Images: {url} (server {ip})
Thanks,
{d.first}

## e-mail
{e.first}, just a heads up that {p.title} {p.last} will be late. He lives in {city} now. Call {phone}. - {d.first}

## progress note
S: {p.title} {p.last} feels better. {r.first}, his wife, agrees.
O: {lab} {neg}
A/P: Continue current regimen. {dose} Discussed with Dr. {d.last}. {e.init} {date.short}

## progress note
{p.last} is a {age}M POD#2 s/p CABG by {d.last}. {neg} {lab} Plan per {e.last}: wean O2. Seen and examined with {d.full}.

## progress note
Interval history: since last seen on {date} she has moved from {city} to {city.2}. {dose} {neg}
I, {d}, have reviewed the note of {e} and agree.

## oncology
{p} is a {age}-year-old with Hodgkin lymphoma diagnosed in {date.month} at {hospital}. {neg} She was first seen by Dr. {d}. {lab} Cycle 3 \
was given on {date}.

## dental
Pt {p} seen {date} by {d}, DDS for extraction of #17. {neg} Driver: {r}. Post-op call to {phone}.

## physical therapy
PT EVAL: {p}, age {age}, referred by {d}. Onset {date}. {neg} Goals reviewed with {p.first}. {n}, PT, DPT, license {license}

## geriatrics
{p} is {old} years old and lives at {hospital}. His niece {r} holds power of attorney. {neg} {dose} Code status discussed on {date}.

## geriatrics
This is a {old}-year-old woman born in {city} on {date}. {lab} Her son, {r}, reports falls. {d}, DO

## cardiology
Device check: pacemaker serial {serial}, implanted {date} by Dr. {d} at {hospital}. {neg} {lab} Reviewed by {e.initial}.

## ophthalmology
{p.title} {p.last} returns to {hospital}. Visual acuity 20/40. {neg} Seen by {d} on {date}; prior notes of Dr. {e.last} from {city} \
reviewed.

## death note
Called by {n.first} RN to pronounce. {p} expired on {date} at {time}. Family ({r}, {s}) notified by Dr. {d.last}. Funeral home in {city}.

## addendum
ADDENDUM by {d} on {date}: the above was dictated in error for {p.title} {p.last}. {neg} Transcribed by {n.init}

## immunization
Vaccine given {date} to {p} (DOB {date}) by {n}, LPN at {hospital}. Lot 4A2B. {neg}

## transplant
Donor {id}. Recipient {p}, blood group A. Surgeon {d}. {neg} Coordinator {n.both} can be reached at {phone}. Organ flown from {city} on \
{date}.

## plain
The patient was accompanied by {r}, who lives in {city}, and by {s}.
Later {p.first} asked for {n.first}. {neg}

## plain
{p.last} was seen by {d.last} and {e.last} in {city}. {neg} {lab}

## plain
{neg} {lab} {neg} {dose} Dictated but not read. {d.full}

## negative
{neg} {dose} {lab} {neg}
PLAN: Continue. {neg} {neg}

## negative
ASSESSMENT:
1. {neg}
2. {neg}
3. {lab}
{dose}

## plain
Thanks to {d.both} of {hospital} for the referral. {p} came with an interpreter, {n}. {neg}

## plain
She is the daughter of {r} and the wife of {s}; they live near {city}. {neg} Her sister {m.first} has Down syndrome.

## sentence
Her {relation} {r} called from {city} and will visit on {date.weekday}.

## sentence
{role} {d.last} was informed, and {role} {e.full} agreed.

## sentence
Discussed with {relation} ({r.first}), {neg}

## sentence
{p.first}'s {relation}, {r.full}, and {relation} {s.first} were at the bedside.

## sentence
{p.title} {p.last} presents to {hospital} on {date} with cough. {neg}

## sentence
According to {r.both}, {p.first} has lived in {city} since {date.month}.

## sentence
{role} {n} ({phone}) will follow; copy to {d.both}.

## sentence
spoke with {r.lower}, {relation}, who will drive {p.lower} home to {city}

## sentence
Seen with {d.last}. {e.last} to see tomorrow. {n.init}

## sentence
{d.last}/{e.last} aware, will round {date.short}. {neg}

## sentence
{role}s present: {d}, {e}; {n}; {m.first} {m.last}.

## sentence
The {relation} of {p.last}, {r.first}, asked {n.first} about {hospital}.

## sentence
Mailed to {address} on {date}; {relation} {r.initial} signed.

## sentence
{p.COMMA} {date} {mrn} {d.COMMA} {hospital}

## sentence
"{r.first} says I should go back to {city}," said {p.title} {p.last}. {neg}

## sentence
PCP: {d}; surgeon: {e}; {relation}: {r}; pharmacy at {street}, {city}.

## sentence
{role}: {d.full} | {role}: {e.comma} | Reviewed {date} | {hospital}

## sentence
Transferred from {hospital} to {hospital.2} by {role} {n.last}. {lab}

## sentence
At age {old} he moved in with {relation} {r.first} {r.last} in {city}. {dose}

## sentence
signed {d.lower} md {date} cc {e.lower}
"""

NEGATIVES = """
Parkinson disease is stable on therapy.
A Foley catheter was placed.
Babinski sign is negative bilaterally.
There is no Murphy sign and no McBurney point tenderness.
History of Crohn disease and Barrett esophagus.
Glasgow Coma Scale is 15.
Hashimoto thyroiditis and Graves disease were ruled out.
The Swan-Ganz catheter was removed.
Wegener granulomatosis is considered.
Apgar scores were 8 and 9.
Kocher clamp and Kelly forceps were used.
Tenderness over T12-L1 and C5-C6.
The left anterior descending artery has a 70% stenosis.
Trendelenburg position was used.
The Bovie was used for hemostasis with Vicryl 3-0 closure.
A Doppler ultrasound showed no DVT.
Kaposi sarcoma and Hodgkin lymphoma are in the differential.
Patient is alert and oriented times three.
Alzheimer dementia, moderate.
Mohs surgery was performed.
A Baker cyst is seen behind the knee.
Lungs are clear to auscultation. Heart is regular.
Addison disease was excluded with a cosyntropin test.
Started on Lipitor and Lasix.
The Whipple procedure was tolerated well.
Bell palsy on the right, House-Brackmann grade 3.
Dix-Hallpike maneuver was positive.
Marfan syndrome runs in the family.
Circle of Willis is intact; the vein of Galen is normal.
Patient denies fever, chills or May-Thurner syndrome.
Review of systems is otherwise negative.
Karnofsky performance status is 80.
Stage II per the Ann Arbor classification.
Cheyne-Stokes breathing was noted.
A Kirschner wire and a Hoffmann device were placed.
Follow the Atkins diet; avoid grapefruit.
{eponym} sign was negative.
{eponym} sign, {eponym} test and the {eponym} maneuver were normal.
{eponym}-{eponym} syndrome cannot be excluded.
Known {eponym} disease.
{eponym}'s disease, treated with {brand}.
A {eponym}-{eponym} drain and a {eponym} catheter were left in place.
The {eponym} classification is III; {eponym} score {number}.
{eponym} and {eponym} negative; {eponym} intact.
{eponym} forceps and a {eponym} retractor were used with {brand}.
Modified {eponym} procedure, then the {eponym} operation.
{eponym} class B, {eponym} {number}, {eponym} grade 2.
The ligament of {eponym} and the {eponym} gland were seen.
{eponym} nodes, {eponym} spots and {eponym} bodies absent.
{eponym} esophagus; {eponym} fracture of the wrist.
On {brand}, {brand} and {brand}.
{brand} was stopped and {brand} begun.
{abbreviation} {number}, {abbreviation} negative, {abbreviation} pending.
Hx of {abbreviation}, {abbreviation}; s/p {abbreviation}.
{heading}: {heading} and {heading}.
{heading}: {number}/{number}. {heading}: none.
{HEADING}: {heading} {abbreviation}.
{HEADING} - {heading} unchanged.
{HEADING} AND {HEADING}: Negative.
{heading} was reviewed. {heading} noted. {heading} as before.
{heading} by {abbreviation} with {heading}.
"""

LABS = """
BP 132/78, HR 88, RR 16, T 98.6.
Hgb 10.4, WBC 12.1, platelets 230.
Sodium 138, potassium 4.2, creatinine 1.1.
EF 55-60%.
A1c 7.2%, LDL 98.
Troponin 0.04.
INR 2.3.
Ejection fraction was 45% by echo.
Weight 82.5 kg, BMI 29.1.
Pain 6/10.
SpO2 97% on 2 L.
pH 7.38/42/88.
Strength is 5/5 throughout.
({number}, {number}, {number})
{number}/{number} {abbreviation}, {number}%.
{abbreviation} {number}/{number}, {abbreviation} {number}.
{abbreviation} {number}.{number}, {number}-{number}.
From {number} to {number}.
{abbreviation} {number} H, {abbreviation} {number} L.
Follow-up in {number} weeks; {number} x {number} mm.
"""

DOSES = """
Metoprolol 25 mg PO BID.
Lisinopril 10 mg daily.
Aspirin 81 mg once a day.
Vancomycin 1 g IV q12h.
Tylenol 650 mg q6h prn.
Synthroid 88 mcg daily.
Coumadin 5 mg on Monday, 2.5 mg other days.
Insulin glargine 20 units at bedtime.
Prednisone 40 mg x 5 days.
Zoloft 50 mg nightly.
{brand} {number} mg BID.
{brand} {number}/{number} daily, {brand} prn.
{brand} {number} mcg x{number}d, then {brand} {number}.
"""

RELATIONS = (
    """
wife, husband, son, daughter, mother, father, sister, brother, aunt, uncle, grandson, stepfather, fiancee, roommate, guardian, neighbor,
girlfriend, caretaker, in-law, spouse, godmother, power of attorney, landlord, boss
""".replace("\n", " ")
    .strip()
    .split(", ")
)

ROLES = (
    """
Dr., Nurse, Doctor, Fellow, Resident, Surgeon, Attending, PA, Professor, Therapist, Intern, Medical student, Provider, Hospitalist, Tech,
Dietitian, Paramedic, Reviewer
""".replace("\n", " ")
    .strip()
    .split(", ")
)

HEADINGS = (
    """
Postoperative, Technique, Abdomen, Pelvis, Chief, Complaint, Motor, Systems, General, Coronary, Clinic, Office, Family, Social,
History, Medications, Allergies, Assessment, Plan, Impression, Findings, Procedure, Indication, Comparison, Vitals, Labs, Neuro,
Cardiac, Skin, Diet, Activity, Disposition, Condition, Consent, Anesthesia, Complications, Specimens, Drains, Estimated, Closure,
Counts, Position, Counseling, Education, Transport, Interpreter, Occupation, Insurance, Subscriber, Group, Claim, Provider, Attending,
Resident, Nurse, Supervisor, Unit, Ward, Room, Bed, Shift, Report, Copy, Subject, Dear, Thanks, Regards, Reviewed, Dictated,
Transcribed, Witness, Signed, Date, Time, Name, Address, Phone, Contact, Emergency, Relation, Religion, Language, Race, Marital,
Tomorrow, Yesterday, Today, Overnight, Monday, Friday, Weekend, Morning, Denies, Reports, States, Continue, Hold, Start, Stop, Follow,
Discussed, Seen, Examined, Mother, Father, Wife, Husband, Son, Daughter, Patient, Pt, She, He, They, We, This, There, Also
""".replace("\n", " ")
    .strip()
    .split(", ")
)
