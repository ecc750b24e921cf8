"""Templates of synthetic notes for measuring alone, the ones of hospitals: no rule is written from them and no model learns from them."""

from __future__ import annotations

from medpretrain.deidentify.notes_unseen_outside import OUTSIDE

HOSPITAL = """
## history and physical
HISTORY AND PHYSICAL EXAMINATION

PATIENT NAME: {p.COMMA}
MEDICAL RECORD NUMBER: {mrn}
DATE OF ADMISSION: {date.numeric}
PRIMARY CARE PHYSICIAN: {d.both}, MD

CHIEF COMPLAINT: Shortness of breath.
HISTORY OF PRESENT ILLNESS: Mr. {p.last} is a {years}-year-old man with ischemic cardiomyopathy and stage 3 chronic kidney disease who \
noticed worsening dyspnea on exertion over ten days. He sleeps on three pillows and has gained 11 pounds since he saw Dr. {d.last} on \
{date.words}. His wife, {r.first}, says he has been eating canned soup and skipping his water pill because of all the trips to the \
bathroom. No chest pain, palpitations or syncope. {neg}
SOCIAL HISTORY: Retired pipefitter, lives with {r.first} in {city}. Quit smoking in {year}; two beers on weekends.
PHYSICAL EXAMINATION: {lab} Jugular venous pressure 12 cm of water, S3 gallop, rales to the mid lung fields, 2+ pitting edema to the \
knees.
ASSESSMENT AND PLAN: Acute on chronic systolic heart failure. Furosemide drip, daily weights, 1.5 L fluid restriction. {dose} Discussed \
with Dr. {e.both} of cardiology. His son {s} ({phone}) is the health care proxy.

## history and physical
CC: "My belly hurts."
HPI: This is a {age} y/o Spanish-speaking female, interviewed through interpreter {n.first} (ID {id}), who developed epigastric pain \
radiating to the back after a meal on {date.weekday}. Vomited four times. She was treated for gallstones at {hospital} in {date.month} \
but left before surgery. {neg} LMP two weeks ago. Takes no medicines at home except omeprazole.
PE: {lab} Abdomen soft, tender in the epigastrium without guarding, Murphy sign negative, bowel sounds hypoactive.
Labs: lipase 2,340, AST 188, ALT 240, alk phos 310, T bili 2.9, calcium 8.4.
A/P: Gallstone pancreatitis, BISAP 1. NPO, lactated Ringer's at 150 mL/h, MRCP in the morning. Surgery ({d.last}) aware and will take \
her to the OR before discharge. Emergency contact is her sister {r.both} in {city}, cell {phone}. Code status: full.
{e.both}, PGY-2    Attending: {f.last}

## transfer summary
INTERFACILITY TRANSFER SUMMARY
Sending: {hospital}    Receiving: {hospital.2}
Pt: {p}   DOB {dob}   MRN (sending) {mrn}   Encounter {account}
Accepting physician: {d.both}    Time accepted: {time}
Reason for transfer: higher level of care, need for ECMO evaluation.
Mrs. {p.last} was admitted on {date.words} with influenza A pneumonia and progressed to ARDS. Intubated on {date.short} with a 7.5 tube \
by Dr. {e.last}, proned x 16 h daily. P/F ratio 82 on FiO2 0.9 and PEEP 14. {lab} Norepinephrine at 0.12 mcg/kg/min, cisatracurium, \
fentanyl. {neg} Cultures from {date.short} negative to date. Lines: R IJ triple lumen placed {date.short}, L radial arterial line. {dose}
Family: husband {r.both} at bedside and consents to transfer; daughter {s.first} is flying in from {city}. Flight crew given copy of \
imaging on disc. Nurse to nurse report to {n.first}.

## discharge
DISCHARGE SUMMARY - TRAUMA SURGERY
{p.comma}
DOB: {dob}   MRN: {mrn}   CSN: {account}
Admit date: {date.numeric}   Discharge date: {date.numeric}
Attending at discharge: {d.full}, MD   Disposition: acute rehab, {hospital}

Injuries: left ribs 4-8, grade II splenic laceration, L1 burst fracture without canal compromise, left distal radius fracture.
Course: Restrained driver in a two-car collision outside {city}. GCS 15 on arrival, FAST negative, hemodynamically stable. The spleen \
was managed without operation; hemoglobin nadired at 8.9 on hospital day 2 and has been flat since. Dr. {e.last} of spine fitted a TLSO. \
The wrist was reduced and splinted by orthopedics. Pain control with an epidural until {date.short}, then oral agents. {neg} {lab} She \
tolerated a regular diet and walked 120 feet with physical therapy before discharge.
Follow-up: trauma clinic {date.weekday} at 10:15; Dr. {e.last} in four weeks with upright films; PCP {f.both} for blood pressure.
Discharge medications: {dose} {dose}
Dictated by {n.both}, PA-C, for {d.full}, MD. D: {stamp} T: {stamp}

## discharge
Hospital course: {p.last} is a {old}-year-old woman from assisted living with Lewy body dementia who came in after an unwitnessed fall. \
CT head showed no bleed; hip films a nondisplaced right femoral neck fracture. After a long talk with her sons {r.first} and {s.first} \
about her goals, percutaneous pinning was done by Dr. {d.last} on {date.short} under spinal. Delirium on postoperative night 1, settled \
with melatonin and the family at the bedside. {neg} {lab} She is discharged back to {hospital} with hospice evaluation. {dose} POLST \
signed by {r.both} on {date.numeric}. Copies to {e.both}, NP, and to the facility, fax {fax}.

## handoff
ICU SIGN-OUT -- do not file in chart
Bed 3 {p.last} {age}M. Cirrhosis, variceal bleed s/p banding x4 {date.short}. Octreotide day 3, ceftriaxone. Hgb q8h, transfuse <7. Wife \
{r.first} calls at night, is lovely, just wants an update.
Bed 4 {g.last} {age}F. DKA, gap closed at {time}. Bridge to Lantus, feed her.
Bed 7 {h.last} {age}M. Septic shock from Fournier gangrene, OR again {date.weekday} w/ {d.last}. {lab} If lactate climbs page urology \
({e.last}) not surgery.
Bed 9 {k.last} {old.number}F. Comfort care. Family: {s.both} (niece, POA), {phone}. Scopolamine patch, morphine prn. Likely overnight.
Bed 11 {t.last} {age}M. Found down, CK 41k, bicarb drip. {neg} Nobody has come forward; police think his name may be {t.both}, roommate \
{m.first}.
Night team: {f.first} and {n.first}

## handoff
I: Stable / watcher
P: {p.both}, {age}, HD 4, perforated diverticulitis s/p Hartmann by {d.last}. {lab} NG out this morning, sips. {neg}
A: f/u CT read if temp over 38.5; check JP output at 2200.
S: if tachycardic think leak, call {e.last} directly, not the intern line.
S: {f.first} repeated back.

## operative dictation
PREOPERATIVE DIAGNOSIS: Symptomatic cholelithiasis.
POSTOPERATIVE DIAGNOSIS: Same, with chronic cholecystitis.
SURGEON: {d.full}, M.D.
ASSISTANT: {e.full}, M.D., PGY-4
ANESTHESIOLOGIST: {f.full}, D.O.
ESTIMATED BLOOD LOSS: 20 mL.
INDICATIONS: {p.title} {p.last} is a {age}-year-old referred by {g.both}, M.D., after three emergency visits for biliary colic, most \
recently on {date.words}. The risks of bleeding, infection, bile leak and conversion to an open procedure were explained, and consent \
was signed.
PROCEDURE IN DETAIL: The patient was brought to the operating suite and placed supine. After induction of general endotracheal \
anesthesia the abdomen was prepped with ChloraPrep and draped. A Veress needle was inserted at Palmer's point and pneumoperitoneum \
established to 15 mmHg. The fundus was grasped and retracted over the dome of the liver. Hartmann's pouch was retracted laterally, \
opening the triangle of Calot, and the critical view of safety was obtained. {neg} The cystic duct and artery were doubly clipped and \
divided. The gallbladder was taken off the fossa with the hook and removed in an Endo Catch bag. The fascia at the umbilicus was closed \
with a figure-of-eight 0 Vicryl, skin with 4-0 Monocryl and Dermabond.
The patient was extubated and taken to recovery in stable condition. I spoke with the patient's mother, {r.both}, in the waiting room.
JOB: {id}   DD: {date.numeric}   DT: {date.numeric}   {d.init}/{n.init}

## operative dictation
OPERATIVE REPORT
NAME: {p.FIRST} {p.LAST}   HOSPITAL NO.: {mrn}   DATE: {date.words}
PROCEDURE: Right total knee arthroplasty.
Implants: cemented posterior stabilized femur size 5, tibial baseplate size 4, 10 mm polyethylene insert, 32 mm patella. Serial numbers \
{serial} and {serial.2} entered in the registry.
Tourniquet was inflated to 275 mmHg after exsanguination with an Esmarch. A midline incision and medial parapatellar arthrotomy were \
made. Whiteside's line and the epicondylar axis were marked. {neg} Gaps were balanced in flexion and extension. Dr. {d.last} was present \
for the critical portions; Dr. {e.last} closed. Counts were correct times two according to {n.both}, RN.

## anesthesia
PRE-ANESTHESIA EVALUATION {date.numeric} {time}
{p}, {years} y, 84 kg, 168 cm. Planned: robotic prostatectomy with Dr. {d.last}.
ASA III. Mallampati 3, thyromental distance 6 cm, neck 44 cm. OSA on CPAP. Hypertension, took amlodipine today, held losartan. METs > 4. \
Prior GA at {hospital} in {year}: difficult mask, grade 2b view with a Mac 3, easy with a GlideScope. Brother {r.first} had "a high \
fever under anesthesia" as a teenager; MH precautions, dantrolene in room. {lab} {neg}
Plan GA/ETT, arterial line, TAP blocks. Seen by {e.both}, CRNA, with {f.both}, MD.

## nursing
0730 Bedside report received from {m.first} RN. Pt A&Ox4, resp even and unlabored on 2 L NC. Fall band on, bed low, call light in reach.
0815 AM meds given, refused Colace. {dose}
0940 Pt's ex-husband {r.both} at nurses' station asking for information. Pt states he is NOT to be told anything. Password set. Charge \
{n.first} and security notified.
1105 Dr {d.last} in to see pt, orders rec'd. {lab}
1330 Up to chair x 45 min with PT. {neg}
1510 Dtr {s.first} called from {city}, update given with password.
1845 No change. Report to {k.first} {k.last}, RN.
-- {h.both}, BSN RN

## nursing
WOUND CARE NOTE {date.numeric}
Consulted by {d.last} for sacral wound. Pt is a {old.number} y/o resident of {hospital} who arrived with a stage 4 pressure injury, 6.2 \
x 4.8 x 1.9 cm, undermining 2 cm at 12 o'clock, 40% slough, periwound macerated. Braden 11. Cleansed with Vashe, packed with Aquacel Ag, \
covered with Mepilex. Photo {photo} uploaded to media tab. {lab} {neg} Albumin 2.1, dietitian {m.both} following. Turn q2h on low air \
loss mattress. Teaching done with granddaughter {r.first}, who does the dressing at home. WOCN {n.both} will recheck {date.weekday}.

## nursing
CODE BLUE RECORD   {stamp}
Patient: {p.LAST}, {p.FIRST}   Room 5117-B   MRN {mrn}
Witnessed by: {m.both}, CNA. Compressions started {time}. First rhythm PEA.
Epi x 4, bicarb x 2, calcium x 1. Intubated by {e.last} on second attempt. ROSC {time} after 14 minutes.
Leader: {d.both} / Recorder: {n.both} / RT: {h.first}
{lab} Post-arrest: TTM started, EKG with ST elevation in II, III, aVF; cath lab activated. Family notified by Dr. {d.last}: {r.both} \
(spouse) {phone}.

## emergency department
ED Provider Note
Arrival date/time: {stamp}
{p.first} is a 3 y.o. girl brought in by her mother {r.first} and grandfather for a barky cough that started overnight. No drooling. \
Immunizations are behind; family moved from {city} in {date.month} and has not found a pediatrician. On exam she is alert, stridor only \
when crying, mild retractions. Westley score 3. {lab} {neg} Dexamethasone 0.6 mg/kg PO given, racemic epinephrine x 1, observed three \
hours without rebound. Discharged with return precautions. Follow up at {hospital} with Dr. {d.last} on {date.short}.
Scribe: {n.both}, for {e.both}, MD

## emergency department
TRAUMA ALERT LEVEL 2 - {date.numeric}
Unidentified on arrival, named at {time} by driver's license {license} as {p.both}, {years} yo, address {address}. MCC vs guardrail, \
helmeted, ETOH on board. Motorcycle tag {plate}; state police (Trooper {m.last}, badge {id}) took custody of a handgun. Primary survey \
intact. Secondary: open left tib-fib, road rash to the flank. eFAST neg. {lab} Ancef 2 g, tetanus updated. Ortho {d.last} to OR for \
washout and ex-fix. {neg} Girlfriend {r.first} in family room.

## emergency department
AMA. {p.title} {p.last}, {age}, wishes to leave before the second troponin. HEART score 5. I explained the risk of heart attack and \
death in plain words with nurse {n.first} present. Has capacity: could repeat the risks back, is not intoxicated. Says his dog is alone \
and that cousin {r.first} cannot get there until {date.weekday}. {neg} Aspirin given, will return if pain recurs. Phone on file {phone} \
verified. {d.initial}

## obstetric admission
36w5d by LMP c/w 8 week scan, EDD {date.numeric}. {age} yo G4P2103, O neg, RI, GBS pos, received RhoGAM on {date.short}. SROM clear \
fluid 0415. Hx of classical cesarean in {year}. Category I tracing, toco q4. {lab} FOB {r.first} at work, on his way; mom {s.both} here \
with her. {neg} To OR for repeat cesarean with Dr. {d.last} and {e.last}; pedi ({f.both}) called. Desires tubal, Medicaid sterilization \
papers signed on {date.numeric}. Spinal with Duramorph.
Viable male, {p.last}, baby boy, 2785 g, Apgars 8/9, to be called {k.first}.

## newborn
Newborn Admission: Baby Girl {p.last} (mother {r.both}, MRN {mrn}). Born {stamp} at {hospital}, 39 2/7 weeks, 3410 g, vertex vaginal. \
Apgars 8 and 9. Maternal labs unremarkable. Exam: anterior fontanelle soft, red reflex bilaterally, no murmur, Ortolani and Barlow \
negative, Moro symmetric, Mongolian spot over the sacrum. Hep B #1, vitamin K, erythromycin given. Hearing: passed. Bili at 30 h 7.8, \
below the line on the Bhutani curve. Band {id} matched with mother's. Breastfeeding, seen by {n.first} in lactation. PCP will be Dr \
{d.last}; appointment {date.weekday}. Father {s.first} present.

## consultation
NEPHROLOGY CONSULT
Requested by: {d.both}, hospitalist. Reason: AKI on CKD.
Thank you for asking me to see Ms. {p.last}. She is a {years}-year-old (DOB {dob}) with biopsy proven IgA nephropathy, last seen by my \
partner Dr. {e.last} in {date.month} with a creatinine of 1.9. She took ibuprofen for a week for gout. Creatinine was 4.6 on arrival and \
5.1 today, potassium 5.8, bicarbonate 15. {neg} Urine sediment shows muddy brown casts, no red cell casts. Renal ultrasound: 9.1 and 9.4 \
cm, echogenic, no hydronephrosis. {lab}
Impression: NSAID related ATN. No urgent indication for dialysis. Stop losartan, isotonic bicarbonate, avoid contrast. She wishes her \
brother {r.both} ({phone}) to be told if this changes.
{f.full}, MD, FASN

## consultation
psych c/l: asked by {d.last} to assess capacity in {years}M refusing amputation. Pt seen with sister {r.first} on speaker from {city}. \
Oriented, knows his foot is "dead," hopes it will fall off by itself. MoCA 21. No SI/HI. In treatment with Dr {e} at {hospital} till \
{year} for schizoaffective d/o, Invega last given {date.short}. {neg} QTc 451. {lab} In my opinion he has capacity for this decision \
today. Restart Invega, 156 mg. Discussed with ethics ({n.both}). {f.last}, pager {phone}

## radiology
CT ANGIOGRAM CHEST WITH CONTRAST
Exam date: {date.numeric}   Accession: {accession}
Patient: {p.comma}   MRN: {mrn}   DOB: {dob}   Ordering: {d.comma}
HISTORY: Pleuritic chest pain, elevated d-dimer.
COMPARISON: Radiographs {date.numeric}; outside CT dated {date.month} from {hospital}.
FINDINGS: Filling defects in the right lower lobe segmental arteries. RV/LV ratio 0.8. No pleural effusion. 5 mm ground glass nodule in \
the lingula, per Fleischner criteria no follow-up needed. The pulmonary trunk is not enlarged. {neg}
IMPRESSION: Acute segmental pulmonary embolism without right heart strain.
Critical result called by Dr. {e.last} to {n.both}, RN, at {time} on {date.numeric}, who read it back.
Report electronically signed by {e.full}, MD on {stamp}

## radiology
Screening mammogram with tomosynthesis, both breasts, {date.words}. Compared with {date.numeric}, {date.numeric} and {date.month}. \
Scattered fibroglandular density. Stable biopsy clip at 10 o'clock on the right. No suspicious mass, architectural distortion or \
calcification. BI-RADS 2. Lifetime risk 14% by the Tyrer-Cuzick model. A letter was mailed to Mrs. {p.last} at {address}. {d.both}, M.D.

## pathology
FINAL DIAGNOSIS
A. Skin, left cheek, shave: basal cell carcinoma, nodular type, extending to the deep margin.
B. Skin, back, punch: dysplastic compound nevus, mild atypia, margins free.
Comment: Levels examined. The case was shown to Dr. {e.last} at the daily consensus conference, who agrees. {neg} Results phoned to \
{n.first} at Dr. {d.last}'s office {date.short}.
Gross: Received in two containers labelled "{p.last}, {p.first}" and "{mrn}". Part A is a 0.6 x 0.5 x 0.1 cm tan fragment, inked, \
bisected, in cassette A1.
Accession No {accession}   Collected {date.numeric}   Received {stamp}   Reported {date.numeric}
{f.full}, M.D., Pathologist   (case signed out at {hospital}, CLIA certificate on file)

## autopsy
PROVISIONAL ANATOMIC DIAGNOSES
Decedent: {p.both}, {old.number} years. Autopsy no. {accession}. Date of death {date.words}. Permission: {r.both}, daughter, by \
telephone, witnessed by {n.both} of decedent affairs.
1. Severe three vessel coronary atherosclerosis, with recent thrombus of the right coronary artery.
2. Cardiomegaly, 560 g. Left ventricular wall 1.9 cm.
3. Bilateral pleural effusions, 400 and 350 mL.
4. Arterionephrosclerosis. {neg}
Pacemaker generator {serial} explanted and returned to the manufacturer. Prosector {d.both}, MD; supervising {e.last}. Tissue retained \
under {id}. Funeral director called {date.short}.

## blood bank
TRANSFUSION REACTION WORKUP
Recipient {p.COMMA} {mrn}. Unit {id} RBC leukoreduced, started {time}, stopped after 85 mL for rigors, T 38.9. Clerical check: bag, tag \
and wristband ({id.2}) agree. DAT negative, no visible hemolysis, Gram stain of the bag negative. {lab} Anti-K and anti-Jka on file \
since {year} at {hospital}. Interpretation: febrile nonhemolytic reaction. May resume with leukoreduced product; Tylenol premedication \
optional. Reported to {n.both} 4W at {time}. {d.last} MD, transfusion medicine

## case management
CM initial assessment. Met w/ pt and spouse {r.first} at bedside. Lives in single story home in {city}, 3 steps to enter, no rail. PTA \
indep w/ ADLs, uses rollator outdoors. PCP {d.last}. Payor Medicare A/B, MBI {plan}, plus Medicaid {plan.2}. DME: home O2 2 L, vendor \
rep {m.both} {phone}. {neg} Therapy recs SNF. Choice list given; 1st choice {hospital}, 2nd {hospital.2}. Referral sent via portal, \
clinical liaison {n.first} will be on site {date.weekday}. IMM letter signed {date.short}. Barrier: spouse has to work nights till \
{date.short}. Expected LOS 2 more days. {e.both}, RN, ACM

## case management
Rapid response from APS: worker {n.both} ({phone}, fax {fax}) opened case {case} {date.numeric} for self-neglect. Pt {p.last} {years} \
y/o widower, hoarding, no heat since the {day}. Landlord {m.both} wants him out of {street}, {city}. Nephew {r.both} holds checkbook; \
SSN {ssn} on his paperwork matches ours. {lab} MOCA 14/30, capacity eval by Dr {d.last} pending. {neg} Petition for guardianship in \
{county} to be filed by hospital counsel. Will follow. MSW intern {e.first}

## clinical documentation query
CDI QUERY   Account {account}   Discharged {date.numeric}
To: Dr. {d.both}
Clinical indicators: WBC 18.4, lactate 3.1, T 39.2, HR 124, "urosepsis" documented in the progress note of {date.short}, blood cultures \
2/2 E. coli. Ceftriaxone 2 g and 30 mL/kg bolus given.
Please clarify the diagnosis being treated: sepsis due to E. coli UTI / UTI without sepsis / other / unable to determine. Do not lead. \
{neg}
{n.both}, RN, CCDS

## infection control
Reportable disease notification, {county} health department. Index case {p.both}, DOB {dob}, {street}, {city}, phone {phone}; acid fast \
smear 3+, MTB PCR positive, rpoB mutation not detected. RIPE begun {date.numeric} at weight 61 kg. Worked as a line cook until \
{date.short}. Household contacts: {r.both} (wife), {s.first} 6 and {m.first} 2, TSTs placed {date.short}. {neg} Airborne isolation, N95. \
Reported by {n.both}, CIC, to {e.last} by phone {time}; confirmed in state system event {id}.
"""

TEMPLATES = HOSPITAL + OUTSIDE

NEGATIVES = """
Courvoisier's sign is absent and there is no Virchow node.
The Lachman, pivot shift and McMurray maneuvers are all normal.
He meets two of the four Centor criteria.
Her Framingham risk is 12%, and by the ASCVD calculator 9.4%.
There is mild Schmorl's node formation at T11-T12 and L1-L2.
Facet arthropathy from C3-C4 through C6-C7 with a patent foramen at C7-T1.
The ramus intermedius and first obtuse marginal are free of disease; the LAD has a 40% mid lesion.
Left vertebral artery is dominant, the right PICA is not seen and both M1 segments fill.
SPRINT and ACCORD were discussed when we set a pressure goal.
In DAPA-HF and EMPEROR-Reduced the benefit appeared early (NEJM 2019;381:1995-2008).
See JAMA 2016;315:801-10 for the Sepsis-3 definitions.
Registered as NCT01206062; the dose follows the 2017 ACC/AHA guideline.
She had Guillain-Barre syndrome as a girl and recovered fully.
Charcot changes in the midfoot, Sanders type II.
An old Colles fracture and a healed Jones fracture are seen.
Lisfranc interval is preserved, Weber B ankle fracture is healing.
Non-Hodgkin lymphoma was ruled out; the Reed-Sternberg cells were not found.
Duke criteria: one major, two minor.
Light's criteria point to an exudate.
The Kocher and Pfannenstiel scars are well healed.
Whitaker test and Marshall test were not needed.
Cooper ligament and the space of Retzius were exposed, Bookwalter retractor in place.
The Foley drained clear urine and the Blake drain 25 mL.
Gardner-Wells tongs were removed; a Miami J collar is to be worn.
Held with Kelly clamps and cut with Metzenbaum scissors; an Allis was placed.
On Entresto, Farxiga, Toprol and Aldactone.
Takes Flonase, Singulair, Zyrtec and an Advair Diskus.
Allergic to Bactrim and Keflex (hives), intolerant of Lipitor.
Does yoga on Tuesdays and dialysis every other day of the week.
The flu shot was declined this fall; mammogram in 2018 was benign.
Appendectomy 1987, tonsillectomy as a child, hysterectomy 2003.
Graham Steell murmur is not heard; Austin Flint murmur cannot be excluded.
Bell's phenomenon is intact, Marcus Gunn pupil on the left.
Berry aneurysm of the A-comm was coiled in 2011.
Baker's cyst 4 x 2 cm in the popliteal fossa.
Morton neuroma in the third web space, Hunter canal block with ropivacaine.
Henoch-Schonlein purpura and Kawasaki disease are unlikely.
Hunt and Hess 2, modified Fisher 3, Spetzler-Martin II.
Child-Turcotte-Pugh B8, MELD-Na 21, Maddrey 38.
Glasgow 15, RASS 0, CAM negative, CPOT 2.
Gait is slow with reduced arm swing, Hoehn and Yahr stage 2.5.
Wood's lamp shows no fluorescence; Fitzpatrick type IV.
Alert, pleasant, grooming fair, thought process linear.
Skin is warm and dry, no rash, capillary refill two seconds.
Spontaneous bacterial peritonitis was excluded with 112 neutrophils.
He walks two miles most days and sleeps six hours a night.
Denies fever, night sweats or travel outside the state.
Grew up in Guatemala, came to California as a teenager; eats mostly at home.
Diet is low in Sodium and high in the Mediterranean pattern.
Stage IIIA (T2b N2 M0), EGFR exon 19 deletion, PD-L1 60%.
JAK2 V617F negative; BCR-ABL p210 not detected; HLA-B27 positive.
Epic was down for two hours, so vitals were written on paper.
The Rocky Mountain spotted fever and Lyme titers are pending.
Pneumovax, Prevnar and Gardasil are up to date.
"""

LABS = """
BP 146/92, pulse 104, respirations 22, temperature 100.4, saturation 91% on room air.
Vitals: T 36.8 HR 71 BP 112/66 RR 14 SpO2 99%.
Sodium 134, potassium 3.1, chloride 98, bicarb 27, BUN 31, creatinine 1.62.
WBC 14.7 with 88% neutrophils, hemoglobin 9.2, platelets 412.
Troponin 0.02, 0.11, 0.48 ng/mL at 0, 3 and 6 hours.
UA: SG 1.020, 3+ blood, 25-50 WBC/hpf, nitrite positive.
VBG 7.29/55/38/24, lactate 2.6.
Wt 71.4 kg (72.9 yesterday), net -1,480 mL.
PT 15.2, INR 1.4, PTT 31, fibrinogen 260.
CRP 118, ESR 74, ferritin 1,904, procalcitonin 6.2.
TSH 8.41, free T4 0.7, cortisol 14.
BMP: 138/4.4/101/25/12/0.88<104.
EF 60 to 65%, E/e' 9, RVSP 38 mmHg.
BMI 33.7, waist 108 cm.
"""

DOSES = """
Lasix 40 mg IV twice a day.
Zosyn 4.5 g every 8 hours by extended infusion.
Lisinopril 20 mg, hold for SBP < 100.
Gabapentin 300 mg tid, titrate to 600.
Oxycodone 5 mg, 1-2 tabs q4-6h prn, #15, no refills.
Heparin 5,000 units SQ q8h.
Tab Pantoprazole 40 mg OD before breakfast.
Colecalciferol 800 IU od, co-codamol 30/500 prn.
Solu-Medrol 125 mg then prednisone 60-40-20 over nine days.
Ativan 1 mg IV x1, may repeat in 15 min.
Plavix 75, Crestor 40, Coreg 6.25 bid.
Levaquin 750 mg po daily x 5 d.
"""
