"""What stands beside somebody who is named without a title: departments, roles, relations in short, verbs, what makes a signature; and the
eponyms, brands and abbreviations that stand in the same places."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Right before a name, in any case: "Ortho Baker", "urology (Moore)", "RD: Fields".
DEPARTMENTS = _set(
    """ortho orthopedics orthopaedics surgery surg cards cardiology cardio neuro neurology neurosurgery neurosurg nsgy nsg gi id renal
    nephro nephrology ob obgyn gyn gynecology obstetrics obs anesthesia anaesthesia anes ir urology uro ent psych psychiatry pulm
    pulmonary pulmonology heme hematology onc oncology radonc endo endocrine endocrinology derm dermatology rheum rheumatology
    ophtho optho ophth ophthalmology optometry plastics vascular trauma micu sicu icu ccu cvicu picu nicu er ed peds pediatrics
    paeds medicine im fm family hospitalist palliative pall ethics pharmacy pharm respiratory dietary nutrition sw cm msw wocn woc
    ostomy ep pmr physiatry podiatry dental omfs oms hepatology hep transplant cts thoracic radiology rads pathology path lab micro
    dialysis rehab perfusion genetics geriatrics geri immunology allergy toxicology tox a&e gp oncall"""
)
STAFF = _set(
    """sub-i subi pcp pmd pcm np pa rn lpn lvn cna pca crna cnm rd slp rt cta ma mda pgy ms3 ms4 scribe tech aide sitter charge
    security chaplain escort doula midwife transporter transport ems medic emt driver interpreter translator officer deputy guard
    detective trooper scrub circulator circ asst assistant perfusionist attg attending fellow resident intern senior extern student
    hospitalist intensivist dietitian dietician nutritionist phlebotomist phleb sonographer technologist technician operator
    dispatcher prosector pathologist radiologist cytotech cytotechnologist supervising staffed ordering referring ref refd refer
    reviewer auditor adjuster agent broker rep liaison coordinator navigator clerk secretary receptionist registrar consultant
    therapist counselor counsellor psychologist psychiatrist hygienist dentist ortho-tech teacher coach principal landlord director
    manager supervisor administrator don adon owner witness notary nurse nurses sister matron houseman sho f1 f2 st1 author editor
    dictating dictator transcriptionist examiner proceduralist surgeon anesthesiologist anesthetist anaesthetist urologist
    cardiologist neurologist nephrologist oncologist gastroenterologist pulmonologist endocrinologist dermatologist rheumatologist
    obstetrician gynecologist pediatrician podiatrist optometrist pharmacist caseworker worker provider clinician practitioner
    presenter discussant investigator cosigner verifier preceptor endorsing covering accepting sending receiving transferring
    oncoming offgoing incoming outgoing handoff backup cosign airway compressions recorder timekeeper leader aps cps dcf dss hospice
    night nights overnight team up hyg recs recommendations pi co-pi subpi sub-investigator cra crc cg int mcp spr str fy cst ort
        hca dsn cpn ooh ahp gc rdms rdcs rvt dds dmd dnp aprn fnp rrt rdh mfm abstractor coder collector sponsor chaperone ff rounding
    ofc teammate firefighter
        sgt cpl capt lt elder elders nanny babysitter vendor attorney lawyer atty vet imam rabbi priest deacon bishop lifeguard usher
    pilot cook
        janitor custodian housekeeper aides sitters dosimetrist physicist audiologist orthotist prosthetist embryologist geneticist
    prescriber
    prescribing dispenser checker screener evaluator examining hospital-police courier taxi paraprofessional para principal's crt fnp-c
    neonatologist perinatologist physiotherapist physio chiropractor acupuncturist naturopath biller scheduler greeter
    volunteer ot mw hv consultand"""
)
CLIENTS = _set(
    """source donor recipient index proband consultand subject client member claimant insured guarantor plaintiff defendant inmate
    detainee prisoner patient pt resident minor employee beneficiary subscriber policyholder dependent sponsor roommate neighbor
    neighbour friend boss partner fob mob bf gf so fiance fiancee hubby dil sil bil mil fil dtr bro sis gma gpa mgm pgm mgf pgf mom
    mum dad mother father wife husband spouse son daughter sister brother aunt uncle niece nephew cousin grandmother grandfather
    grandson granddaughter caregiver caretaker carer guardian poa hcp hcpoa mpoa dpoa nok proxy surrogate conservator gal informant
    contact kin twin baby infant student camper passenger decedent foc moc petitioner respondent veteran trainee stepson stepdaughter
    stepfather stepmother stepdad stepmom ex-husband ex-wife ptn re"""
)
# Whom one calls or meets: right before a name.
VERBS_BEFORE = _set(
    """call calls calling page pages tell tells told ask asks asked asking contact contacting notify notifying text texting see sees
    saw seeing meet meets meeting met remind thank thanks thx email emailed inform informed paged phoned fax cc attn per cc'd hi
    hello hey dear"""
)
# What goes to a person, comes from one, is done by or for one: before the preposition that stands before a name that no lexicon has.
BEFORE_PREPOSITIONS = {
    "to": _set(
        """referral referred refer admit admitted message msg letter fax faxed copy handoff report transfer care spoke talked page paged
    call calls sent assigned married reach reached transferred forwarded routed deferred signed signout"""
    ),
    "from": _set(
        """call callback back message msg letter note records record report referral consult req request requested recs rec input text
    email word heard orders order signout handoff visit vm voicemail received rcvd"""
    ),
    "by": _set("note consult eval exam recs visit letter read report op surgery procedure bx biopsy scope cath followup f/u"),
    "for": _set("covering vm lvm message msg left waiting ask asks asked looking calling dictating scribing scribe signing call page"),
    "of": _set("pt patient patients office"),
}
TOLD = _set(
    """tell tells told ask asked asks call calling called page paged paging notify notified contact contacted contacting reach reached
    phone phoned text texted email emailed thank met remind reminded inform informed updated update re-paged repaged"""
)
# Words that begin a sentence before a name: "As Brooks noted", "At Brooks's request".
FUNCTION_WORDS = _set(
    """as at with per by from after before while if when since because both and but until unless although though for to like unlike via
    without about once than whereas or that where"""
)
# Of what somebody does, behind a name that begins a sentence.
VERBS_BEHIND = _set(
    """keeps kept needs needed wants wanted seen saw sees does did doesn't didn't called calls says said states stated reports reported
    denies denied asked asks told tells moved moves agrees agreed aware notified paged informed updated consulted following follows
    covering thinks thought feels felt hopes knows knew lives lived works worked stays stayed came comes goes went wakes woke eats
    ate sleeps slept refuses refused declined declines consents consented signed brought brings drove drives helps helped visited
    visits left returned returns arrived phoned rang texted emailed wrote repeated verified witnessed recommends recommended
    requests requested accepted explained admitted admits endorses endorsed expressed remains understands verbalizes verbalized
    tolerated ambulated walked walks voided cried smiled spoke speaks insists complains complained prefers enjoys enjoyed likes
    loves hates worries worried gave gives gets got led assisted attended presents presented underwent turned hit hurt pushed kicked
    took takes scoped intubated operated noted notes spiked desatted slipped fell recalls recounts relates remembers cannot can't
    won't wasn't isn't hasn't rounding drew naps napped showed shows wrote writes ran signs covers translates translated interprets
    drives cooks handles manages reviewing ordering reading addending monitoring coming rotating precepting cleaning helping caring
    sends sent keeps runs swims attends teaches taught rides rode sees"""
)
AUXILIARIES = _set("is was has had will would can could should may might must")
QUESTIONS = _set("can could would will did does is has should was are may")
# Who signs before or behind a name.
CLOSINGS = _set("thx thanks thank regards best sincerely cheers yours respectfully warmly ty love truly faithfully")

# Eponyms that many people bear, and that nobody writes without a noun behind them for what they stand for.
COMMON_EPONYMS = _set(
    """adams alexander allen andrews armstrong ashworth baker bartlett barton bell bennett berger bernard bernstein bloom bowen brown
    bruce burke campbell carey carpenter clark clarke cohen collins cook cooper craig cullen davies dawson duffy duke edwards ellis
    epstein evans fisher fleming forbes fox francis frank freeman friedman gardner garner gilbert goldberg gordon graham grant green
    grey griffith hall halsted hamilton hammond hansen harrington harris harrison henderson hess-smith hill hoffman holmes howell
    hudson hunt hunter hutchinson inglis jackson jacob jenkins johnson jones katz kaufman keith keller kelly kennedy kidd killian
    klein landry langer lawrence lewis louis lowe mackay mackenzie maddox mallory marcus marie marshall martin mason mayer mcdonald
    mclaughlin mcmaster meyer miller mills mitchell montgomery moore morrison morris morton muller murphy nelson newman norton
    palmer parker parks parry patrick paul pearson pierce pierre poole porter potter powell preston rankin reed reid reynolds
    richards richardson richter riley robert roberts robin robinson roger rogers rose rosen ross rubin rush russell salter sampson
    sanders scott shepherd simmonds simmons simon sims singleton smith spencer steele stein stevens stevenson stewart stokes strauss
    sutton swanson taylor terry thomas thompson thornton todd turner wagner walker walton ward warren watson weaver webb wells
    wheeler white whitfield whitmore williams wilson winslow wolf wolff wood woods wright yates zimmerman glenn young duane erich
    owen stanley neer-smith weiss werner webber webster wolfe bishop boyd burch cornelia alice hazel virginia"""
)
# Words that lexicons have as names and that stand amid sentences with a capital as something else.
NO_PERSONS = _set(
    """allegra alcon ace afghan alabama alaska albania algeria alpha america amish angola argentina arizona arkansas armenia asahi asia
    atlanta australia austria avon back basic bath bengal bermuda beta bible black bolivia bookwalter borg brain brazil britain
    bulgaria cambodia cameroon canada candida carelink caucasian cerner chad chi chile china christian christ coban cobalt cochrane
    colombia columbia congo cuba cuban cyprus danish dana darvon dawson day deep denmark deutsch dos dulcolax early easter ecuador
    egypt el elisa endo england epic ethiopia cocci topic hank jude june student scientific milan kling kerlix general minor good
    europe facebook fed fedex pleasant law reason goya cavit finland flovent florida flowtron foot france fresh gamma gazelle
    georgia germany ghana glass god google gore gore-tex greece greek guatemala guyana haiti hallmark hanks harmony hawaii hebrew
    hip hispanic honduras hudson hungary iceland india indiana iowa iran iraq ireland irish israel italy jamaica japan java jersey
    jesus jewish jordan kaiser kansas kenya kentucky kerala kittner korea koran kuwait lab latin latvia laos lebanon leeds liberia
    libya lice lithuania lord los loa louisiana low lower luer lutheran maine macintosh malaysia mali malta maryland maxim mayfield
    mercy methodist mexico michigan micronase miralax missouri mongolia montana morocco moses mount muslim nebraska nepal nevada
    newport nigeria north norway november oasis ochsner ohio oman opsite oral oregon ortolani oxford pacific page pakistan pam
    panama pap paraguay paris part parts pelican penn peru philippines pink poisson poland polish portugal portnoy post price
    prometheus puerto qatar quaker quebec ray-tec raytec red risser romania roman royal russia russian rwanda sabbath samaritan
    samoan san santa santo saudi scandinavia scotland senegal senna serbia seven shimada short siamese side sierra silver singapore
    skype small somalia sony south spain sri stata statin sudan sun supreme sutter sweden swedish syria tab taiwan tanzania tarceva
    tegaderm tennessee texas thai thailand thanksgiving tono-pen trinidad tuohy turkey uganda ukraine uranus uruguay utah van
    venezuela vermont vietnam vietnamese virginia-slims visa vit wales washington wave welsh west wyoming yemen york zambia zika
        author general hoyer toyota sedgwick humana tagalog payer safari oncotype branch zometa zoom ambu aqua betadine chux cidex
    dakin depends ensure glucerna jevity kleenex maalox medline mylanta percoset procardia
    pyrex quorum ramadan spiro swan-ganz tabs tylenol vaseline velcro vicks xerox zofran aries cancer gemini leo libra scorpio
    taurus virgo"""
)
# Names that are more often plain words of clinical texts: a person's only where something beside them says so.
PLAIN_WORDS = _set(
    """white brown green grey rose frank pearly pat ether feline berry amber cavit medic add ah alas albino ale alfa ally ama among
    anon antero arch art arts asks atlas aura author bail ball ban bar bare baron bean beard beat beer begin bent best bill bite
    bitten blessing blot boon bore bra branch brands brick bridge brink bud buddy bull burns burrows bury butcher cai cal camps
    canals cannon cant captain car cares carina carmine carrier carry carton case cases cash chambers cherry chip cisterna clear
    cliff close colas colic colon colonel come comfort comment company constant convey coral cord council cousins cruise crystal dam
    dar dare darling dash del delta desire diamond dias ding dis divine doc doctor doll dove drew drum earnest echo edu elder else
    emerald en era essence ever fair fairy fall fan fancy fang fanning fares fate fee fema field fields fleet flood floor flowers fo
    forget freely fry fu fundi gale gamble gang gay glasses golden governor grand gravel gray gross guard gully gun gurney gut ha
    ham hammer handy hare harm harsh hasty haven hay hearty held hell helm hence herd herring hills hind hong house hug hung hurt ib
    icy innocent ion ismo ivory jail jet joke journey judge junior junk justice key kick killer kind kiss lad lady las lawyer leafy
    lean less levy liberty lie lies link lips list lo loan lone long lot love loyal lucid lucky mad made magic major mal man marine
    mark marks marry marshal mas master mat mate math mayor mcdermott media merry mets mile min mist moles more morrow mountain moya
    mule nadir neo neu ni noble oak odd odds oh ole orange org ott owe pace pages pak palm palmar pan patience peace peck peer
    pepper pets petty pi pier plank plaza po pole poll pons pop porta power press prince prosper purity put queen raid rails ram ran
    ras read reader real renders rich ridge rim roar rock rocky roll román roots run runny rust sad said saint sales salmon scarlet
    sec shade sharp silk sim sincere sing skip sky smart snow solar sole song soon sparks spring star steer stela stern stock stone
    storm storms story stout street strong su suits summer sung sunshine supple sur swift swords ta tack tank tea ti ties till tiny
    titin tone too tore torrent trace treasure true unique urban vain valiant valid velvet vena versa vial victory villi wage wall
    walls ware warmer wash way weeks widen wild will wing winter wise woody worth yoga church cases read"""
)
# What stands before a name and is no part of it; the second are no first names in any case.
NEVER_FIRST_NAMES = _set(
    """baby per doctor doctors officer officers deputies deputy detective trooper judge imam rabbi chaplain pastor deacon doula tech techs
    nurse nurses coder sonologist dietitian consultant attending resident fellow surgeon midwife medic medics sister brother father
    mother uncle aunt auntie grandma grandpa nanny coach sergeant captain lieutenant professor prof supervisor technician interpreter
    reviewer witness driver clerk intern cytotech consultand ptn nanay tatay lola lolo tia tio abuela abuelo oma opa"""
)
OFFICES = NEVER_FIRST_NAMES | _set(
    "pi da mro np pa ma rn md do lpn cna rd ot pt sw cm rt slp cst ems emt dds dmd int sgt lt spr fy sho cra crc ff"
)
# Countries that are first names too.
LANDS = _set("kenya tanzania samoa ireland uganda india china israel cuba brazil nigeria ghana somalia eritrea haiti guyana malaysia")
# Names in capitals that are acronyms.
ACRONYMS = _set(
    """gerd timi lima rima anca rica lica tova rice humi geta nicu picu brady emit asis faber stata elisa evita oscar bridge apache
        gina lisa zoll osha opat payer coll anes hosp miss homa medline embase cobra hipaa tobra asia ashley bosch carina clara nina
    anna elsa emma rosa sofa sirs mona hera ariel laura
    prima sara serena sherlock dawn daisy hope grace faith jupiter hector isis iris aida aria delta coral marina milan regina victor
    vera wanda venus basic trail trace heart brave early"""
)
# Before a last name, with a capital.
CAPITAL_PARTICLES = _set("de la del della dela di da dos van von der den du le st ste mc mac ben bin al el o pa")
# Behind a comma a state rather than a first name.
STATES_LIKE_NAMES = _set(
    "virginia georgia carolina dakota montana florida indiana washington mexico jersey york hampshire columbia delaware"
)
# Capitals at the end of a sentence, or between slashes, that are not somebody's initials.
NO_SIGNATURES = _set(
    """tech hr bp rr ra la lv rv ef gi gu cv ns dm ht wt bs bm ua uo pe ac pc hs po iv im sc sq ng og gt jt ct mr us xr ed er or dc rx
    tx hx sx fx dx cx bx px lt rt ll rl ul md do rn np pa ma pt ot st sw cm cc re dr ms mar emar cpoe ii iii vi vii vis ab aaa abd
    abg abi abx acl acs adl ads aed afb aki als ama amb ams ana anc aox aph ard arf art asa asd ast avf avm bal bbb bid bka bls bmi
    bmp bnp bph bpm bps brb bun bus cad cap cbc cbd ccu cea cfs chd chf cic ckd cll cmp cms cmv cns cos cpk cpr crp crt csf csm ctm
    cts cva cvc cvp cxr dbp ddx dka dme dmv dna dni dnr doa dob doe dtr dtp dtrs dui dus dvt ebl ecg echo ect edd eeg efw egd ekg
    emg ems ent eos eom ercp esr etoh etr-na ett fap fev ffp fhr flu fna fob fsh ftt fvc fws gad gbm gbs gcs gdm ger gfr ggt gib git
    gpa gsw gtt hav hbv hcg hcp hct hcv hdl hep hgb hiv hob hpf hpi hpv hrt hsv htn icd ich icp icu ida idm ifa igg igm imp inh inr
    ion iop iss itp iud iui ivc ivf ivp jvd jvp kub kvo lab lad lbp ldh ldl lea leep lfs lft lga lle llq lma lmp los lsd lue luq lvh
    lyme mac map mca mch mcg mcv mds men meq mgr mgs mhc min mod mom mri mrn mrsa msk mva mvp nad naf ngt nhl nka nkda nph npo nsr
    nst nsvd ntg obs ocd ocp oob opd orif osa osh otc pac pap pbs pcn pco pcp pcr pda pdr peg pet pft pid pin pip pkd pmh pms pna
    pnd pod pos ppd ppi pra prn psa psh psp ptc pth pts ptt ptx pud pvc pvd qam qhs qid qod qpm rbc rca rda rds rle rlq rls rmi rom
    ros rpr rrr rsv rtc rue ruq rvh sah sbo sbp sca scd scc sga shx sid sle snf sob spo srs std stat sti sts svt tab tah tbd tbi tcs
    tee ted tens tft tga tia tib tid tka tlc tmj tmp tnm tob tpa tpn tpr trh tsh tte ttp tur tvh uac uds uop upj uri usp uta uti uvc
    vac vas vbg vdr vit vol vre vsd vss wbc wnl wpw yag yrs zap con and the for not end see per usa fda cdc nih who dea ada eob fax
    med meds lpn cna crna msn mph phd rph dds dpm cnm ccc bsn msw ret ref eta fyi asap nos nec adm dos dod eot etc lip fup plt bmt
        bvm smr cgc aga slf ofc lbbb rbbb ppv npv cpap peep rosc acls mlc nkd sxs dxs rxs txs hrs wks mos tbs tsp ivs ous omt dvm irb
    hsa fsa ssa ssi ssd dss cps aps dcf ddd vva voc vip rrt mrt osd
    abn poa dpoa lom mtx rai tnf pca ptca ccf ncv pct sct mmr opv ipv hib dtap tdap pcv zos rsi iol ltc alf alc hhc pdx pdm viii xii
    xiii mci"""
)
SITES_OF_INJECTION = r"(?:[Dd]eltoid|[Vv]astus|[Gg]lute(?:al|us)|[Tt]high|\bIM|\bSC|\bSQ|\b[Ll]ot|[Gg]iven|[Pp]laced)"
