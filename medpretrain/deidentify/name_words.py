"""Words that tell a name from what is none: titles, roles, relations, credentials; eponyms, and the words that follow them."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Before a name. A plain title is believed before any capitalised word, one that is a word of the language too only before a name.
TITLES = _set("""dr drs mr mrs mister messrs prof professor doctor dra docteur herr frau señor señora monsieur madame mme mlle mx""")
DOUBTFUL_TITLES = _set(
    """ms miss nurse sister brother father mother fr rev reverend pastor rabbi imam chaplain deacon sgt sergeant lt lieutenant capt
    captain cpt col colonel maj major gen cpl pvt officer deputy detective trooper judge justice attorney sen senator gov governor sir
    dame lord lady madam madame coach uncle aunt auntie grandma grandpa granny nana papa cousin don doña hon sheikh sr sra np pa rn
    pharmacist therapist intern resident fellow surgeon dietitian midwife paramedic psychologist psychiatrist cardiologist neurologist
    dentist"""
)
ABBREVIATED_TITLES = _set("dr drs mr mrs messrs prof ms fr rev sgt lt capt cpt col maj gen cpl pvt sen gov hon sr sra mx")
RELATIONS = _set(
    """stepdad stepmom stepbrother stepsister half-brother half-sister stepchild foster-mother foster-father grandkid grandkids godparent
    great-aunt great-uncle granddad grandpa grandma nana papa gramma mama papá mamá abuela abuelo tia tio triplet triplets kids
    children kid dads moms mommy daddy godmother godfather goddaughter godson hubby ex dtr stepfather's sib caseworker daughter
    daughters son sons wife husband spouse mother father mom mum dad sister sisters brother brothers aunt uncle niece nephew cousin
    grandmother grandfather grandson granddaughter grandparents stepmother stepfather stepson stepdaughter fiance fiancé fiancee
    fiancée girlfriend boyfriend partner roommate neighbor neighbour friend friends caregiver caretaker carer guardian kin sibling
    twin twins proxy conservator aide baby infant son-in-law daughter-in-law mother-in-law father-in-law sister-in-law brother-in-law
    parent parents ex- ex-wife landlord boss employer teacher babysitter"""
)
# The last word of a form's label: what stands behind its colon is a person.
ROLES = _set(
    """attg dependent pcg hcp nok gal rep medic recordtarget interpreting discussant caller driver crew presenter scrub circulator
    chaplain caseworker respondent minor inmate student patient pt client resident physician physicians doctor attending surgeon
    surgeons assistant assistants anesthesiologist anesthetist anaesthetist consultant consultants provider providers practitioner
    clinician pcp pmd referring referrer requester author dictator transcriptionist transcriber signed cosigner co-signer signature
    nurse rn technologist technician tech sonographer radiologist pathologist cardiologist psychiatrist psychologist therapist
    pharmacist counselor counsellor dietitian midwife interpreter witness informant historian guarantor subscriber policyholder
    insured beneficiary guardian contact caregiver hospitalist intensivist intern fellow perfusionist scribe operator endoscopist
    proceduralist oncologist neurologist urologist gastroenterologist nephrologist pulmonologist obstetrician pediatrician cc re to
    from attn attention by dear manager worker coordinator supervisor investigator member examiner evaluator reviewer reader admitting
    ordering primary staff md do np pa spouse mother father husband wife son daughter brother sister kin parent parents surrogate
    proxy poa employee applicant subject donor recipient sender user bot"""
)
# "Name" and what makes it the name of something else.
NAME_LABELS = _set("name names surname nombre alias aka forename maiden")
PART_LABELS = _set("first last middle given preferred")  # of the parts of a name, before a colon or in a column
NO_PERSONS_NAME = _set(
    """model sample drug brand generic trade product test study procedure facility hospital file medication medicine device protocol plan
    program insurance payer company pharmacy school employer street city clinic unit department service laboratory lab domain user
    scientific chemical common group organization practice business display project trial code agency event site location in by his of"""
)
# Before the names of places: San Francisco, Mount Sinai, Lake Charles.
PLACE_OPENINGS = _set(
    """san santa santo sao são st saint ste sainte los las fort ft port mount mt lake new north south east west camp cape el la le glen
    point university tai camino"""
)
PLACE_PREPOSITIONS = _set("in at from near to outside around of through via across")
PLACEHOLDERS = _set("x y z xx xxx xxxx xxxxx xyz abc abcd cd ab sample test doe-sample xxxx-xxxx yyy zzz")
CREDENTIALS = _set(
    """md do rn np pa pa-c phd crna lpn lvn cna aprn arnp fnp fnp-c fnp-bc acnp dnp cnm cnp cns dpm dds dmd pharmd rph facs facc facp
    facog faap facep fccp frcp frcs frcpc mrcp mbbs mbchb mph msn bsn lcsw msw lmsw lmft lpc psyd edd dpt pt dc otr ot slp ccc-slp rd
    ldn emt emt-p rrt crt rt ma ms mha mba jd esq msc abpp ccrn cde rdms rvt chb od nd rdcs dsc acnp-bc agnp anp cpnp pnp rdh spt pta
    cota lmhc lpcc lcpc lisw bcba cgc aud cma rma cpht rdn mls rpsgt rpt lac ldm cadc otr/l cct ccp frcpath frca mrcs mrcgp bds fracs
    franzcp fracgp fracp franzcog frcr frcsed frcem ffarcsi frcophth cic lcgc fasn facg fache faan faha crnp csfa cst cmt rhit cpc ocn
    cwocn cwon pharmd-candidate rdmt chpn"""
)
# Credentials that are much else too: only behind a comma.
DOUBTFUL_CREDENTIALS = _set("do pa ma ms pt ot rt od nd np rd dc cns crt jd chb cnp slp md")
PARTICLES = _set(
    """van von der den de del della dela delos degli di da dos das du la le las los el al bin bint ibn ben abu abd ul ter ten te vom zu
    zum zur st y e d 'd op het af av do lo san santa mac 't auf und i"""
)
# Always in lower case between the parts of a name; nothing that is a word of English.
LOWER_PARTICLES = PARTICLES - _set("do st te e d san santa mac ten i lo")
SUFFIXES = _set("jr sr ii iii iv esq")
# Before a name with a preposition: "discussed with Chen", "dictated by Marsh", "spoke to Jan".
CONTACTS = {
    "with": _set(
        """discuss discussed speak talk meet confer consult spoke spoken speaking talked talking met meeting lives living consulted
        conferred communicated reviewed visit visited appointment conversation followed follow accompanied here coordinated shared confirmed
    scrubbed worked married engaged home stays staying call discussion seen up interview therapy f/u follow-up followup"""
    ),
    "by": _set(
        """dictated signed seen reviewed referred performed ordered transcribed verified interpreted read authenticated evaluated examined
    followed assisted cosigned co-signed accompanied entered approved electronically written completed prepared requested done given
    administered obtained placed treated assessed managed called interviewed documented attested finalized edited typed provided
    recommended supervised driven brought witnessed confirmed acknowledged collected notified released checked drawn directed received
    authored scribed attended supported raised recorded submitted validated"""
    ),
    "to": _set(
        """spoke spoken speaking talked talking referred reported married assigned according faxed mailed sent handed given engaged copied
    signed addressed returned explained forwarded communicated said introduced related admitted born"""
    ),
    "of": _set("""care service services direction supervision office request patient son daughter wife husband mother father clinic"""),
    "is": _set("name pcp doctor physician proxy surgeon cardiologist oncologist agent attending nurse"),
}
# Right before a name, whatever stands before them.
NAMED = _set(
    """named called paged contacted notified phoned telephoned texted emailed per informed told asked alias via dear hi hello thanks"""
)

# What no name goes on with, or begins with.
NO_NAME = _set(
    """reason bills tab tabs prior pov vis ems gal over after before during since about around only all some any most gave given each
    every under until while within both either alaska colorado texas california hawaii nevada oregon kansas iowa idaho utah ohio maine
    michigan minnesota illinois oklahoma arkansas nebraska massachusetts connecticut pennsylvania louisiana kentucky maryland
    tennessee vermont wisconsin wyoming mississippi missouri alabama arizona england america europe africa asia london british
    american european african asian french german swiss chinese japanese mexican indian the a an this that these those he she it they
    we you i his her their our its my and or but if when with without for from in on at by to of as is was are were be been has had
    have no not none unknown n/a na nil see same self dob mrn ssn age sex gender date time phone fax tel address account acct acc
    admission admitted admit discharge discharged room bed unit ward id number no. history physical diagnosis procedure patient pt
    name service location department dept exam examination findings impression plan assessment medications allergies indication
    indications report note accession referring attending physician dictated signed job monday tuesday wednesday thursday friday
    saturday sunday january february march april june july august september october november december jan feb mar apr jun jul aug sep
    sept oct nov dec today yesterday tomorrow hospital clinic center centre medical dear re cc male female years year old am pm est
    pst who what which where because however therefore also then there here please thank yes denies reports states will would should
    could can may might must did does do left right bilateral anterior posterior cardiology neurology radiology surgery pediatrics
    psychiatry oncology urology dermatology pathology emergency team staff office family social review chief complaint past present
    preoperative postoperative operative subjective objective electronically transcribed reviewed specimen clinical final preliminary
        safari payer payor humana tagalog ilocano cebuano oncotype coll hosp anes mailing sensing orange dea osha opat vash hud toyota
    honda hyundai
    nissan medicaid tricare aetna cigna amsler hoyer anointing baptized pano wheelchair hhs cwocn
    addendum comparison technique md rn np phd dr mr mrs ms miss prof medicare medicaid english spanish insurance icu er ed us usa"""
)
ARTICLES = _set(
    """a an the this that each another standard modified using via no negative positive two bilateral left right small large french fr"""
)

# People who gave their names to what they found: no names of patients or staff unless a title says so.
EPONYMS = _set(
    """abrikossoff achilles adams addison adie adson alagille albers albright alexander alice allen allis alport alzheimer angelman
    antoni apert apgar argyll arnold asherman asperger auspitz austin babcock babinski baker balint balfour bankart bankson barlow
    barr barre barrett bartholin bartlett barton bartter basedow bazett becker beckwith beck behcet bell bence bence-jones benedict
    bennett berger bernard bernstein bier bigelow billroth birbeck bishop bitot blalock bland blumer bloom blount boas boerhaave boari
    bohler bouchard bourneville bovie bowen bowman braun braxton brenner bright briquet broca brodie brown brudzinski brugada brunner
    bruns brushfield bruce budd buerger buckley burch burkitt byrd calot campbell camurati capgras caplan caroli carpenter carney
    castell castleman chadwick chagas charcot chance cheadle chediak cheyne chiari child child-pugh chopart christmas chvostek churg
    clark clarke cloquet cobb codman cogan collins colles cooley cooper coombs corrigan costen cotard courvoisier couvelaire cowden
    cowper craig crede creutzfeldt crigler crohn cronkhite crouzon cruveilhier cullen curling cushing dandy davies debakey de dejerine
    delorme denonvilliers dercum dieulafoy diego digeorge dix dobhoff doege doppler dorsey down downs dravet dressler dubin duchenne
    duffy duke dukes dupuytren duroziez ebstein edwards ehlers eisenmenger ellis epley epstein erb erlenmeyer evans ewing fabry
    fallopian fallot fanconi felty finkelstein fitz fogarty foley fontan forbes fordyce fournier fowler fox francis frank frankel
    freeman friedreich friedlander frohlich froment frey fuchs galeazzi gallie gamna ganser gardner gartner gaucher gelpi gerota ghon
    gilbert gilles gigli glasgow gleason glanzmann goldenhar golgi goldmann goodpasture gordon gorlin gottron gowers gradenigo graefe
    graf gram graves greenfield grey griffith grocott grynfeltt guillain guedel gustilo guthrie hageman haglund hallervorden halsted
    hampton hand hansen harrington harrison hartmann hartnup harris hashimoto hasson hawkins hawthorne heaney hegar heberden heerfordt
    heimlich heineke heinz heister heller henderson henle henoch hering hess hesselbach hickman higoumenakis hill hirschsprung hodgkin
    hoffa hoffman hoffmann hohmann holmes holter homans horner houston howell hudson humphry hunt hunter huntington hurler hurthle
    hutchinson hickey inglis ivor jackson jacksonian jackson-pratt jacob jamshidi janeway jarisch jefferson jenkins jervell jobe jones
    judkins kallmann kaposi kartagener kasabach kasai katz kawasaki kayser kearns kehr keith keller kelly kennedy kerley kernig
    kerrison kidd kiel kienbock killian kimmelstiel kinyoun kirschner klatskin kleihauer klein klinefelter klippel klumpke koch kocher
    koebner kohler koplik korotkoff korsakoff krabbe kraske krukenberg kuntscher kugel kussmaul kveim lachman ladd laennec lambert
    lambl landry langer langerhans langhans lanz laplace larrey larsen lasegue laurence leber leder legg legionnaire leigh lembert
    lennox leopold leriche lesch lewis lewy leydig lhermitte libman liddle lisch lisfranc little littre lobstein locke loeffler
    loffler lou louis louis-bar lowe ludwig lund luschka lutembacher lyme lynch mackay mackenzie madelung maddox maffucci magill
    mallory mallory-weiss maisonneuve malgaigne mantoux marcus marfan marie marjolin marshall martin mason mayer mayo may may-thurner
    mcardle mcburney mccune mcdonald mcgill mcginn mcivor mclaughlin mcmurray mcroberts mcvay meckel meig meigs meibomian meissner
    mendelson menetrier meniere menkes merkel metzenbaum meyer michaelis mikulicz miller milroy minor mirizzi mitchell mobitz mohs
    moll mondor monro monteggia montgomery moore morgagni morison moro morquio morrison morris mortimer morton moschcowitz muller
    munchausen murphy nabothian naegele nelson neer netherton niemann nissen nissl noonan norton norwood oddi ogilvie ollier ommaya
    osgood osler osler-weber oswestry ostwald outerbridge paget palmer pancoast panner papanicolaou parkes parkinson parks parry
    pasteur patrick patau paul pel pellegrini penrose perthes peutz peyer peyronie pfannenstiel phalen pick pierre pierce plummer
    poland pompe poole poppen potain potter pott potts poupart prader pratt preiser prinzmetal proctor pringle purkinje purtscher
    queckenstedt quincke ramsay ramstedt rankin ransohoff ranson raynaud raytec reed refsum reichert reiter rendu retzius rett reye
    reynolds reynold richardson richter riedel riley ringer rinne robert roberts robin robinson roger rolando romano romberg
    rokitansky romana rorschach ross rotor roux rovsing rush russell rose rosen rubin salter sampson sanders sandhoff santorini savary
    sattler scarpa schatzki scheuermann schilling schirmer schmorl schober schonlein schuller schwann scott seldinger segond
    seitelberger sengstaken senning sertoli sever sezary sharpey sheehan shepherd shirodkar shouldice shy siamese simmonds simon sims
    singleton sipple sister sjogren skene smith snellen sonnenberg spencer spigelian spurling stamey stanford starling steele steinert
    steinmann stein stein-leventhal stensen stevens stevens-johnson stewart still stokes strauss strumpell stryker sturge sturm sudeck
    sutton swan swan-ganz swanson swenson swyer sydenham syme takayasu tamm tanner tay taussig taylor tenckhoff terry thiersch thomas
    thompson thomsen thornton thurner tietze tinel todd tourette towne treacher treitz trendelenburg trousseau turcot turner tzanck
    uhthoff unna valsalva vater venturi verner virchow vogt volkmann von waardenburg wagner waldenstrom waldeyer waller wallenberg
    walton wangensteen ward warren warthin waterhouse waterston watson watzke webb weber wechsler wegener weil weiss weitlaner wells
    wenckebach werdnig wermer werner wernicke wertheim westergren western westphal wharton whipple white whitfield whitmore wickham
    wilms willis willebrand williams wilson winslow wirsung wiskott wolf wolff wolffian wolman wood woods wormian wright yates
    yankauer young zenker ziehl zieve zollinger zollinger-ellison zimmer angle angell basel bethesda bosniak breslow clavien fuhrman
    hinchey killip kellgren lawrence lauren lund-mackay mallampati milan rai rutherford stanley forrest forest fredrickson garden
    schatzker denis gartland seddon sunderland ashworth barthel berg braden hachinski hamilton karnofsky morse ranchos weaver wexler
    zung likert kaplan meier kaplan-meier cox student wilcoxon mann whitney fisher pearson spearman kruskal kolmogorov bonferroni
    tukey fick frank-starling henderson-hasselbalch cockcroft gault kling labbe camino danek kager hank sondergaard hulka galen prior
    jamar doyle erich fukuyama cornelia armstrong ullrich fleming glenn duane cohen kinsey denver mcmaster midas owen rome louie
    healon reid friedewald bakri blake blom bonanno cordis cook hemovac malecot mitek arthrex depuy medtronic penn philips siemens
    olympus storz ethicon covidien abbott pfizer merck novartis roche lilly bayer boston scientific baxter bard guidant biotronik st
    jude synthes biomet smith-nephew nephew collis senn blakemore ober metz marshall-marchetti salter-harris lambert-eaton
    gardner-wells adams-stokes stokes-adams brown-sequard brown-séquard smith-petersen smith-robinson hunt-hess ivor-lewis martin-bell
    kelly-bronze russell-silver silver-russell prader-willi may-hegglin rubinstein-taybi williams-beuren treacher-collins weaver-dunn
    watson-jones hutchinson-gilford sturge-weber wolf-hirschhorn miller-fisher miller-dieker smith-lemli-opitz smith-magenis
    stewart-treves austin-flint graham-steell carey-coombs hamman-rich duke-elder frank-starling crawford-adams allen-brown
    adamkiewicz hoehn yahr hallpike bentall latarjet brostrom puestow toupet duhamel jatene rastelli bouveret cantlie caldwell-luc
        couinaud deaver finochietto girdlestone langenbeck leksell lefort mitrofanoff ortolani ravitch shenton stoppa veress witzel
    lund-browder browder humphreys jamar ling kemp ortolani-barlow hakim"""
)
# What stands behind an eponym or a maker's name where it is one.
MEDICAL_NOUNS = _set(
    """disease diseases syndrome syndromes sign signs test tests reflex reflexes catheter catheters clamp clamps retractor retractors
    procedure operation repair maneuver manoeuvre classification criteria criterion score scores scale scales stage stages staging
    grade grades type types fracture fractures dislocation node nodes nodule nodules ligament duct gland glands cyst cysts canal tube
    tubes drain drains stent stents graft grafts valve valves needle needles blade forceps scissors suture sutures stitch technique
    approach incision position palsy paralysis contracture ulcer ulcers hernia diverticulum diverticula esophagus oesophagus
    thyroiditis lymphoma lymphomas tumor tumour tumors tumours sarcoma carcinoma cancer anemia anaemia neuropathy dystrophy ataxia
    aphasia area cells cell bodies body law phenomenon point line lines triangle pouch space fossa fascia muscle nerve ganglion angle
    index ratio equation formula method stain staining agar medium solution antigen antibody virus bacillus lens loupe lamp chart
    charts monitor monitoring pump balloon bag button plug port pad stand table frame splint brace cast boot collar sling bandage
    dressing wrap pin pins wire wires rod rods plate plates nail screw screws prosthesis implant device scope speculum dilator
    dilators bougie curette rongeur elevator hook osteotome saw drill cautery electrocautery knife snare basket filter coil coils clip
    clips stapler tourniquet chorea dementia encephalopathy lesion lesions defect deformity malformation anomaly tetralogy pentad
    triad cirrhosis granulomatosis arteritis vasculitis purpura osteodystrophy osteochondritis spots spot patches rings ring
    nodosities crisis attack tic tics mutation gene exercise exercises manuever position's tap shunt bypass anastomosis pyeloplasty
    hysterectomy colectomy gastrectomy fundoplication myotomy amputation arthroplasty osteotomy flap block anesthesia breathing
    respirations respiration waves wave murmur sound pulse pneumonia fever hepatitis nephritis myopathy exam examination questionnaire
    inventory coma scan cartilage neuroma neuromas holder membrane tendon artery vein sinus plexus bundle fibers fibres network
    foramen fold folds tubercle tuberosity hemorrhage infection osteomyelitis arthritis epilepsy seizure seizures migraine neuralgia
    pupil pupils knot knots reaction response effect agglutination count units unit gauge cannula trocar introducer sheath guidewire
    endoscope laryngoscope bronchoscope colostomy gastrostomy reservoir oil paste mixture lotion cream tablet tablets capsule capsules
    injection insulin lung liver kidney virus's trisomy hypothesis theory principle rule rules protocol regimen diet contraction
    contractions calcification fluid jelly corpuscle corpuscles layer substance zone fistula tear avulsion keratosis melanosis
    dysplasia erythroplasia odontoma ameloblastoma teeth tooth cavity cone cap pelvis view views projection technic curve diagram plot
    hysteria psychosis mania disorder disorders deficiency condition lemniscus tract nucleus column horn bone bones joint pigmentation
    pruritus rash erythema exanthem telangiectasia cushion pillow bed chair stocking stockings pack packing sponge swab tape foam gel
    oximeter ventilator mask laser light cystoscope resectoscope arthroscope dissector spreader passer punch chisel gouge mallet
    spatula tray kit set system generator pacemaker defibrillator leads lead electrode electrodes"""
)
# Names that are also words of `NO_NAME`; those of the second only behind a title.
NAMES_BEHIND_TITLES = _set("an do see so her day early past monday")
NAMES_TOO = _set("may april june august will jan march")
# Abbreviations where initials may stand ("by MRI").
NO_INITIALS = _set("CT MRI EMS PCR EEG EKG ECG TTE TEE IV PO IM SC SQ IR MD RN NP PA PT OT ED ER ICU US PCP PMD DOB MRN AM PM EMG CSF")
BEFORE_LAST_NAMES = frozenset((PARTICLES - PLACE_OPENINGS | _set("le la los las")) - _set("i y e d do und auf 't op te"))
