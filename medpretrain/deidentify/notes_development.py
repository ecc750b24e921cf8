"""Templates of synthetic notes to measure on while rules are written: what rules still miss in them has been looked at."""

from __future__ import annotations

TEMPLATES = """
## discharge summary
Discharge Date: {date}
Service: Medicine
Discharging Provider: {d}, DO
Patient Identification: {p}, {age} yrs, HRN {mrn}, visit no. {account}
Reason for hospitalization: urosepsis. {neg}
Brief narrative: Pleasant {age}M w/ BPH sent over from {hospital} by Dr {e.last} after labs on {date.short} were off. {lab} Wife \
({r.first}) helps with meds.
Dispo: home to {city} w/ VNA. D/c instructions reviewed w/ pt and {r.first}. {dose}

## discharge summary
{p.COMMA}
Unit No: {mrn}
Adm: {date}  Disch: {date}  Location: {hospital}
{neg} On hospital day 3 ({date.short}) her blood cultures cleared. {lab}
She was seen by {d.last} (ID), {e.last} (renal), and {f.both} from palliative care. Stitches out on the {day}.

## emergency
Arrival: {stamp}   Arrived by: POV, with friend {r}
{age}F, hx Ehlers-Danlos, here for migraine. Last seen here {date.month} by {d.last}. {neg} {dose}
Ride home: {s.first}, will pick up at {time}. Attg: {d.initial}

## emergency
MDM: {old.number}F from {hospital} with AMS. HCP is niece {r} at {phone}; confirmed DNR. Paged {d}, hospitalist. {lab} {neg}
Signed out to Dr {e.last} at {time}.

## radiology report
XR HIP 2 VIEWS RIGHT
Acc#: {accession}   Ordered: {stamp}
Name: {p.comma}   DOB/Age: {date} / {age}
Indication: fall {date.short}
{neg}
Findings communicated to {n}, NP on {date}, {time}, read back confirmed.
Interpreting: {d}, MD   Transcribed: {e.init}

## radiology report
TECHNIQUE: Axial images from skull base to C7-T1. Prior study: {date}, {hospital}.
{neg} Preliminary read by resident {d}; attending {e} agrees.

## pathology report
Part A: labeled with the patient's name ({p.comma}) and "left breast". {neg}
Outside slides from {hospital} ({accession}) were requested on {date} by Dr {d.last}. Cassettes made by {n.init}.

## pathology report
CYTOLOGY no. {accession} / {p.COMMA} / {date}
Clinician: {d.last} {d.first}
{neg} Screened by: {n} CT(ASCP). Signed: {e}.

## operative note
Procedure date {date}; OR 4; {hospital}
Primary: {d.both}. First assist: {e.both}. Scrub: {n.first}. Circulator: {m.first}.
{neg} Mesh ref {serial}. The family ({r}, husband) was updated in the waiting area.

## operative note
I, {d.both}, was present for the entire case. Pt's identity confirmed (name {p}, band {id}). {neg} Generator S/N: {serial}; lead S/N: \
{serial.2}.

## nursing note
{time} Pt c/o nausea, {dose} given by {n.first}. {time} dtr {r.first} at bedside, upset re wait. Charge RN {m.both} aware. {time} Pt to \
CT w/ transporter {s.first}.

## nursing note
Night shift {date.short}-{date.short}: {p.title} {p.last} slept poorly, calling out for "{r.first}". {neg} {lab} Report to {n.first} \
{n.last}.

## nursing note
Visitor log: {r} (brother), {s} (pastor). Belongings: watch, phone, keys to a car with plates {plate}. Wristband {id}. Signed {n.init}

## social work
Pt is undomiciled, stays around {street} in {city}; mail goes c/o his cousin {r}. Formerly a welder in {city.2}. SSA card {ssn} copied to \
chart. Probation officer: {s}, {phone}. {neg}

## social work
CPS report no. {id} filed {date}. Present: foster mom {r}, GAL {s}, and worker {n} of {county}. {p.first} attends school in {city}. Bio \
mother {m} resides in {city.2}.

## telephone
Rec'd call from {r.first} (pt's dtr) @ {time} on {date.weekday}. Best number {phone}, alt {phone.2}. States {p.first} has been dizzy. \
{dose} Adv to come in. {n.initial}

## telephone
VM left {date.short} for {p} on {phone}: appt w/ {d.last} moved to {date.weekday}. Also e-mailed {email}.

## telephone
On-call note: paged by {hospital}, spoke to nurse {n}. Re: {p.last}, potassium. {lab} Will forward to {d.first} {d.last} in the AM. {e.init}

## referral
Our ref: {id}   Date: {date}
Clinic: {hospital}
Dear Colleague
Re: {p}, d.o.b. {date}, {address}
Diagnosis: Meniere disease. {neg}
I reviewed this retired teacher with his wife, {r}. Dr {d} kindly arranged audiometry.
Yours sincerely
{e.both} FRCS
cc {d.initial}

## referral
To: {d}   Fax: {fax}
From the desk of {e}, NP — {hospital} — tel {phone}
{p} ({date}) has worsening Raynaud phenomenon. {neg} Insurance: {plan}. Speaks Tagalog; daughter {r.first} interprets.

## consult
Asked by {d.last}'s team to see this {age}yo for hyponatremia. Collateral from {r}, partner. Outside records from {hospital} \
({date.month}) reviewed. {lab} {neg}
Recs discussed w/ {d.first} {d.last} and pharmacist {n}.

## consult
Neuro Consult -- staffed w/ {d.initial}
CC: {p.first} says "I can't feel my feet." {neg} Previously followed in {city} by {e}. EMG {date}. {lab}

## laboratory
{p.COMMA}|{mrn}|{stamp}|{d.COMMA}
GLUCOSE 212 H|BUN 18|{lab}
CLIA lab: {hospital}, {address}; Director {e}, PhD

## laboratory
Specimen: {accession} drawn {stamp} by {n.init}; critical K+ 6.1 called to {m.both} ({hospital}) by {s}. {lab}

## psychotherapy
{p.first} came in tearful. Her ex, {r.first}, is back in {city} and has been texting {s.first}. We talked about the time in {date.month} \
when {m.first} was born. {neg} RTC {date.weekday}. {d}, PsyD

## psychotherapy
Group notes: {p.first}, {r.first}, {s.first} and {m.first} attended. {p.first} shared about {city}. Co-led by {d.both} and {n.both}. MMPI \
discussed. {neg}

## obstetrics
L&D: {p.last}, {p.first}, {age} G3P2002, EDC {date} by 9wk US. SROM {date.short} @ {time}. FOB {r} at bedside, doula {s.first}. {neg} \
Attending {d.last} aware, {n.first} CNM to deliver. Baby to be named {m.first}.

## obstetrics
Postpartum: infant girl {m.both} born {stamp} at {hospital}, Apgars 7/9. Mother {p}. Lactation by {n}. {lab} D/c {date.short}.

## paediatrics
ID: {p.first} is a 6 yo boy, in w/ dads {r.first} and {s.first}. Moved from {city} {date.month}. Teacher Ms {m.last} notes inattention; \
Vanderbilt forms pending. {neg} Dr {d.last}

## paediatrics
NICU day 12. Baby Boy {p.last} ({p.first}), BW 1240 g. {neg} {lab} Parents {r} and {s} updated by {d.initial} via phone {phone}.

## ems
PCR {id} / Unit M7 / {stamp}
AOS to find {old.number} yom supine on floor at {street}, {city}. Neighbor {r} states pt "{p.first}" last seen {date.weekday}. {lab} \
{neg} Veh 2: {plate}, VIN {vin}. Medic {n} / {m.last}

## home health
SN visit {date} {time}-{time}. Pt {p}, {old.number}, lives w/ son {r} at {address}; lockbox 4471. {dose} {neg} Aide: {n.first}. MD: {d}. \
Next cert {date}-{date}.

## home health
Hospice IDT {date}: {p.COMMA}, dx CHF. PCG {r} (dtr), burnt out. Chaplain {s} visited {date.short}. RN {n.both}; MSW {m.both}. {neg}

## insurance
Subscriber {r} / Dependent {p} / ID {plan} / Grp 00 / DOS {date}
Dear Appeals Dept: I am writing on behalf of {p.both}, who has failed methotrexate. {neg} {dose}
{d.both}, Board Certified; state lic. {license}; DEA# {dea}; NPI: {npi}; {email}

## insurance
EOB {date}. Patient acct {account}; claim {id}; provider {d.COMMA}; remit to {address}. Questions: {phone} or {url}.

## narrative
recordTarget {p} born {stamp} id {id} addr {address} telecom {phone} guardian {r} telecom {phone.2} provider organization {hospital} \
author {d} time {stamp} informant {s}

## narrative
Care Team: {d} (Primary care physician), {e} (Nephrologist), {hospital}. Last updated: {date}. Emergency contact {r}, {phone}. Patient \
portal: {url}. Allergies: Penicillin. {lab}

## form
PID 1 {mrn} {p.last} {p.first} M {stamp} F {street} {city} {phone} {ssn}
PV1 I 4W 412 {d.last} {d.first} {account}
NK1 1 {r.last} {r.first} SPO {phone.2}
OBX 1 NM {lab}

## form
Pt name (last, first): {p.comma}
Date of visit: {date}
Home ph: {phone}   Cell: {phone.2}
Guarantor: {r}
DL#: {license}
Plate: {plate}
Pacemaker SN: {serial}
Retina scan ref: {biometric}
Attached: {photo}
Zip: {zip}

## form
CONSENT. I, {p}, residing in {city}, {county}, authorize {hospital} to release records to {r}. Signed {date}. Witness: {n}. Study subject \
no. {id}.

## e-mail
Sent: {date} {time}
{e.first} -
Quick curbside on a {age}F (initials {p.init}, MRN {mrn}). {neg} Ok to start? {dose} Her hubby {r.first} works w/ {s.first} in our \
billing office.
{d.first}
--
{d}, MD, FACC | {hospital} | p {phone} | f {fax} | {email}

## e-mail
Hey {e.first} and {f.first}, could one of you cover {date.weekday}? {p.title} {p.last} from {city} needs a dressing change, address is \
{street}. Chart's at {url}. Thx, {d.first}

## progress note
ICU DAY 4 -- {p.last}
24h: self-extubated. Family mtg w/ {r.first}, {s.first}; {d.last} led. {lab} {neg}
Neuro: GCS 14. CV: {dose} Dispo: floor tomorrow, {date.short}.
{e.init}/{n.init}

## progress note
HD#2. No events per {n.first}. {p.title} {p.last} up in chair. {neg} {lab} D/w {d.last}, {e.last} & {f.last}; ? transfer to {hospital} by \
{date.weekday}.

## progress note
Subjective: "My brother {r.first} drove me from {city}." {neg} Plan as per {d.both}'s note from {date}. {dose}

## oncology
Tumor board {date}: {p.init}, {age}F. Presenter {d.both}. Discussants: {e.both} (rad onc), {f.both} (surgery). Outside biopsy {hospital}, \
{accession}. {neg} {lab}

## oncology
Pt's mother {r} had breast ca at 52; aunt {s} at 61. {p.first} tested at {hospital} {date.month}. {neg} Genetic counselor: {n}, MS, CGC. \
C2D1 {date}.

## dental
{date} {p.first} in for recall. Perio by {n.first} RDH. Dr {d.last} exam. Panoramic, tooth 30 MOD. Parent {r} paid, acct {account}. {neg}

## physical therapy
Pt. {p}: 3rd visit. Lachman negative. {neg} HEP emailed to {email}. Wants to return to work in {city} by {date.short}. {n.both} \
DPT/{m.both} SPT

## geriatrics
{p.title} {p.last}, aged {old}, resident of {hospital} since {year}, seen for wandering. Per aide {n.first} he asks for late wife \
{r.first}. {neg} {dose} Surrogate: {s}, {phone}.

## geriatrics
{p.first} turned {old} on {date.short} and still gardens. {neg} Lives above her son {r.first}'s bakery on {street}. {lab}

## cardiology
Remote transmission {stamp} from ICD {serial} ({p.last}). {neg} {lab} Rep {n} notified; Dr {d.last} to review. Host {ip}.

## ophthalmology
OD 20/25 OS CF. Goldmann 14/16. {neg} Hx per {r}, pt's sister. RTC 3/12 w/ {d.last}; prev. surgeon {e} ({city}) retired {year}.

## death note
{date} {time}. Asked by {n} to see {p}, age {old.number}. No heart sounds. Time of death {time}. NOK {r} informed by me, {d}; ME case \
{id} declined by {s}. To {hospital} morgue.

## addendum
Correction ({date}, {d.initial}): seen with {e.first} {e.last}, not with {f}. {neg}

## immunization
Tdap L deltoid {date} {n.init}; Flu {date}; parent {r} signed VIS. Registry id {id}. {neg}

## transplant
UNOS {id}. Listed {date} at {hospital}; coordinator {n.first}, x4410. Living donor = cousin {r}, of {city}. {lab} {neg}

## sleep
Split-night PSG {date}, tech {n}. {p}, {age}. AHI 41. {neg} CPAP unit ser. {serial}; DME rep {m}, {phone}. Interp: {d}

## dictation
this is doctor {d.last} dictating on {p.both} date of service {date} the patient was seen with her husband {r.first} {neg} please send a \
copy to doctor {e.both} in {city}

## occupational
Employee {p}, badge {id}, injured {date} at the plant in {city}. Supervisor {r}. {neg} {lab} RTW {date.short}. {d}, MD, MPH. Adjuster: \
{s}, fax {fax}

## prison health
Inmate {p.COMMA}, #{id}, seen at {hospital} {date}. Officer {n.last} present. {neg} {dose} Prior MD {d}.

## telehealth
Video visit {stamp}; pt in {city}, provider at {hospital}; IP {ip}; link {url}. {p.title} {p.last} consented. {lab} {d}

## plain
{p.both} and {r.both} met in {city}. {neg} {s.first} is her emergency contact.

## plain
Accompanied by caregiver ({n}). {neg} Transport from {city} by {s.first}'s van. {lab}

## plain
{neg} Reviewed w/ {d.last}/{e.last}. {lab} Cc: {f}; {n}

## negative
{neg} {lab} {neg} {dose} {neg}

## negative
Imp: {neg}
Rx: {dose} {dose}
{lab} {lab} {neg}
"""

NEGATIVES = """
Virchow triad and Homans sign were discussed.
Dupuytren contracture of the ring finger.
Known Sjogren syndrome and Behcet disease.
Kayser-Fleischer rings absent; Wilson disease unlikely.
Guillain-Barre was considered, as was Lambert-Eaton.
Tinel and Phalen tests are positive.
Jackson-Pratt drain with 40 cc.
Port of Hickman and Groshong type reviewed.
Cushing response, Kussmaul respirations.
Right MCA and left PICA territory spared; ACA patent.
Stenosis at L3-L4 > L2-L3, C6-7 foramen open.
Wells score 3, Ranson 2, Child-Pugh B, Mallampati II.
Billroth II anatomy; Roux-en-Y limb patent.
Roth spots, Osler nodes and Janeway lesions absent.
On Humira, Xarelto, Eliquis and Jardiance.
Ludwig angina improving.
Schatzki ring dilated with a Savary bougie.
Zollinger-Ellison excluded, gastrin normal.
Steri-Strips and Dermabond to the wound, Prolene 4-0.
Great saphenous vein and artery of Adamkiewicz preserved.
Legg-Calve-Perthes as a child; Ortolani and Barlow negative.
Romberg steady, Hoover sign positive.
McMurray negative; Thompson squeeze intact.
Brown-Sequard pattern; Horner on the left.
ROS negative x 10 except HPI.
Denver II on track, Tanner stage 3.
Epley done in clinic.
Stevens-Johnson to sulfa in the past.
Norwood then Fontan in infancy; Blalock shunt.
NYHA III, ECOG 1, Braden 17, Morse 45.
"""

LABS = """
118/64, 92, 18, 37.1 C, 96% RA.
Na 129, K 3.3, Cr 2.04, gluc 301.
LVEF 30-35%, E/A 0.8.
H/H 8.1/24.6, plt 88K.
Lactate 4.2 -> 1.9.
HbA1c 11.3; TSH 0.02.
ABG 7.21/68/55 on BiPAP 12/5.
I/O 2400/1150, wt 101.3 kg.
CSF: WBC 3, RBC 210, prot 45.
FEV1/FVC 0.61, DLCO 48%.
CK 14,220.
Vanc trough 18.4.
"""

DOSES = """
Ceftriaxone 2 g IV q24h through day 14.
apixaban 5mg bid, torsemide 40/20.
Keppra 1500 mg BID.
Norvasc 10, HCTZ 12.5.
Dilaudid 0.5 mg IV x2.
Methotrexate 15 mg weekly, folate 1 mg.
Lantus 22 u qhs + Humalog ISS.
Augmentin 875/125 x7d.
Seroquel 25 mg qHS PRN.
levothyroxine 0.112 mg.
"""
