"""What radiologists report: the kinds of findings, as one table that can be checked by eye. No randomness and no sentences here.

The wording is in report.py; exams, histories and statements about normal organs are in radiology_normals.py.
"""

from __future__ import annotations

from dataclasses import dataclass

URGENT, IMPORTANT, INCIDENTAL, DEVICE = range(4)  # rank in the impression; devices are summed up in one phrase

MILD = ("mild", "moderate", "severe")
SMALL = ("small", "moderate", "large")
TRACE = ("trace", "small", "moderate", "large")
LOBES = ("upper lobe", "middle lobe", "lower lobe")
UPPER_AND_LOWER = ("upper lobe", "lower lobe")
SIDE_OF_PLACE = {"middle lobe": "right"}

GROWTH = ("new", "unchanged", "increased", "decreased")
COURSE = ("new", "unchanged", "improved", "worsened")
OLD = ("unchanged",)


@dataclass(frozen=True, slots=True)
class FindingKind:
    """A kind of finding. `name` is its noun, in the observations and in every sentence about it; no name contains another as a word.

    Attributes:
        organ: the part of the report where it stands.
        rank: URGENT, IMPORTANT, INCIDENTAL or DEVICE.
        form: "one" (takes an article; `plural` when bilateral), "many" (always plural) or "mass" (no article).
        sides: "" (midline), "one" (right or left) or "both" (right, left or bilateral).
        places: where within the organ; with `sides` the side stands before the place unless `place_has_side` is False.
        at: the words before the place.
        size: (least, most, "mm" | "cm" | "cm x cm"), or None.
        changes: how it may compare with an earlier examination.
        details: a further sentence, which names no other kind. The subject is "it", which suits every form but "many".
        means: what the impression may add after a comma.
        advice: a sentence the impression may end with.
        group: of one group a report has at most one.
        ct_only: not seen on radiographs.
        traumatic: seen after trauma only.
        sex: "man", "woman" or "" for both.
    """

    name: str
    organ: str
    rank: int
    form: str = "mass"
    plural: str = ""
    degrees: tuple[str, ...] = ()
    sides: str = ""
    places: tuple[str, ...] = ()
    place_has_side: bool = True
    at: str = "in the"
    size: tuple[float, float, str] | None = None
    changes: tuple[str, ...] = COURSE
    details: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    advice: str = ""
    group: str = ""
    ct_only: bool = False
    traumatic: bool = False
    sex: str = ""


# fmt: off
KINDS: tuple[FindingKind, ...] = (
    # brain
    FindingKind("intraparenchymal hemorrhage", "brain", URGENT, sides="one",
                places=("frontal lobe", "parietal lobe", "temporal lobe", "thalamus", "basal ganglia"), size=(0.8, 5.0, "cm x cm"),
                details=("It is surrounded by a thin rim of low attenuation.", "There is mild local mass effect on the adjacent sulci."),
                advice="Neurosurgical consultation is recommended.", group="brain lesion"),
    FindingKind("acute infarct", "brain", URGENT, form="one", degrees=("small", "moderate-sized", "large"), sides="one",
                places=("middle cerebral artery territory", "posterior cerebral artery territory", "cerebellar hemisphere"),
                details=("There is loss of gray-white differentiation in this region.",), advice="MRI of the brain is recommended.",
                group="brain lesion"),
    FindingKind("brain mass", "brain", URGENT, form="one", sides="one",
                places=("frontal lobe", "parietal lobe", "occipital lobe", "cerebellar hemisphere"), size=(1.0, 5.5, "cm x cm"),
                changes=GROWTH, details=("The margins are irregular.", "Central low attenuation suggests necrosis."),
                advice="Contrast-enhanced MRI is recommended.", group="brain lesion"),
    FindingKind("lacunar infarct", "brain", INCIDENTAL, form="one", degrees=("chronic",), sides="one",
                places=("basal ganglia", "thalamus", "corona radiata"), changes=OLD),
    FindingKind("encephalomalacia", "brain", INCIDENTAL, sides="one", places=("frontal lobe", "temporal lobe", "occipital lobe"),
                changes=OLD, means=("from a remote insult",)),
    FindingKind("microvascular ischemic disease", "brain", INCIDENTAL, degrees=MILD, changes=OLD,
                details=("It appears as patchy low attenuation in the periventricular white matter.",)),
    FindingKind("cerebral atrophy", "brain", INCIDENTAL, degrees=MILD, changes=OLD, means=("appropriate for age",)),
    # ventricles and extra-axial spaces
    FindingKind("subdural hematoma", "ventricles", URGENT, form="one", plural="subdural hematomas",
                degrees=("acute", "subacute", "chronic"), sides="both", size=(4, 18, "mm"), changes=GROWTH,
                details=("It extends along the cerebral convexity.",), advice="Neurosurgical consultation is recommended."),
    FindingKind("epidural hematoma", "ventricles", URGENT, form="one", sides="one", size=(5, 22, "mm"), changes=GROWTH,
                details=("It is lentiform and does not cross the sutures.",), traumatic=True),
    FindingKind("subarachnoid hemorrhage", "ventricles", URGENT, degrees=("small-volume", "moderate-volume"), sides="both",
                details=("It is most conspicuous within the cerebral sulci.",), advice="CT angiography of the head is recommended."),
    FindingKind("midline shift", "ventricles", URGENT, size=(3, 12, "mm")),
    FindingKind("hydrocephalus", "ventricles", IMPORTANT, degrees=MILD, details=("The temporal horns are distended.",)),
    # skull, sinuses, orbits
    FindingKind("skull fracture", "calvarium", URGENT, form="one", degrees=("nondisplaced", "depressed"), sides="one", changes=OLD),
    FindingKind("scalp hematoma", "calvarium", IMPORTANT, form="one", sides="one", size=(6, 20, "mm"), changes=("new", "decreased")),
    FindingKind("sinus mucosal thickening", "calvarium", INCIDENTAL, degrees=MILD, changes=OLD),
    FindingKind("mastoid effusion", "calvarium", INCIDENTAL, form="one", plural="mastoid effusions", degrees=("small", "partial"),
                sides="both", changes=OLD),
    # neck and cervical spine
    FindingKind("cervical spine fracture", "neck", URGENT, form="one", degrees=("acute nondisplaced", "acute displaced"),
                places=("C2", "C5", "C6", "C7"), at="at", advice="Spine surgery consultation is recommended."),
    FindingKind("cervical spondylosis", "neck", INCIDENTAL, degrees=MILD, changes=OLD, details=("It is most pronounced at C5-C6.",)),
    FindingKind("thyroid nodule", "neck", INCIDENTAL, form="one", sides="one", size=(0.8, 3.2, "cm"), changes=GROWTH,
                advice="Thyroid ultrasound is recommended."),
    FindingKind("cervical lymphadenopathy", "neck", IMPORTANT, degrees=MILD, sides="both", size=(1.1, 2.8, "cm")),
    # lines and tubes
    FindingKind("endotracheal tube", "devices", DEVICE, form="one",
                places=("3 cm above the carina", "4 cm above the carina", "5 cm above the carina"), at="with its tip", changes=OLD),
    FindingKind("enteric tube", "devices", DEVICE, form="one", places=("in the stomach", "below the diaphragm"), at="with its tip",
                changes=OLD),
    FindingKind("central venous catheter", "devices", DEVICE, form="one", sides="one",
                places=("in the superior vena cava", "at the cavoatrial junction"), place_has_side=False, at="with its tip",
                changes=OLD),
    FindingKind("chest tube", "devices", DEVICE, form="one", sides="one", places=("at the apex", "at the base"), place_has_side=False,
                at="with its tip", changes=OLD),
    FindingKind("pacemaker", "devices", DEVICE, form="one", degrees=("dual-lead", "single-lead"), sides="one", changes=OLD),
    # lungs
    FindingKind("consolidation", "lungs", URGENT, degrees=("patchy", "dense", "focal"), sides="both", places=LOBES,
                details=("It contains air bronchograms.", "The adjacent airways remain patent."),
                means=("compatible with pneumonia", "concerning for aspiration", "suspicious for infection"),
                advice="A follow-up radiograph in 6 weeks is recommended to document resolution."),
    FindingKind("ground-glass opacities", "lungs", IMPORTANT, form="many", degrees=("patchy", "scattered", "extensive"), sides="both",
                places=UPPER_AND_LOWER, means=("likely infectious or inflammatory", "compatible with viral pneumonia"), ct_only=True),
    FindingKind("atelectasis", "lungs", IMPORTANT, degrees=("mild", "moderate", "subsegmental", "linear"), sides="both",
                places=("lung base", "lower lobe"), details=("It is associated with mild volume loss.",)),
    FindingKind("pulmonary edema", "lungs", URGENT, degrees=MILD,
                details=("It is accompanied by perihilar haze and thickened fissures.",),
                means=("compatible with congestive heart failure",)),
    FindingKind("pulmonary nodule", "lungs", IMPORTANT, form="one", sides="one", places=LOBES, size=(4, 14, "mm"), changes=GROWTH,
                details=("It is solid and smoothly marginated.", "It has a mildly spiculated margin."),
                advice="Follow-up chest CT in 6 to 12 months is recommended."),
    FindingKind("pulmonary mass", "lungs", URGENT, form="one", sides="one", places=UPPER_AND_LOWER, size=(3.1, 7.8, "cm x cm"),
                changes=GROWTH, details=("It abuts the adjacent fissure.", "The margins are spiculated."),
                means=("suspicious for malignancy",), advice="Tissue sampling is recommended."),
    FindingKind("cavitary lesion", "lungs", URGENT, form="one", sides="one", places=UPPER_AND_LOWER, size=(1.4, 5.0, "cm"),
                changes=GROWTH, details=("It has a thick and irregular wall.",),
                advice="Correlation with sputum culture is recommended."),
    FindingKind("reticular opacities", "lungs", IMPORTANT, form="many", degrees=("mild", "coarse", "fine"), sides="both",
                places=("lung base", "lower lobe"), means=("suggesting interstitial lung disease",)),
    FindingKind("bronchiectasis", "lungs", IMPORTANT, degrees=MILD, sides="both", places=LOBES,
                details=("It is cylindrical, with mild mucus plugging.",), ct_only=True),
    FindingKind("centrilobular emphysema", "lungs", INCIDENTAL, degrees=MILD, changes=OLD,
                details=("It is most pronounced at the apices.",), ct_only=True),
    FindingKind("hyperinflation", "lungs", IMPORTANT, degrees=("mild", "moderate", "marked"), changes=OLD,
                means=("compatible with chronic obstructive pulmonary disease",)),
    FindingKind("calcified granuloma", "lungs", INCIDENTAL, form="one", sides="one", places=LOBES, size=(2, 7, "mm"), changes=OLD,
                means=("from prior granulomatous disease",)),
    # pleura
    FindingKind("pleural effusion", "pleura", IMPORTANT, form="one", plural="pleural effusions", degrees=TRACE, sides="both",
                details=("It layers dependently.", "It tracks along the fissure."), means=("likely reactive",)),
    FindingKind("pneumothorax", "pleura", URGENT, form="one", plural="pneumothoraces", degrees=("tiny", "small", "moderate", "large"),
                sides="both", details=("There is no sign of tension.",), advice="Findings were communicated to the referring team."),
    FindingKind("pleural thickening", "pleura", INCIDENTAL, degrees=MILD, sides="both", changes=OLD),
    FindingKind("pleural plaques", "pleura", INCIDENTAL, form="many", degrees=("calcified",), sides="both", changes=OLD,
                means=("from prior asbestos exposure",)),
    # heart
    FindingKind("cardiomegaly", "heart", IMPORTANT, degrees=("borderline", "mild", "moderate", "severe"),
                changes=("unchanged", "worsened")),
    FindingKind("pericardial effusion", "heart", IMPORTANT, form="one", degrees=TRACE, changes=GROWTH,
                details=("It is of simple fluid attenuation.",), advice="Echocardiography is recommended.", ct_only=True),
    FindingKind("coronary artery calcification", "heart", INCIDENTAL, degrees=MILD, changes=OLD, ct_only=True),
    # mediastinum and great vessels
    FindingKind("pulmonary embolism", "mediastinum", URGENT, degrees=("acute",), sides="both",
                places=("main pulmonary artery", "lower lobe pulmonary artery", "upper lobe pulmonary artery"),
                details=("There is no sign of heart strain.", "The interventricular septum is flattened."),
                advice="Findings were communicated to the referring team.", ct_only=True),
    FindingKind("aortic dissection", "mediastinum", URGENT, form="one", degrees=("type A", "type B"), changes=OLD,
                advice="Urgent vascular surgery consultation is recommended.", group="thoracic aorta", ct_only=True),
    FindingKind("thoracic aortic aneurysm", "mediastinum", IMPORTANT, form="one", size=(4.1, 5.9, "cm"), changes=GROWTH,
                advice="Annual surveillance is recommended.", group="thoracic aorta", ct_only=True),
    FindingKind("aortic atherosclerosis", "mediastinum", INCIDENTAL, degrees=MILD, changes=OLD),
    FindingKind("mediastinal lymphadenopathy", "mediastinum", IMPORTANT, degrees=MILD, size=(1.1, 3.0, "cm"), changes=GROWTH,
                details=("It involves the paratracheal and subcarinal stations.",), ct_only=True),
    FindingKind("hilar lymphadenopathy", "mediastinum", IMPORTANT, degrees=MILD, sides="both", changes=GROWTH),
    FindingKind("pneumomediastinum", "mediastinum", URGENT, degrees=("small-volume", "moderate-volume")),
    FindingKind("hiatal hernia", "mediastinum", INCIDENTAL, form="one", degrees=SMALL, changes=OLD),
    # chest wall and thoracic skeleton
    FindingKind("rib fracture", "chest wall", URGENT, form="one", plural="rib fractures",
                degrees=("acute nondisplaced", "acute displaced", "subacute"), sides="both", changes=OLD),
    FindingKind("clavicle fracture", "chest wall", IMPORTANT, form="one", degrees=("acute", "healing"), sides="one",
                changes=OLD, traumatic=True),
    FindingKind("thoracic compression fracture", "chest wall", IMPORTANT, form="one", degrees=MILD, places=("T6", "T8", "T11", "T12"),
                at="at", changes=OLD, details=("It shows no retropulsion.",)),
    FindingKind("thoracic spondylosis", "chest wall", INCIDENTAL, degrees=MILD, changes=OLD),
    FindingKind("subcutaneous gas", "chest wall", IMPORTANT, degrees=("mild", "extensive"), sides="both", places=("chest wall",),
                details=("It tracks into the adjacent fat planes.",)),
    FindingKind("axillary lymphadenopathy", "chest wall", IMPORTANT, degrees=MILD, sides="both", size=(1.1, 2.9, "cm"), changes=GROWTH,
                ct_only=True),
    # liver
    FindingKind("hepatic steatosis", "liver", INCIDENTAL, degrees=MILD, changes=OLD),
    FindingKind("hepatomegaly", "liver", IMPORTANT, degrees=MILD, size=(18.5, 23.0, "cm"), changes=OLD, group="large liver or spleen"),
    FindingKind("hepatosplenomegaly", "liver", IMPORTANT, degrees=MILD, changes=("unchanged", "worsened"), means=("of uncertain cause",),
                group="large liver or spleen"),
    FindingKind("cirrhosis", "liver", IMPORTANT, changes=OLD, details=("It is evident from a nodular contour and caudate hypertrophy.",),
                advice="Surveillance for hepatocellular carcinoma is recommended."),
    FindingKind("hepatic mass", "liver", URGENT, form="one", sides="one", places=("hepatic lobe",), size=(1.5, 8.0, "cm x cm"),
                changes=GROWTH, details=("It shows arterial enhancement with washout.", "It is hypoattenuating and ill-defined."),
                advice="Multiphase MRI of the liver is recommended."),
    FindingKind("hepatic cyst", "liver", INCIDENTAL, form="one", sides="one", places=("hepatic lobe",), size=(0.8, 6.0, "cm"),
                changes=OLD),
    FindingKind("hepatic laceration", "liver", URGENT, form="one", degrees=("grade II", "grade III", "grade IV"), sides="one",
                places=("hepatic lobe",), changes=OLD, advice="Trauma surgery consultation is recommended.", traumatic=True),
    FindingKind("portal vein thrombosis", "liver", URGENT, degrees=("partial", "occlusive"),
                details=("It extends to the portal confluence.",)),
    # gallbladder and bile ducts
    FindingKind("cholelithiasis", "biliary", INCIDENTAL, changes=OLD, details=("The largest stone measures under 2 cm.",)),
    FindingKind("acute cholecystitis", "biliary", URGENT, degrees=("uncomplicated", "gangrenous"), changes=("new",),
                details=("It is manifest as wall thickening and surrounding fat stranding.",),
                advice="Surgical consultation is recommended."),
    FindingKind("choledocholithiasis", "biliary", URGENT, size=(4, 11, "mm"), changes=("new",), advice="MRCP or ERCP is recommended."),
    FindingKind("biliary ductal dilatation", "biliary", IMPORTANT, degrees=MILD, size=(9, 17, "mm"),
                details=("It tapers smoothly toward the ampulla.",)),
    # pancreas
    FindingKind("acute pancreatitis", "pancreas", URGENT, degrees=("interstitial", "necrotizing"),
                details=("It is manifest as edema and surrounding fat stranding.",),
                advice="Correlation with serum lipase is recommended."),
    FindingKind("pancreatic mass", "pancreas", URGENT, form="one", places=("pancreatic head", "pancreatic body", "pancreatic tail"),
                size=(1.4, 5.2, "cm x cm"), changes=GROWTH, details=("It is hypoenhancing.",),
                advice="Endoscopic ultrasound is recommended."),
    FindingKind("pancreatic cystic lesion", "pancreas", INCIDENTAL, form="one",
                places=("pancreatic head", "pancreatic body", "pancreatic tail"), size=(6, 24, "mm"), changes=GROWTH,
                advice="Follow-up MRI in 12 months is recommended."),
    # spleen
    FindingKind("splenomegaly", "spleen", IMPORTANT, degrees=MILD, size=(13.5, 19.0, "cm"), changes=("unchanged", "worsened"),
                group="large liver or spleen"),
    FindingKind("splenic laceration", "spleen", URGENT, form="one", degrees=("grade II", "grade III", "grade IV"), changes=OLD,
                advice="Trauma surgery consultation is recommended.", traumatic=True),
    FindingKind("splenule", "spleen", INCIDENTAL, form="one", size=(6, 18, "mm"), changes=OLD),
    # adrenal glands
    FindingKind("adrenal nodule", "adrenals", INCIDENTAL, form="one", plural="adrenal nodules", sides="both", size=(1.0, 3.6, "cm"),
                changes=GROWTH, details=("It is of low attenuation, which favors an adenoma.",),
                advice="Adrenal protocol CT is recommended."),
    # kidneys and ureters
    FindingKind("hydronephrosis", "kidneys", URGENT, degrees=MILD, sides="both"),
    FindingKind("ureteral calculus", "kidneys", URGENT, form="one", degrees=("obstructing", "nonobstructing"), sides="one",
                places=("proximal ureter", "mid ureter", "distal ureter"), size=(3, 10, "mm"), changes=("new", "unchanged"),
                advice="Urology consultation is recommended."),
    FindingKind("renal calculus", "kidneys", IMPORTANT, form="one", plural="renal calculi", degrees=("nonobstructing",), sides="both",
                places=("lower pole", "upper pole", "interpolar region"), size=(2, 9, "mm"), changes=OLD),
    FindingKind("renal mass", "kidneys", URGENT, form="one", sides="one", places=("upper pole", "lower pole", "interpolar region"),
                size=(1.6, 7.0, "cm x cm"), changes=GROWTH, details=("It enhances heterogeneously.",),
                advice="Urology consultation is recommended."),
    FindingKind("renal cyst", "kidneys", INCIDENTAL, form="one", plural="renal cysts", sides="both", size=(0.9, 7.0, "cm"), changes=OLD,
                details=("It is simple.",)),
    FindingKind("pyelonephritis", "kidneys", URGENT, degrees=("acute",), sides="both",
                details=("It is manifest as a striated nephrogram.",)),
    # bowel
    FindingKind("small bowel obstruction", "bowel", URGENT, form="one", degrees=("low-grade", "high-grade"),
                details=("It has a transition point in the pelvis.",), means=("likely from adhesions",),
                advice="Surgical consultation is recommended.", group="dilated bowel"),
    FindingKind("ileus", "bowel", IMPORTANT, degrees=MILD, group="dilated bowel"),
    FindingKind("acute appendicitis", "bowel", URGENT, degrees=("uncomplicated", "perforated"), size=(9, 16, "mm"), changes=("new",),
                details=("It is accompanied by periappendiceal fat stranding.",), advice="Surgical consultation is recommended."),
    FindingKind("acute diverticulitis", "bowel", URGENT, degrees=("uncomplicated", "complicated"),
                places=("sigmoid colon", "descending colon"), details=("It is accompanied by pericolonic fat stranding.",),
                advice="Colonoscopy after resolution is recommended.", group="diverticula"),
    FindingKind("diverticulosis", "bowel", INCIDENTAL, degrees=("mild", "moderate", "extensive"),
                places=("sigmoid colon", "descending colon"), changes=OLD, group="diverticula"),
    FindingKind("colitis", "bowel", IMPORTANT, degrees=MILD, places=("ascending colon", "transverse colon", "descending colon"),
                means=("infectious, inflammatory, or ischemic",)),
    FindingKind("colonic mass", "bowel", URGENT, form="one", places=("cecum", "ascending colon", "sigmoid colon"), size=(2.1, 6.5, "cm"),
                changes=GROWTH, advice="Colonoscopy is recommended."),
    # peritoneum, nodes and vessels
    FindingKind("pneumoperitoneum", "peritoneum", URGENT, degrees=("small-volume", "moderate-volume", "large-volume"),
                means=("concerning for hollow viscus perforation",), advice="Findings were communicated to the referring team."),
    FindingKind("ascites", "peritoneum", IMPORTANT, degrees=("trace", "small-volume", "moderate-volume", "large-volume")),
    FindingKind("abdominal abscess", "peritoneum", URGENT, form="one", sides="one",
                places=("lower quadrant", "upper quadrant", "paracolic gutter"), size=(2.0, 8.5, "cm x cm"), changes=GROWTH,
                details=("It is rim-enhancing and contains gas.",), advice="Percutaneous drainage may be considered."),
    FindingKind("retroperitoneal lymphadenopathy", "peritoneum", IMPORTANT, degrees=MILD, size=(1.1, 3.5, "cm"), changes=GROWTH),
    FindingKind("mesenteric lymphadenopathy", "peritoneum", IMPORTANT, degrees=MILD, size=(1.0, 2.4, "cm"), changes=GROWTH),
    FindingKind("retroperitoneal hematoma", "peritoneum", URGENT, form="one", degrees=SMALL, sides="one", changes=GROWTH, traumatic=True),
    FindingKind("abdominal aortic aneurysm", "peritoneum", IMPORTANT, form="one", size=(3.1, 6.4, "cm"), changes=GROWTH,
                details=("It is infrarenal.",), advice="Vascular surgery referral is recommended."),
    FindingKind("atherosclerotic calcification", "peritoneum", INCIDENTAL, degrees=MILD, changes=OLD),
    # pelvis
    FindingKind("bladder wall thickening", "pelvis", IMPORTANT, degrees=MILD, advice="Correlation with urinalysis is recommended."),
    FindingKind("prostatomegaly", "pelvis", INCIDENTAL, degrees=MILD, size=(4.8, 7.0, "cm"), changes=OLD, sex="man"),
    FindingKind("uterine fibroid", "pelvis", INCIDENTAL, form="one", degrees=("calcified", "intramural"), size=(1.5, 7.0, "cm"),
                changes=OLD, sex="woman"),
    FindingKind("ovarian cyst", "pelvis", IMPORTANT, form="one", plural="ovarian cysts", sides="both", size=(2.2, 6.8, "cm"),
                changes=GROWTH, advice="Pelvic ultrasound in 6 weeks is recommended.", sex="woman"),
    FindingKind("inguinal hernia", "pelvis", INCIDENTAL, form="one", plural="inguinal hernias",
                degrees=("small fat-containing", "moderate fat-containing"), sides="both", changes=OLD),
    FindingKind("ventral hernia", "pelvis", INCIDENTAL, form="one", degrees=("small fat-containing", "moderate bowel-containing"),
                changes=OLD),
    # lumbar spine, bony pelvis and soft tissues
    FindingKind("lumbar compression fracture", "bones", IMPORTANT, form="one", degrees=MILD, places=("L1", "L2", "L3", "L4"), at="at",
                changes=OLD, details=("It shows no retropulsion.",)),
    FindingKind("lumbar spondylosis", "bones", INCIDENTAL, degrees=MILD, changes=OLD),
    FindingKind("spondylolisthesis", "bones", INCIDENTAL, degrees=("grade 1", "grade 2"), places=("L4-L5", "L5-S1"), at="at",
                changes=OLD),
    FindingKind("hip fracture", "bones", URGENT, form="one", degrees=("acute impacted", "acute displaced"), sides="one",
                changes=("new",), advice="Orthopedic consultation is recommended."),
    FindingKind("hip osteoarthritis", "bones", INCIDENTAL, degrees=MILD, sides="both", changes=OLD),
    FindingKind("lytic lesion", "bones", URGENT, form="one", sides="one", places=("iliac bone", "femoral head", "acetabulum"),
                size=(0.9, 4.0, "cm"), changes=GROWTH, means=("suspicious for metastasis",)),
)
# fmt: on

KIND_OF_NAME: dict[str, FindingKind] = {kind.name: kind for kind in KINDS}
