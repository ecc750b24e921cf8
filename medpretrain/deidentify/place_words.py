"""Words that make a place of the names beside them: kinds of streets, of institutions, of towns; states and countries."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Behind the name of a street. The first cannot well be anything else, also in lower case.
STREETS = _set(
    """street avenue road drive lane boulevard parkway highway terrace turnpike freeway expressway crescent causeway blvd ave rd pkwy hwy
    ln"""
)
STREETS_TOO = _set(
    """st dr ct court circle cir place pl way trail trl square sq plaza loop alley row run path pike pass point pt cove creek ridge hill
    hills hollow grove glen garden gardens green heights hts manor meadow meadows mill mills mount mountain park ranch river shore
    shores spring springs spur station summit valley view views village ville vista walk wall well wells wood woods branch bridge brook
    brooks burg bypass camp canyon cape center centre cliff cliffs club common commons corner corners course crest crossing crossroad
    curve dale dam divide estate estates extension fall falls ferry field fields flat flats ford fords forest forge fork forks fort
    harbor haven inlet island islands isle junction junctions key keys knoll knolls lake lakes land landing light lights loaf lock
    locks lodge mall mews mission motorway neck orchard oval overpass passage pine pines plain plains port ports prairie radial ramp
    rapid rapids rest roads route rue shoal shoals skyway squares stravenue stream streets throughway trace track trafficway tunnel
    underpass union unions via viaduct walks ways terr ter close yard gate quay wharf fwy expy byp xing terrace crescent parade rise
    broadway"""
)
DIRECTIONS = r"(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West|Northeast|Northwest|Southeast|Southwest)"

# Behind the name of an institution: what makes it one that gives care.
FACILITIES = _set(
    """hospital hospitals clinic clinics infirmary sanatorium sanitarium hospice polyclinic pharmacy healthcare medicenter rehab
    rehabilitation dispensary hosp"""
)
# What may stand in the name of an institution and names none by itself.
GENERIC = _set(
    """the a an our this that and of for at in to hospital hospitals clinic clinics center centre centers medical health care healthcare
    emergency department room unit intensive icu er ed surgery surgical ambulatory outpatient inpatient urgent primary acute long term
    cancer heart eye pain wound sleep dialysis rehabilitation rehab nursing home hospice pharmacy school day residential skilled
    facility physical therapy occupational speech cardiology neurology oncology orthopedic orthopaedic orthopedics pediatric pediatrics
    paediatric psychiatric psychiatry behavioral mental diabetes diabetic endocrine renal gastroenterology gi pulmonary dermatology
    urology gynecology gyn ob obstetrics ob-gyn
    ob/gyn anticoagulation coumadin warfarin ent ophthalmology allergy asthma breast fertility ivf
    headache memory movement disorder disorders transplant hematology infectious disease diseases rheumatology vascular vein spine hand
    foot podiatry dental oral family internal medicine general practice preoperative postoperative preop pre-op pre-admission trauma
    burn stroke chest fracture walk-in walk free local outside referring tertiary hospital's state regional community district city
    county rural academic teaching university women's men's women children's children child adult senior geriatric student employee
    travel std hiv methadone detox detoxification substance abuse recovery addiction treatment discharge admission admit patient name
    course main other previous prior new old same original attending transfer transferred admitted date history reason service services
    attention nearby another first second preadmission resident lipid hypertension pacemaker device failure chf pulmonology nephrology
    specialty specialist special follow-up followup private public veteran veterans military phone fax address from dr mr mrs ms is was
    has had his her she he seen per via post status both all any no each every some consultation consult report summary note notes plan
    assessment impression laboratory lab labs imaging radiology procedure procedures operating birth birthing labor delivery neonatal
    nicu picu ccu micu sicu step-down telemetry interventional invasive structural electrophysiology thoracic cardiothoracic cardiac
    cardiovascular plastic colorectal hepatology hepatobiliary maternal fetal maternal-fetal perinatal nuclear radiation musculoskeletal
    sports spinal catheterization cath electrocardiography integrative palliative supportive bariatric metabolic nutrition weight sickle
    cystic fibrosis neurosurgery
    neurosurgical neurological adolescent antenatal prenatal postnatal well-child immunization nursery newborn intermediate observation
    crisis forensic sub-acute subacute swing hyperbaric lymphedema hearing audiology vision low optometry cataract glaucoma retina cornea
    multidisciplinary multispecialty thyroid bone osteoporosis arthritis kidney liver lung stress employee occupational worker's health"""
)
# Of these one is enough for the name of a hospital with a capital, though they are words.
HALLOWED = _set(
    """mercy memorial methodist baptist presbyterian lutheran jewish catholic adventist providence trinity sinai grace hope holy sacred
    samaritan children's childrens women's general university veterans va county regional community shriners kaiser st saint deaconess
    unity doctors mayo cleveland hopkins cedars-sinai lakeside riverside parkview northside southside westside eastside"""
)
STATES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas"
    "|Kentucky|Louisiana"
    "|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico"
    "|New York"
    "|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah"
    "|Vermont|Virginia"
    "|Washington|West Virginia|Wisconsin|Wyoming|District of Columbia|Puerto Rico|Guam"
)
STATE_CODES = (
    "A[KLRZSEAP]|C[AOT]|D[CE]|FL|FM|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[ARW]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]"
)
COUNTRIES = (
    "Afghanistan|Albania|Algeria|Angola|Argentina|Armenia|Australia|Austria|Azerbaijan|Bahamas|Bahrain|Bangladesh|Barbados|Belarus"
    "|Belgium|Belize|Benin|Bhutan"
    "|Bolivia|Bosnia(?: and Herzegovina)?|Botswana|Brazil|Brunei|Bulgaria|Burkina Faso|Burma|Burundi|Cambodia|Cameroon|Canada"
    "|Cape Verde|Chad|Chile"
    "|(?:People['’]s Republic of )?China|Colombia|Comoros|Congo|Costa Rica|Croatia|Cuba|Cyprus(?: \\(Greek\\))?|Czech Republic|Czechia"
    "|Denmark|Djibouti"
    "|Dominica|Dominican Republic|Ecuador|Egypt|El Salvador|England|Eritrea|Estonia|Eswatini|Ethiopia|Fiji|Finland|France|Gabon|Gambia"
    "|Georgia|Germany|Ghana|Greece"
    "|Greenland(?:er)?|Grenada|Guatemala|Guinea|Guyana|Haiti|Honduras|Hong Kong|Hungary|Iceland|India|Indonesia|Iran|Iraq|Ireland"
    "|Israel|Italy|Ivory Coast|Jamaica|Japan"
    "|Jordan|Kazakhstan|Kenya|Kiribati|(?:North |South )?Korea|Kosovo|Kuwait|Kyrgyzstan|Laos|Latvia|Lebanon|Lesotho|Liberia|Libya"
    "|Liechtenstein|Lithuania|Luxembourg"
    "|Macedonia|Madagascar|Malawi|Malaysia|Maldives|Mali|Malta|Marshall Islands|Mauritania|Mauritius|Mexico"
    "|(?:Federated States of )?Micronesia|Moldova|Monaco|Mongolia"
    "|Montenegro|Morocco|Mozambique|Myanmar|Namibia|Nauru|Nepal|(?:Kingdom of the )?Netherlands|New Zealand|Nicaragua|Niger|Nigeria"
    "|Norway|Oman|Pakistan|Palau|Palestine"
    "|Panama|Papua New Guinea|Paraguay|Peru|Philippines|Poland|Portugal|Qatar|Romania|Russia|Rwanda|Saint Kitts and Nevis|Saint Lucia"
    "|Samoa|San Marino"
    "|Saudi Arabia|Scotland|Senegal|Serbia|Seychelles|Sierra Leone|Singapore|Slovakia|Slovenia|Solomon Islands|Somalia|South Africa"
    "|Spain|Sri Lanka|Sudan|Suriname"
    "|Swaziland|Sweden|Switzerland|Syria|Taiwan|Tajikistan|Tanzania|Thailand|Togo|Tonga|Trinidad and Tobago|Tunisia|Turkey|Turkmenistan"
    "|Tuvalu|Uganda|Ukraine"
    "|United Arab Emirates|United Kingdom|United States(?: of America)?|Uruguay|Uzbekistan|Vanuatu|Vatican|Venezuela|Vietnam|Wales"
    "|Yemen|Zambia|Zimbabwe"
)
# What a made-up or unknown town's name ends with, or begins with.
TOWN_ENDINGS = (
    "ton|ville|burg|burgh|borough|boro|mouth|haven|stad|side|port|shire|chester|berg|land|furt|fort|view|bury|town|ham|field|wood|ford"
    "|dale|stead|wick|worth"
    "|minster|hurst|pool|bridge|brook|mont|grove|crest|polis"
)
TOWN_OPENINGS = (
    r"North|South|East|West|New|Lake|Port|Mount|Mt\.?|Fort|Ft\.?|San|Santa|Saint|St\.?|Los|Las|El|La|Cape|Upper|Lower|Old|Great|Little"
    r"|Glen|Point|Palm"
)

# What streets, homes and clinics like to be called after, though they are words.
NATURE = _set(
    """acacia alder amber apple arrow aspen autumn bay beach bear beech birch bridge broad brook canyon cedar cedars center cherry
    chestnut church clear clover coast cold copper cornerstone cottonwood creek crossroads crystal cypress deer desert diamond dogwood
    dove eagle elm elms evergreen fair fairview falcon falls field fields forest fox freedom frontier garden gardens gateway golden
    granite grove harbor harmony hawk hawthorn heather heritage hickory hidden high hill hills holly horizon iron island ivy juniper
    kettle keystone lake laurel legacy liberty lily linden lion magnolia maiden main maple maples marble market meadow meadows mesa
    mesquite mill mountain mountains mulberry oak oaks ocean orange orchard orchid palm palmetto park peach peak pearl pine pines
    pioneer pleasant pond poplar prairie prospect quail quiet redwood ridge river robin rocky rose rosewood ruby sandy school sea
    sequoia serenity shady shore shores silver spring springs spruce station stone stony summer summit sunny sunrise sunset swan
    sycamore tamarack tranquility valley victory vine vineyard violet walnut willow willows winter wood woods acres arbor ashwood autumn
    bayview beechwood birchwood blossom bluebird bluff bluffs brentwood briarwood bridgewater broadway brookfield brookside brookview
    brookwood cedarwood clearview clearwater colonial creekside crestview crestwood driftwood eastgate edgewater edgewood elmwood
    evergreens fernwood foothill foothills glenview glenwood greenbriar greenfield greenwood hazelwood heron highland highlands hillcrest
    hillside hillview homestead inlet ironwood lakeshore lakeside lakeview lakewood landing lantern lavender maplewood meadowbrook
    meadowlark meadowview millbrook millstone moonlight northgate northwood oakdale oakfield oakmont oakview oakwood oasis orchards
    overlook parkside parkview parkway pebble pinecrest pinehurst pineview pinewood plaza prairies ridgecrest ridgeview ridgewood
    riverbend riverside riverview riverwood rockwood rosewood seaside seaview sherwood shoreline southgate southwood springfield
    springwood stonebridge stonegate summerfield summerset sunflower sunnyside sunridge sunshine timber timbers trail trails twin
    waterford waterfront watermark wedgewood westgate westwood whispering wildflower wildwood windmill windsor woodbridge woodcrest
    woodland woodlands woodside woodview covenant bethany bethel carmel calvary zion emmanuel guardian compass heartland concordia beacon
    azalea bluebell buttercup camellia clematis columbine daisy fern foxglove gardenia honeysuckle hydrangea iris jasmine larkspur lilac
    lupine marigold myrtle peony poppy primrose rosebud sage snowdrop thistle tulip wisteria zinnia pinnacle haven havens hearth
    hearthstone sunnybrook parkland bluegrass piedmont lowcountry skyline seacoast northwind brookhaven carolinas dakotas
    ozarks bayou tidewater chesapeake cascade cascades sierra mojave adirondack catskill berkshire appalachian allegheny shenandoah
    cumberland panhandle coastal midlands tri-state niagara sandhills shoals bluffton gulfside crossings"""
)
TOWN_SUFFIXES = (
    "Heights|Creek|Mesa|Landing|Springs?|Falls|Grove|Hills?|Valley|Park|Beach|City|Junction|Point|Harbou?r|Bluffs?|Ridge|Lakes?|River|Rock"
    "|Island|Bay|Forks?|Plains|Pines|Prairie|Hollow|Crossing|Corners?|Village|Mills?|Ferry|Bend|Cove|Glen|Meadows?|Rapids|Peak|Canyon|Gap"
    "|Town|Township|Shores?|Estates|Oaks|Gardens|Ranch|Fields|Woods|Haven"
)

# Towns that the language has as words: with a capital, where a town may stand, they are meant.
TOWNS_THAT_ARE_WORDS = _set(
    """alexandria altoona anchorage aurora bangor bath beaver bend bethel beverly boulder bristol buffalo butte canton casper chandler
    cleveland columbia columbus commerce concord corning corona cork defiance dover erie eureka evanston fairfield fargo flint
    flushing fremont garland gary gilbert gilroy greenwich hamlet hampton hickory hialeah hilo hope houston hull independence industry
    irving jamaica jersey joliet juneau katy kent kingston lancaster laurel lebanon liberty lincoln loveland macon madison mecca mesa
    midland milan milwaukee mobile modesto moline montgomery muncie nashua natick nice normal norman ogden orange orlando oxford
    palatine paris peoria perth phoenix pierre plano portage portland providence pueblo queens reading rialto richmond rochester rugby
    sandwich sandy saline santiago saratoga savannah scranton selma surprise superior tempe toledo troy tulsa tyler union utica vernon
    warren watertown waverly wayne weed winchester worcester york yuma"""
)

# Kinds of streets of other languages, behind the name and at its end
STREETS_BEHIND = _set(
    """út utca tér körút ulica cesta trg sokak sokağı caddesi bulvarı vei veien väg vägen gata plads laan weg straat strasse
    straße platz katu iela gatvė náměstí třída"""
)
STREET_ENDINGS = tuple(
    _set(
        """strasse straße str. straat gasse laan plein kade dijk singel steeg weg allee platz damm gatan gata gade vägen vegen veien
    vej vei stigen gränd torget katu kuja polku tie braut stræti vegur utca brücke"""
    )
)

# What stands before a town (patterns), and parts of towns that are called by themselves.
LIVING = (
    *(
        "live[sd]?",
        "living",
        "Live[sd]?",
        "Living",
        "reside[sd]?",
        "Reside[sd]?",
        "residing",
        "born",
        "Born",
        "raised",
        "Raised",
        "grew up",
        "Grew up",
    ),
    *(
        "native",
        "Native",
        "resident",
        "Resident",
        "moved",
        "Moved",
        "moving",
        "relocated",
        "citizen",
        "originally",
        "flew",
        "arrived",
        "travell?ed",
    ),
    *("travell?ing", "enjoyed", "office is"),
)
FIELDS_OF_TOWNS = (
    *(
        "City",
        "city",
        "CITY",
        "Town",
        "town",
        "County",
        "county",
        "Birthplace",
        "birthplace",
        "Residence",
        "residence",
        "Hometown",
        "hometown",
    ),
    *("Home town", "home town", "Lives", "POB", "Place of birth", "place of birth", "Domicile"),
)
BOROUGHS = (
    *(
        "Bronx",
        "Brooklyn",
        "Manhattan",
        "Staten Island",
        "Harlem",
        "Long Island",
        "Cape Cod",
        "Martha['’]s Vineyard",
        "Nantucket",
        "Back Bay",
    ),
    *(
        "Upper (?:East|West) Side",
        "South (?:Side|End)",
        "(?:North|East|West) (?:Side|End)",
        "Capitol Hill",
        "Beacon Hill",
        "Silicon Valley",
    ),
    *("Bay Area", "Orange County", "Central Valley"),
)
