"""Templates of synthetic notes for measuring alone, the ones of clinics, offices, homes and what machines print; see notes_unseen.py."""

from __future__ import annotations

OUTSIDE = """
## clinic letter
{hospital.uk}
Department of Rheumatology
Secretary: {n.both}   Direct line {phone-uk}
Clinic date: {date.british}   Typed: {date.british}
NHS No: {nhs}   Hospital No: {mrn}

Dr {d.both}
The Surgery
{address-uk}

Dear Dr {d.last},
re: {p.both}, DOB {dob.british}, {address-uk}
Diagnoses: seropositive rheumatoid arthritis (RF 212, anti-CCP > 340); previous Sjögren's; hypothyroidism.
Current treatment: methotrexate 20 mg once weekly, folic acid 5 mg, hydroxychloroquine 200 mg bd.
It was a pleasure to see this {years}-year-old retired dinner lady, who came with her daughter {r.first}. She has an hour of morning \
stiffness, and DAS28 today is 4.9. {neg} Bloods show an ESR of 48 with normal liver function. I have discussed etanercept and my \
specialist nurse, {m.both}, will ring her about screening. She is off to visit family in {city} until {date.british} and would rather \
start after that.
Yours sincerely
Dictated and not signed to avoid delay
{e.full} MRCP
Consultant Rheumatologist
cc Mrs {p.last}

## clinic letter
Dear {d.first},
Thanks for sending along {p.first}, {age}, whose letter reached me on {date.british}. As you know he is a keen cyclist who has had six \
months of exertional calf tightness. Peripheral pulses are full and the ankle brachial index falls from 1.08 to 0.62 after exercise on \
the left, so I agree with you that this is popliteal entrapment rather than a compartment syndrome. {neg} I have asked for an MRA at \
{hospital} and put him on {f.last}'s list. His partner {r.first} wanted to know about driving; I said no reason not to.
Kind regards, {e.first}
{e.both} FRACS   Provider no. {license}   Rooms: {address-au}   T {phone-au}

## general practice
{date.british} Surgery consultation. {d.initial}
Hx: 2/7 of D&V, two others in household unwell, returned from {city} on the {day}. No blood PR. Drinking ok.
O/E: apyrexial, P 82, BP 118/70, abdo SNT. {neg}
Plan: fluids, Dioralyte, stool for OCP & C+S, safety net given. Fit note to {date.british}. Mum {r.first} will bring the sample. Text \
sent to {phone-uk}.
{date.british} Telephone encounter. {e.initial}: stool Campylobacter. Feeling better. Public Health informed, ref {case}.

## general practice
Patient summary printed {stamp}
{p.LAST}, {p.FIRST} (Mrs)   DOB {dob.british}   Medicare No {plan}   Home {phone-au}
{address-au}
Next of kin: {r.both} (husband) {phone-au}
Active problems: osteoporosis (DXA T -2.9), AF, Paget's disease of the pelvis, Menière's.
Medications: apixaban 5 mg bd, alendronate weekly on Sundays, bisoprolol 2.5 mg mane. {dose}
Recalls due: skin check {date.month}, INR nil, Pneumovax {date.month}. {neg}
Usual doctor {d.both}. Referred to {e.both} ({hospital}) {date.british} re: gait.

## discharge card
DISCHARGE CARD   {hospital}
UHID: {mrn}   IP No: {account}   Ward: 3B / Bed 12
Name: {p}   Age/Sex: {age} yrs / M   S/o: {r.both}
Address: {address-in}   Mob: {phone-in}   ABHA: {id}
DOA: {date.british}   DOD: {date.british}   Consultant: Dr. {d.both}, MS, MCh
Diagnosis: Left ureteric calculus 9 mm with moderate hydroureteronephrosis. T2DM.
Procedure: Left URSL + DJ stenting under SA on {date.british} by Dr {e.both}.
Course in hospital: Patient was admitted with c/o left flank pain since 4 days a/w vomiting. USG KUB s/o above. RBS 246. {neg} Post op \
uneventful, catheter removed on POD 1.
Advice: Tab Cefixime 200 BD x 5/7, Tab Urimax 0.4 HS x 2/52. {dose} Review in OPD with Dr. {d.last} on {date.british} for DJ removal. In \
emergency contact {phone-in}.

## record export
Patient Name: {p.both}
Preferred Name: {p.first}
Legal Sex: Female
Date of Birth: {dob}
MRN: {mrn}
SSN: {ssn}
Address: {address}
Mobile Phone: {phone}
Email: {email}
Preferred Language: Vietnamese
Primary Insurance: Blue Cross   Subscriber: {r.both}   Subscriber ID: {plan}
Emergency Contact 1: {r.both}   Relationship: Spouse   Phone: {phone}
Emergency Contact 2: {s.both}   Relationship: Sibling   Phone: {phone}
PCP: {d.comma} MD   NPI: {npi}
Problem List: Type 2 diabetes mellitus with diabetic polyneuropathy (E11.42); Hyperlipidemia (E78.5); Graves disease (E05.00)
Last A1c: 8.4 ({date.numeric})
Care Gaps: retinal exam due {date.month}; Shingrix dose 2 overdue
Last Login to Portal: {stamp} from {ip}

## record export
Encounter: Office Visit   Visit Date: {date.numeric}   Department: Endocrinology   Provider: {d.both}, DO   Status: Closed
Vitals: {lab}
Reason for Visit: follow-up of Hashimoto thyroiditis.
Note: {p.first} feels tired in spite of a TSH of 2.1. Denies cold intolerance, hair loss or constipation. Gland 25 g, rubbery, no \
nodule. {neg} Discussed the limited evidence for combined T4/T3. Continue levothyroxine 100 mcg. Recheck in six months.
Orders Placed: TSH (order {id}), 25-OH vitamin D, ferritin
AVS Printed By: {n.comma} on {stamp}
Addendum {date.numeric} by {e.both}, RN: ferritin 9, message left at {phone} for {p.first} to start iron every other day.

## interface message
MSH|^~\\&|ADT|{hospital}|LAB|EAST|{stamp.machine}||ADT^A08|4471|P|2.3
PID|1||{mrn}^^^MR||{p.LAST}^{p.FIRST}||{dob.machine}|F||W|{street}^^{city}^NV^{zip}||{phone}|{phone.2}|ENG|M||{account}|{ssn}
NK1|1|{r.LAST}^{r.FIRST}|SON|{street}^^{city}|{phone}
PV1|1|I|5W^512^A|||| {npi}^{d.LAST}^{d.FIRST}|{npi.2}^{e.LAST}^{e.FIRST}
IN1|1|MCR|{plan}
OBX|1|TX|NOTE||PT IS A {years} Y/O F WITH COPD EXACERBATION. {neg} DAUGHTER {s.FIRST} CALLED {date.short}.

## interface message
LAB RESULT FOR {p.LAST} {p.FIRST} DOB {dob} MRN {mrn} ORD# {id} ORDERING {d.LAST} COLLECTED {stamp.machine} RESULTED {stamp.machine} \
SODIUM 131 L POTASSIUM 5.6 H CHLORIDE 97 CO2 19 L BUN 64 H CREAT 3.81 H GLUCOSE 118 CALCIUM 8.0 L EGFR 17 L COMMENT: HEMOLYZED SPECIMEN, \
RESULT CALLED TO {n.FIRST} {n.LAST} AT {time} BY TECH {m.init} PERFORMED AT {hospital} {address}

## scanned fax
FAX  TRAN SMITTAL       Pag e 1 of  3
TO :  {d.both} , M.D.      FAX:  {fax}
FR OM:  {hospital} Medical  Re cords
RE:  Pat ient   {p.LAST} ,  {p.FIRST}      D.O.B . {date.spaced}      Chart  {mrn}
Thi s 58 yr  old male  was ad mitted  {date.spaced}  for a n  elective  rep air of an  ing uinal hernia .  He to lerated  the  proce \
dure well .  {neg}
Dis charged  {date.spaced} .  Fo llow up w ith  Dr.  {e.last}  in  two  weeks .   Ques tions call  {n.first}  {phone}

## scanned fax
__________________________________________
RELEASE OF INFORMATION          Rcvd {stamp}
I, {p.both}__________, born {date.spaced}____, SS# {ssn}___, authorize {hospital} to disclose to: Law Offices of {m.both}, {address}, \
all records from {date.numeric} to {date.numeric} incl. X-rays, EMG & nerve conduction, MRI C5-6.
Purpose: [x] legal   [ ] continuing care
Signed: {p.FIRST} {p.LAST}          Date {date.numeric}
Witness: {n.initial}         Driver lic. # {license}
Expires one year from signature.

## portal message
From: {p.both}
To: {d.both}, MD
Sent: {stamp}
Subject: those new water pills

Hi Dr. {d.last}, it's {p.first}. Since {date.weekday} I have had leg cramps at night, mostly the calves, and my pressure this morning \
was 102/58. I take the 25 mg pill with breakfast like {n.first} told me. Should I cut it in half? My daughter {r.first} is a pharmacist \
in {city} and thinks I need my potassium checked. You can call my cell {phone} any time before 3.
Thanks so much, {p.first} {p.last}

Reply from {m.both}, RN: {p.title} {p.last}, please hold the chlorthalidone tomorrow and come to the lab (no appointment needed).

## portal message
Mom had a rough week. {p.first} keeps asking for my dad {r.first}, who passed on {date.words}. She is up four or five times, found her \
on the porch at 3 am last {date.weekday}. {dose} does nothing. The aide, {n.first}, quit and the agency says no one till the {day}. She \
turns {old.number} on {date.short} and I would like her at home for it. Is respite at {hospital} covered? My email is {email}.
{s.both} (daughter and POA)

## telephone triage
NURSE ADVICE LINE   Call ID {id}   {stamp}
Caller: {r.both} (mother)   Callback: {phone}   Patient: {p.first} {p.last}, 9 months
Protocol: Fever - 3 months or older
Assessment: T 39.4 rectal since last night, 5 wet diapers, playful between fevers, no rash, sibling {s.first} with hand foot and mouth. \
Tylenol 2.5 mL at 0600. {neg}
Disposition: home care. Caller verbalizes understanding. If still febrile {date.weekday}, see {d.last} at {hospital}.
Triage RN {n.both}

## telephone triage
while you were out: {r.both} called abt {p.last}, says the oxygen people never came. {phone}, after 5 use {phone.2}. said she talked to \
{m.first} in our office on {date.short} and was promised. pls call today -{n.first}
>> called back 1610, busy. 1630 spoke w {r.first}, vendor {s.first} delivering tonight, concentrator ser {serial}. {d.initial} aware

## telephone triage
Pharmacy callback. {n.both}, RPh, asks whether {p.both} ({dob}) should have both tramadol and sertraline; Rx {rx} and Rx {rx.2}, \
prescriber DEA {dea}. Reviewed with Dr. {d.last}: stop tramadol, acetaminophen 1 g tid max. {dose} {neg} Pharmacy in {city} will notify \
pt. PDMP checked {date.numeric}, no other prescribers since {date.month}.

## discharge instructions
Going home: what {p.first} needs to know
You were in {hospital} from {date.words} to {date.words} because of a blood clot in the leg. Dr. {d.both} and the 6 North team took care \
of you.
- Take Eliquis 10 mg (two tablets) twice a day through {date.weekday}, then 5 mg twice a day. Do not skip doses. No ibuprofen, Aleve or \
aspirin.
- Wear the stocking during the day. Walk every two hours.
- Call {phone} for bleeding that does not stop after ten minutes of pressure. Call 911 for chest pain or trouble breathing.
Your appointments: {e.both}, NP - {date.numeric} 9:40 AM - {address}
Lab draw {date.short}, results at {url}
Reviewed with patient and {r.first} (spouse) using teach-back. {n.both}, RN {stamp}

## medication reconciliation
MEDICATION | DOSE | LAST TAKEN | PRESCRIBER
Warfarin | 5 mg M/W/F, 2.5 mg other days | {date.short} PM | {d.last}
Amiodarone | 200 mg daily | {date.short} AM | {e.last}
Humulin 70/30 | 32 units AM, 18 units PM | {date.short} | {d.last}
Timolol 0.5% | 1 gtt OU bid | {date.short} | {f.both}
Source: pill bottles brought by {r.both} (nephew), pharmacy fill history from {city}. {neg} INR 3.9 today. Allergies: codeine (itching), \
sulfa (Stevens-Johnson, {year}). Verified by {n.both}, PharmD, {stamp}

## appointment list
{hospital} - Ophthalmology - Dr. {d.last} - {date.weekday}
0800 {a.comma} {mrn} cataract eval, brings son
0815 {b.comma} {mrn.2} IVI Eylea OD #7
0830 {c.comma} {mrn.3} Humphrey visual field 24-2, glaucoma suspect
0845 {g.comma} {mrn.4} POD1 phaco OS, Alcon lens ser {serial}
0900 {h.comma} {mrn.5} no show x2, call {phone}
0915 OPEN
0930 {k.comma} {mrn.6} new pt, ref {e.last}, Fuchs dystrophy
Tech: {n.first} / Scribe: {m.first}

## device clinic
ICD interrogation, in person, {date.numeric}. {p.both}, {years}. Generator {serial}, implanted {date.month} at {hospital} by Dr. \
{d.both}; RV lead {serial.2}, under advisory. Battery 4.1 y. R wave 9.8 mV, threshold 0.75 V at 0.4 ms, impedance 490 ohms. One VT \
episode {stamp}, 188 bpm, terminated with ATP, no shock. He was mowing and felt nothing. {neg} {lab} VVI 40, VF zone 200. Home monitor \
re-paired, wi-fi address {ip}. Industry rep {n.both}. Next remote {date.short}.
{e.both}, RN, CCDS

## device clinic
Cochlear implant mapping. {p.first}, 7, activated {date.month}. Wears the processor all day per dad ({r.first}); left one lost at the \
lake, replacement {serial} fitted. Impedances normal on 22 electrodes. Ling six sounds at 10 feet: all. CNC words 78%. {neg} School \
needs letter for FM system, send to teacher of the deaf {m.both}, {email}. RTC {date.month}. {n.both}, AuD, CCC-A

## speech therapy
Modified barium swallow {date.numeric}, radiologist Dr {d.last}, SLP {n.both}. {p.title} {p.last}, {age}, 3 weeks after left MCA \
infarct. Trials of thin, nectar, puree, solid. Premature spillage to the pyriforms, delayed trigger, silent aspiration of thin by cup \
(PAS 8), none with chin tuck on nectar. {neg} Recs: nectar thick, mechanical soft, crush meds, Shaker and Mendelsohn exercises. Wife \
{r.first} instructed. FOIS 5. Reassess {date.weekday}.

## occupational therapy
OT home safety visit. Client, aged {old}, lives with brother {r.first}, {old.number}, in a two storey house at {street}, {city}. Grab \
bars placed wrong side of the tub. Reacher and sock aid issued. Kohlman evaluation: needs help with money. {neg} Bills now paid by \
great-niece {s.both}. Will ask Dr. {d.last} for a tub bench order. 4 of 8 visits authorised, auth {id}. {n.both}, OTR/L

## diabetes education
DSMES visit 2 of 4, {date.numeric}, class of six. {p.last}, {p.first}: A1c 9.8 -> 8.6. Checks sugar fasting only, 140s to 190s. Plate \
method reviewed, likes Goya beans and tortillas. Injects Ozempic on Mondays, missed one while visiting {city}. Monofilament 8/10 on the \
left. {neg} {lab} Goal: walk after supper with her comadre {r.first}. Libre sensor {serial} applied to the left arm. Retinal photos \
{photo} graded as mild NPDR by Dr. {d.last}. {n.both}, RD, CDCES

## behavioral health
INTAKE   {date.numeric}   Clinician {n.both}, LCSW, lic. {license}
{p.first} is a {age}-year-old divorced veteran, self-referred after his friend {r.first} took away his pistols. Nightmares three times a \
week since deployment in {year}. Two marriages; ex-wife {s.first} and their twins are in {city}. Father drank. Index trauma discussed \
only in outline. PCL-5 51, AUDIT 14, C-SSRS ideation without plan. {neg} Previous therapist {m.both} at {hospital}, stopped \
{date.month}. Dx: F43.10, F10.20. Safety plan: calls {r.first} or sponsor {k.first} {phone}. CPT to start {date.weekday}. Prazosin per \
Dr {d.last}.

## behavioral health
Session 11. {p.first} arrived ten minutes late, laughing about the bus. Told me {r.first} has moved back in "just until {date.short}." \
We stayed with the feeling of dread for a while. Her sister {s.first} says she is walking on eggshells; {p.first} does not think so. \
Homework from the Burns workbook half done. She fears that {m.last}, her supervisor, reads her texts. {neg} PHQ-9 12, GAD-7 15. No SI. \
Next: {date.weekday}, 4 pm. {d.init}

## substance use
OTP note: pt ID {id}, {p.init}, methadone 90 mg, week 31. UDS {date.numeric} + fentanyl. Take-homes dropped to 1. Palm vein template \
{biometric} re-enrolled since dispensing kiosk failed {date.short}. Says {r.first} (bf) is using again at the motel on {street}. QTc \
442. Narcan kit given. {neg} Hep C RNA 1.2 million, referred to {hospital}, seen by {d.last} {date.month}. Counselor {n.both}

## disability form
ATTENDING PHYSICIAN STATEMENT
Claimant: {p.both}    Claim no.: {claim}    Policy/ID: {plan}    DOB: {dob}
1. Primary diagnosis: lumbar radiculopathy, L5-S1 disc herniation (M51.17)
2. Date first treated: {date.numeric}    Most recent visit: {date.numeric}
3. Restrictions: no lifting > 10 lb; sit/stand option; no repetitive bending. {neg}
4. Expected return to work: {date.numeric}
5. Objective findings: straight leg raise positive at 40 degrees left, absent Achilles reflex, EMG {date.month} by Dr. {e.both}.
Physician: {d.full}, MD   State license {license}   NPI {npi}   Phone {phone}   Fax {fax}
Office address: {address}
Claims examiner {n.both}, {email}

## independent examination
I examined {p.title} {p.last} at my office in {city} on {date.words} at the request of {m.both}, Esq. The claimant states that on \
{date.words} he was driving a delivery van (plate {plate}, VIN {vin}) when it was struck from behind. He was taken to {hospital}, where \
Dr. {d.both} diagnosed cervical strain. He then treated with {e.both}, D.C., for 41 visits. Records of {f.last} dated {date.numeric} \
note "full range, no spasm". Today Waddell signs are 3 of 5, Spurling negative, Hoffmann absent, grip by Jamar 32 kg right and 8 kg \
left. {neg} In my opinion, within reasonable medical probability, he reached maximum medical improvement no later than {date.words}.

## work letter
{hospital}
{address}
{date.words}

To Whom It May Concern:
{p.both} (DOB {dob}) was under my care from {date.short} to {date.short} and may return to work on {date.weekday} without lifting more \
than twenty pounds for two weeks. Please contact {n.first} at {phone} with questions.
{d.both}, PA-C

## billing
STATEMENT   Account # {account}   Statement date {date.numeric}
Guarantor {r.comma}   Patient {p.comma}
{date.numeric} 99214 OFFICE VISIT EST DR {d.last}   212.00
{date.numeric} 93000 EKG   64.00
{date.numeric} INS PMT MEDICARE   -148.37
{date.numeric} 80053 CMP; 83036 A1C   78.00
Amount due 205.63. Pay at {url} or mail to {address}. Billing questions {phone}, ask for {n.first}.
HARDSHIP NOTE: {r.first} called {date.short}, husband laid off, set up 25/mo; card on file {account.2} declined. {m.init}

## prior authorization
PA request {id}   Plan member {plan}   {p.FIRST} {p.LAST}   {dob}
Drug: Dupixent 300 mg q2w. Dx: L20.9, EASI 28, BSA 34%, failed triamcinolone, tacrolimus ointment and nbUVB ({date.month} to \
{date.month}) under Dr. {d.last}. {neg} No malignancy. Denied {date.numeric} by reviewer {n.initial}: "step therapy". Peer to peer \
{date.weekday} with Dr. {m.both}, line {phone}. Overturned. Approval {claim} through {date.numeric}. Told {p.first}'s mom {r.first}. -- \
{s.first} @ derm

## research
SCREENING LOG: subject {id}, initials {p.init}. Consent v4 signed {date.numeric} {time} with {n.both}, CRC. Eligibility: NYHA II-III, \
LVEF 32% by echo {date.numeric}, NT-proBNP 2,140, eGFR 44. Not in another study (was in a statin trial at {hospital} until {year}). \
{lab} {neg} Randomised {stamp}, kit 88. PI {d.both} notified of AE: dizziness onset {date.short}, resolved {date.short}. Genomic sample \
barcode {accession}. Contact {r.both} (spouse) if lost to follow-up, {phone} or {email}.

## genetics
Pedigree: Consultand {p.both} (III-2), {age}, unaffected. Mother {r.first} (II-3) ovarian ca at 48, died {date.month}. Maternal aunt \
{s.first} bilateral breast ca 39 and 55, tested at {hospital}, BRCA1 c.68_69delAG. Grandmother {m.first}, alive at {old.number}. \
Ashkenazi and Polish ancestry. Paternal side: uncle with prostate ca, Gleason 9. Counselled for an hour with husband {k.first}. {neg} \
Sample {accession} sent {date.short}. Results visit {date.weekday} with Dr. {d.last}. {n.both}, MS, LCGC

## incident report
Event {case}, {stamp}, 2 East. Pt {p.LAST} given 10 units of lispro meant for roommate {r.LAST}. BG 71 at {time}, D50 half amp, back to \
134. No harm. Bar code bypassed as scanner down. Nurse {n.both} (float, license {license}) self reported; charge {m.first} told Dr. \
{d.last} and the family. Contributing: two patients named {r.last} in last week's census, similar trays. {neg} Manager {k.both} will \
debrief {date.weekday}.

## ambulance
Dispatched emergent for 'male down' at {street}, {city}, x-street near the ball field. U/A found {years} yom prone, bystander {r.both} \
CPR in progress. PD unit, car plate {plate}, had shocked x1. VF on our monitor ({serial}), 200 J x2, epi x2, amio 300, I-gel size 4, \
ROSC at {time}, 12-lead inferior STEMI. {lab} Wallet ID: {p.both} {dob}, {license}. Tx emergent to {hospital}, care to Dr. {d.last} and \
RN {n.first}. {neg} Crew {m.both} / {k.last}. Run {case}

## hospice
Bereavement call to {r.both} at {phone}, five weeks after death of {p.title} {p.last} ({date.words}, age {old}). Sleeps poorly, sees \
grandson {s.first} every Sunday, back at bridge. Hospice aide {n.first} was "an angel". Keeps his watch by the bed. {neg} Declines group \
at {hospital}. Next mailing {date.month}. Chaplain {m.both}

## home visit
{date.numeric} 1420-1510 PICC dressing change, day 19 of cefazolin for MSSA discitis L3-L4. {p.comma}, {years}. Afebrile. Arm circ 31 \
cm, no redness, line 2 cm out. CRP down to 14 from 88 on {date.short}. {lab} Dog secured by wife, {r.first}. Key box by the garage, code \
known to office. ID clinic w/ Dr {d.last} {date.weekday}. Infusion pump SN {serial}. {neg} {n.both} RN

## school health
504 PLAN UPDATE for {p.both}, grade 4. Type 1 diabetes since {date.month}. Pump OmniPod, PDM serial {serial}. Parent {r.both} {phone}; \
stepfather {s.both} {phone.2}. Endocrinologist {d.both} at {hospital}. BG before lunch and PE; glucagon in nurse's office, expires \
{date.month}. Low episode 48 on {date.short} during recess, 15 g juice, recheck 97. {neg} Trained staff: {m.both}, {k.both}. {n.both}, \
RN, school nurse

## dental
Tx notes {date.numeric}: {p.first} {p.last}. CC lower left throb x 3 d. #19 percussion +, cold lingering, PA 3 mm radiolucency at mesial \
root. 2% lido 1:100k 1.7 mL IANB. Access, 4 canals, WL 21, 20.5, NaOCl, ProTaper F2, CaOH, Cavit. {neg} Premed no. BP 128/82. NV \
obturate {date.short} w/ Dr. {d.last}. Asst {n.first}. Rx amox 500 #21. Mom {r.first} consented by phone {phone}; photo {photo}

## occupational health
Post-exposure visit. Employee {p.both}, badge {id}, surgical tech at {hospital}, needlestick L index finger {stamp} during closure with \
Dr {d.last}. Source {s.last}, {mrn}, HIV neg, HCV Ab pos. Baseline drawn. Facial recognition entry for the OR disabled, template \
{biometric} reissued. Hep B titre 340 in {year}. {neg} HCV RNA at 3 and 6 weeks: {date.short}, {date.short}. {n.both}, FNP, {phone}

## legal blood draw
At the request of Officer {m.both}, badge {id}, I drew blood from {p.both}, DOB {dob}, OLN {license}, at {time} on {date.numeric} from \
the left antecubital fossa using povidone-iodine. Two gray top tubes, kit {accession}, sealed in my presence. Vehicle: gray sedan \
{plate}, VIN {vin}. Subject oriented, nystagmus noted, Romberg sway. {neg} {n.full}, RN, license {license.2}. Booking photo {photo}, \
right thumb scan {biometric}.

## long term care
CARE PLAN CONFERENCE {date.numeric}. Present: res. {p.title} {p.last}, dtr {r.both}, SW {n.first}, DON {m.both}, dietary {k.first}. \
Resident is {old}, admitted from {hospital} {date.month}. BIMS 9. Wt 118 -> 111 lb since {date.month}. Falls x2 ({date.short}, \
{date.short}) no inj. Ensure bid, bed alarm d/c'd. Dtr asks that CNA {s.first} not be assigned. Remeron trial per Dr. {d.last}. {neg} \
Smokes 2/day with supervision; birthday party on the {day}. Medicaid {plan} recert due {date.month}.

## dictated correspondence
dr {d.both} dictating letter to doctor {e.both} {hospital} regarding {p.both} date of birth {dob} thank you for letting me see this \
{years} year old right handed attorney with a two year history of tremor comma worse with coffee comma better with wine period her \
father {r.first} had the same period on exam there is an eight hertz postural tremor with no bradykinesia period {neg} impression \
essential tremor period i have started propranolol and will see her again on {date.words} period copy to {f.last} end of letter

## e-mail
Subject: RE: RE: transfer from {city}
{d.first}, ok from our side. Bed should open {date.weekday}. Can {n.first} push the images? Our system never got the echo from \
{date.short}. The wife ({r.both}, {phone}) is a nurse and very sharp, please call her before he rolls. {neg} FYI ECMO fellow is \
{f.first} this week, not me.
Best, {e.first}

{e.both}, MD PhD | Heart Failure | {hospital} | o {phone} f {fax} | {email}
> On {date.words}, {d.both} wrote:
> {age}M, MRN {mrn}, giant cell myocarditis on biopsy, impella day 3, lactate 2.2, milrinone 0.375

## e-mail
Morning all, quick list for clinic: 1) {a.last} needs Botox auth before {date.short}; 2) {b.first} {b.last}'s dad {r.first} is furious \
re the bill, {phone}; 3) {c.last} moved to {city}, send records to Dr. {d.both}, f {fax}; 4) VPN was blocked again from {ip}, tell \
{n.first}. Cake for {m.first} at noon! - {k.first}

## transport
Ambulette request: {p.LAST}, {p.FIRST}; pick up {address}; drop {hospital}; HD chair {date.weekday} 0545, MWF standing. W/c, 242 lb, no \
stairs. Escort: sister {r.first}. Medicaid {plan}. Driver {n.first}, van {plate}. Facility contact {m.both} {phone}. Driver reports pt \
dizzy after run on {date.short}, BP 88/50 at clinic, EDW raised to 108.5 by Dr. {d.last}. {neg}

## fragment
{p.last} seen and examined with Dr. {d.last}; agree with the fellow's note. Ascites is tense, will tap today. {lab} {neg}

## fragment
Per {r.first} he was fine at supper, then slumped. {neg} LKW 1915. tPA at {time} by {d.last} over telestroke from {hospital}.

## fragment
Imaging from {city} uploaded. {neg} Compared with {date.numeric} the mass is larger (4.1 from 3.2 cm). {e.initial}

## fragment
Patient's cousin and former nurse {r.both} asks that results go to her too; no release on file, told {date.short}. {neg}

## fragment
ATTENDING ADDENDUM: I saw {p.first} on rounds with {e.last}, {f.last} and pharmacist {n.first}. {neg} Agree with above except warfarin, \
which restarts {date.weekday}. {dose} {d.both}, MD

## negative
A 62-year-old woman with Waldenstrom macroglobulinemia and Raynaud phenomenon was started on ibrutinib. {neg} {lab} {neg} Per the \
treat-to-target arm of the trial, {dose} {neg}

## negative
IMPRESSION:
1. {neg}
2. {neg}
3. {neg}
PLAN: {dose} {dose} Recheck in 6 to 8 weeks.

## negative
{neg} {neg} {lab} {neg} {lab} {dose}

## negative
REVIEW OF SYSTEMS: Constitutional: no fevers. Eyes: no diplopia. Cardiac: sleeps flat. GI: no melena. Heme: no bruising. Psych: mood \
"so-so". {neg} {neg}
EXAM: {lab} HEENT: Weber midline, Rinne positive bilaterally. Neck: no JVD. Abdomen: no Cullen or Grey Turner sign. Ext: no Osler nodes. \
{neg}

## negative
TABLE 2. Baseline: age 71 (8), NYHA III 24%, prior CABG 1998 to 2007 in 31%, Charlson 3, FEV1 1.42 L. {neg} {neg} {lab}
"""
