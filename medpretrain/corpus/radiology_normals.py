"""What stands in a radiology report besides findings: examinations, histories and statements about normal organs. Tables only.

The kinds of findings are in radiology.py, the wording of sentences about them in report.py.
"""

from __future__ import annotations

from dataclasses import dataclass

# The organs in the order of a report, with the label each has where a report is divided by organ.
ORGAN_LABELS = {
    "devices": "LINES AND TUBES",
    "brain": "BRAIN PARENCHYMA",
    "ventricles": "VENTRICLES AND EXTRA-AXIAL SPACES",
    "calvarium": "CALVARIUM, SINUSES AND ORBITS",
    "neck": "NECK AND CERVICAL SPINE",
    "lungs": "LUNGS AND AIRWAYS",
    "pleura": "PLEURA",
    "heart": "HEART",
    "mediastinum": "MEDIASTINUM AND GREAT VESSELS",
    "chest wall": "CHEST WALL AND THORACIC SKELETON",
    "liver": "LIVER",
    "biliary": "GALLBLADDER AND BILE DUCTS",
    "pancreas": "PANCREAS",
    "spleen": "SPLEEN",
    "adrenals": "ADRENAL GLANDS",
    "kidneys": "KIDNEYS AND URETERS",
    "bowel": "BOWEL",
    "peritoneum": "PERITONEUM, NODES AND VESSELS",
    "pelvis": "PELVIS",
    "bones": "LUMBAR SPINE AND BONY PELVIS",
}
HEAD = ("brain", "ventricles", "calvarium")
CHEST = ("devices", "lungs", "pleura", "heart", "mediastinum", "chest wall")
ABDOMEN = ("liver", "biliary", "pancreas", "spleen", "adrenals", "kidneys", "bowel", "peritoneum", "pelvis", "bones")


@dataclass(frozen=True, slots=True)
class Exam:
    """An examination. `extra` names kinds of findings outside its organs that it shows; `negative` sums up a normal one."""

    key: str
    is_ct: bool
    names: tuple[str, ...]
    organs: tuple[str, ...]
    complaints: tuple[str, ...]
    negative: tuple[str, ...]
    techniques: tuple[str, ...]
    extra: tuple[str, ...] = ()
    after_trauma: bool = False


_CHEST_COMPLAINTS = (
    "cough", "shortness of breath", "chest pain", "fever and productive cough", "hypoxia", "hemoptysis", "dyspnea on exertion",
    "shortness of breath and lower extremity edema", "weight loss and chronic cough", "pleuritic chest pain",
)  # fmt: skip
_ABDOMEN_COMPLAINTS = (
    "abdominal pain", "right lower quadrant pain", "nausea and vomiting", "flank pain and hematuria", "jaundice", "abdominal distention",
    "left lower quadrant pain and fever", "unintentional weight loss", "epigastric pain", "elevated liver enzymes",
)  # fmt: skip
_HEAD_COMPLAINTS = (
    "headache", "altered mental status", "fall", "syncope", "dizziness", "new seizure", "acute onset of weakness", "confusion",
    "head injury",
)  # fmt: skip
_WIDE_COMPLAINTS = (
    "sepsis of unknown source", "newly diagnosed malignancy for staging", "fever and weight loss", "lymphoma for restaging",
    "diffuse abdominal pain and shortness of breath", "failure to thrive", "night sweats and weight loss",
)  # fmt: skip
_TRAUMA_COMPLAINTS = (
    "motor vehicle collision", "fall from height", "pedestrian struck by a vehicle", "bicycle accident", "found down", "blunt trauma",
)  # fmt: skip

EXAMS: dict[str, Exam] = {
    exam.key: exam
    for exam in (
        Exam("chest radiograph", False, ("Chest X-ray", "Portable chest X-ray", "Chest X-ray, PA and lateral",
             "Chest radiograph, single AP view"), CHEST,
             _CHEST_COMPLAINTS, ("No acute cardiopulmonary abnormality.", "No acute cardiopulmonary disease.",
             "No acute cardiopulmonary process."),
             ("Frontal and lateral views of the chest were obtained.", "A single frontal view of the chest was obtained."),
             ("pneumoperitoneum",)),
        Exam("CT chest", True, ("CT chest with contrast", "Contrast-enhanced CT chest", "CT angiography of the chest"), CHEST,
             _CHEST_COMPLAINTS, ("No acute abnormality in the chest.", "No acute intrathoracic abnormality."),
             ("Axial images of the chest were obtained with coronal and sagittal reformations.",
             "Thin-section helical images were obtained through the chest.")),
        Exam("CT abdomen and pelvis", True, ("CT abdomen and pelvis with contrast", "Contrast-enhanced CT abdomen and pelvis"), ABDOMEN,
             _ABDOMEN_COMPLAINTS, ("No acute abnormality in the abdomen or pelvis.", "No acute intra-abdominal process."),
             ("Axial images of the abdomen and pelvis were obtained in the portal venous phase.",
             "Helical images were obtained from the lung bases to the pubic symphysis.")),
        Exam("CT head", True, ("CT head", "CT head without contrast", "Noncontrast CT of the head"), HEAD,
             _HEAD_COMPLAINTS, ("No acute intracranial abnormality.", "No acute intracranial process."),
             ("Axial images of the head were obtained without intravenous contrast.",)),
        Exam("CT chest, abdomen and pelvis", True, ("CT chest, abdomen and pelvis", "CT chest, abdomen and pelvis with contrast"),
             CHEST + ABDOMEN,
             _WIDE_COMPLAINTS, ("No acute abnormality in the chest, abdomen or pelvis.",),
             ("Contrast-enhanced axial images were obtained from the thoracic inlet to the pubic symphysis.",)),
        Exam("CT head to pelvis", True, ("CT head, cervical spine, chest, abdomen and pelvis", "Whole-body trauma CT"), ("devices", *HEAD,
             "neck", *CHEST[1:], *ABDOMEN),
             _TRAUMA_COMPLAINTS, ("No acute traumatic abnormality.", "No acute abnormality in the head, neck, chest, abdomen or pelvis."),
             ("Noncontrast images of the head and cervical spine preceded contrast-enhanced images of the trunk.",),
             after_trauma=True),
    )
}  # fmt: skip

PAST_HISTORIES = (
    "Past medical history of hypertension.", "History of diabetes mellitus.", "History of smoking.", "Prior abdominal surgery.",
    "History of coronary artery disease.",
    "History of breast cancer.", "History of chronic kidney disease.", "Evaluate for acute abnormality.",
    "Recent hospitalization for pneumonia.",
    "On anticoagulation for atrial fibrillation.", "History of alcohol use disorder.", "Symptoms have progressed over two weeks.",
)  # fmt: skip
PRIORS = ("3 days earlier", "1 week earlier", "2 months earlier", "6 months earlier", "1 year earlier", "2 years earlier")


@dataclass(frozen=True, slots=True)
class Normal:
    """A statement that something is normal, in several wordings.

    `denies` names the kinds of findings that it rules out ("@organ": all kinds of that organ): it is never said beside one of them.
    """

    organ: str
    wordings: tuple[str, ...]
    denies: tuple[str, ...] = ()
    ct_only: bool = False
    sex: str = ""


# fmt: off
NORMALS: tuple[Normal, ...] = (
    Normal("brain", ("Gray-white matter differentiation is preserved.", "The gray-white differentiation is maintained throughout."),
           ("acute infarct",)),
    Normal("brain", ("There is no intraparenchymal hemorrhage, acute infarct, or brain mass.",
           "No brain mass or intraparenchymal hemorrhage is seen, and there is no acute infarct."),
           ("intraparenchymal hemorrhage", "acute infarct", "brain mass")),
    Normal("brain", ("The brain parenchyma is normal in attenuation.", "Brain attenuation is normal."), ("@brain",)),
    Normal("brain", ("The posterior fossa structures are unremarkable.", "The brainstem and cerebellum are unremarkable."),
           ("acute infarct", "brain mass", "intraparenchymal hemorrhage")),
    Normal("brain", ("The sella and pituitary region are unremarkable.", "The sella turcica is normal in size.")),
    Normal("brain", ("The cerebellar tonsils are normally positioned.", "The craniocervical junction is normal.")),
    Normal("brain", ("The sulci and gyri are normal for age.",), ("cerebral atrophy", "subarachnoid hemorrhage")),
    Normal("ventricles", ("The ventricles and sulci are normal in size and configuration.", "Ventricular size is normal."),
           ("hydrocephalus", "cerebral atrophy")),
    Normal("ventricles", ("The basal cisterns are patent.", "The basal cisterns are preserved."), ("subarachnoid hemorrhage",)),
    Normal("ventricles", ("There is no extra-axial fluid collection.", "No extra-axial collection is seen."), ("subdural hematoma",
           "epidural hematoma")),
    Normal("ventricles", ("There is no mass effect or midline shift.", "Midline structures are in place, without midline shift."),
           ("midline shift", "brain mass")),
    Normal("calvarium", ("The calvarium is intact.", "No skull fracture is seen."), ("skull fracture",)),
    Normal("calvarium", ("The paranasal sinuses are clear.", "The visualized sinuses are well aerated."), ("sinus mucosal thickening",)),
    Normal("calvarium", ("The mastoid air cells are clear.", "The mastoid air cells are well aerated."), ("mastoid effusion",)),
    Normal("calvarium", ("The orbits are unremarkable.", "The globes and orbits are intact.")),
    Normal("calvarium", ("The soft tissues of the scalp are unremarkable.",), ("scalp hematoma",)),
    Normal("neck", ("Cervical alignment is maintained.", "There is normal cervical lordosis without listhesis.")),
    Normal("neck", ("The vertebral body heights are maintained, without cervical spine fracture.",
           "No cervical spine fracture is identified."), ("cervical spine fracture",)),
    Normal("neck", ("The prevertebral soft tissues are not thickened.", "There is no prevertebral soft tissue swelling."),
           ("cervical spine fracture",)),
    Normal("neck", ("The thyroid gland is unremarkable.", "The thyroid is normal in size and attenuation."), ("thyroid nodule",)),
    Normal("neck", ("The spinal canal is patent, without high-grade stenosis.",)),
    Normal("neck", ("The parotid and submandibular glands are symmetric.",)),
    Normal("neck", ("There is no cervical lymphadenopathy.",), ("cervical lymphadenopathy",)),
    Normal("neck", ("The dens is intact and the atlantoaxial interval is normal.",)),
    Normal("devices", ("No support devices are seen.", "There are no lines or tubes."), ("@devices",)),
    Normal("lungs", ("The lungs are clear.", "Lungs are clear.", "The lungs are clear bilaterally.", "Both lungs are clear."), ("@lungs",)),
    Normal("lungs", ("There is no focal consolidation.", "No focal airspace disease.", "No focal consolidation is identified."),
           ("consolidation",)),
    Normal("lungs", ("No suspicious pulmonary nodule or pulmonary mass is seen.",), ("pulmonary nodule", "pulmonary mass")),
    Normal("lungs", ("The pulmonary vasculature is normal.", "Pulmonary vascularity is within normal limits."), ("pulmonary edema",)),
    Normal("lungs", ("There is no pulmonary edema.", "No pulmonary edema."), ("pulmonary edema",)),
    Normal("lungs", ("The central airways are patent.", "The trachea and central bronchi are patent.")),
    Normal("lungs", ("The lungs are well expanded.", "Lung volumes are normal."), ("atelectasis", "hyperinflation")),
    Normal("lungs", ("The airways show no wall thickening, and there is no bronchiectasis.",), ("bronchiectasis",), ct_only=True),
    Normal("lungs", ("No ground-glass opacities or tree-in-bud nodularity is present.",), ("ground-glass opacities",), ct_only=True),
    Normal("pleura", ("No pleural effusion or pneumothorax.", "There is no pneumothorax or pleural effusion.",
           "No pneumothorax or pleural effusion is seen."), ("pleural effusion", "pneumothorax")),
    Normal("pleura", ("The costophrenic angles are sharp.", "Costophrenic angles are clear."), ("pleural effusion", "pleural thickening")),
    Normal("pleura", ("The pleural surfaces are smooth.", "The pleura is unremarkable."), ("@pleura",)),
    Normal("pleura", ("The hemidiaphragms are smoothly contoured.", "The diaphragm is normal in position.")),
    Normal("heart", ("The heart is normal in size.", "Heart size is normal.", "Heart size is within normal limits."), ("cardiomegaly",)),
    Normal("heart", ("There is no pericardial effusion.", "The pericardium is unremarkable."), ("pericardial effusion",), ct_only=True),
    Normal("heart", ("No coronary artery calcification is seen.",), ("coronary artery calcification",), ct_only=True),
    Normal("heart", ("The cardiac chambers are normal in configuration.",), ("cardiomegaly",), ct_only=True),
    Normal("mediastinum", ("The cardiomediastinal silhouette is normal.", "Cardiomediastinal contours are within normal limits."),
           ("cardiomegaly", "@mediastinum")),
    Normal("mediastinum", ("The mediastinal contours are normal.", "The mediastinum is unremarkable."), ("@mediastinum",)),
    Normal("mediastinum", ("The thoracic aorta is normal in caliber.", "The aorta is normal in caliber and course."),
           ("thoracic aortic aneurysm", "aortic dissection")),
    Normal("mediastinum", ("No filling defect is seen within the pulmonary arteries.", "The central pulmonary arteries are patent."),
           ("pulmonary embolism",), ct_only=True),
    Normal("mediastinum", ("The main pulmonary artery is normal in caliber.",), ct_only=True),
    Normal("mediastinum", ("There is no mediastinal lymphadenopathy or hilar lymphadenopathy.",), ("mediastinal lymphadenopathy",
           "hilar lymphadenopathy"), ct_only=True),
    Normal("mediastinum", ("The esophagus is unremarkable.", "The esophagus is normal in course and caliber."), ("hiatal hernia",),
           ct_only=True),
    Normal("mediastinum", ("The hila are unremarkable.", "The hilar contours are normal."), ("hilar lymphadenopathy",)),
    Normal("mediastinum", ("The arch vessels are patent at their origins.",), ("aortic dissection",), ct_only=True),
    Normal("chest wall", ("No acute osseous abnormality.", "The osseous structures are intact.", "The bony thorax is intact."),
           ("rib fracture", "clavicle fracture", "thoracic compression fracture")),
    Normal("chest wall", ("The soft tissues of the chest wall are unremarkable.",), ("subcutaneous gas",)),
    Normal("chest wall", ("The thoracic vertebral body heights are maintained.",
           "Thoracic vertebral alignment and heights are preserved."), ("thoracic compression fracture",)),
    Normal("chest wall", ("There is no axillary lymphadenopathy.",), ("axillary lymphadenopathy",), ct_only=True),
    Normal("chest wall", ("The sternum and scapulae are intact.",), ct_only=True),
    Normal("liver", ("The liver is normal in size and attenuation.", "The liver is unremarkable."), ("@liver",)),
    Normal("liver", ("The portal and hepatic veins are patent.", "The portal vein is patent."), ("portal vein thrombosis",)),
    Normal("liver", ("No suspicious hepatic mass is seen.", "There is no hepatic mass."), ("hepatic mass",)),
    Normal("liver", ("The hepatic contour is smooth.",), ("cirrhosis", "hepatic laceration")),
    Normal("biliary", ("The gallbladder is unremarkable.", "The gallbladder is normal, without stones or wall thickening."),
           ("cholelithiasis", "acute cholecystitis")),
    Normal("biliary", ("There is no biliary ductal dilatation.", "The bile ducts are not dilated."), ("biliary ductal dilatation",
           "choledocholithiasis")),
    Normal("biliary", ("No pericholecystic fluid is present.",), ("acute cholecystitis",)),
    Normal("pancreas", ("The pancreas is unremarkable.", "The pancreas enhances normally."), ("@pancreas",)),
    Normal("pancreas", ("The main pancreatic duct is not dilated.",)),
    Normal("pancreas", ("No peripancreatic fluid collection is seen.",), ("acute pancreatitis",)),
    Normal("spleen", ("The spleen is normal in size.", "The spleen is not enlarged."), ("splenomegaly", "hepatosplenomegaly")),
    Normal("spleen", ("The spleen enhances homogeneously.",), ("splenic laceration",)),
    Normal("spleen", ("The splenic vein is patent.",)),
    Normal("adrenals", ("The adrenal glands are unremarkable.", "Both adrenal glands are normal."), ("adrenal nodule",)),
    Normal("kidneys", ("The kidneys enhance symmetrically.", "The kidneys are normal in size and enhancement."), ("pyelonephritis",
           "renal mass")),
    Normal("kidneys", ("There is no hydronephrosis or renal calculus.", "No renal calculus or hydronephrosis is seen."), ("hydronephrosis",
           "renal calculus")),
    Normal("kidneys", ("The ureters are normal in course and caliber.", "The ureters are not dilated."), ("ureteral calculus",
           "hydronephrosis")),
    Normal("kidneys", ("No perinephric fluid collection is present.",)),
    Normal("kidneys", ("The renal arteries and veins are patent.",)),
    Normal("bowel", ("The bowel is normal in caliber.", "The small bowel and colon are normal in caliber."), ("small bowel obstruction",
           "ileus")),
    Normal("bowel", ("The appendix is normal.", "A normal appendix is visualized.", "The appendix is normal in caliber and gas-filled."),
           ("acute appendicitis",)),
    Normal("bowel", ("There is no bowel wall thickening.", "No bowel wall thickening or pericolonic stranding is seen."), ("colitis",
           "acute diverticulitis", "colonic mass")),
    Normal("bowel", ("The stomach and duodenum are unremarkable.", "The stomach is decompressed and unremarkable.")),
    Normal("bowel", ("The terminal ileum is unremarkable.",)),
    Normal("bowel", ("The rectum is unremarkable.", "The rectum and perirectal fat are normal.")),
    Normal("bowel", ("A moderate amount of stool is present in the colon.",), ("small bowel obstruction",)),
    Normal("peritoneum", ("There is no ascites or pneumoperitoneum.", "No pneumoperitoneum or ascites."), ("ascites", "pneumoperitoneum")),
    Normal("peritoneum", ("No retroperitoneal lymphadenopathy or mesenteric lymphadenopathy is seen.",),
           ("retroperitoneal lymphadenopathy", "mesenteric lymphadenopathy")),
    Normal("peritoneum", ("The abdominal aorta is normal in caliber.", "The aorta is nonaneurysmal."), ("abdominal aortic aneurysm",)),
    Normal("peritoneum", ("The mesenteric vessels are patent.", "The celiac and superior mesenteric arteries are patent.")),
    Normal("peritoneum", ("The inferior vena cava is unremarkable.",)),
    Normal("peritoneum", ("No drainable fluid collection is identified.",), ("abdominal abscess", "retroperitoneal hematoma")),
    Normal("peritoneum", ("The omentum and mesentery are unremarkable.",)),
    Normal("pelvis", ("The urinary bladder is unremarkable.", "The bladder is well distended and unremarkable."),
           ("bladder wall thickening",)),
    Normal("pelvis", ("The prostate is normal in size.",), ("prostatomegaly",), sex="man"),
    Normal("pelvis", ("The seminal vesicles are symmetric.",), sex="man"),
    Normal("pelvis", ("The uterus is unremarkable.", "The uterus is normal in size."), ("uterine fibroid",), sex="woman"),
    Normal("pelvis", ("No adnexal mass is seen.", "The adnexa are unremarkable."), ("ovarian cyst",), sex="woman"),
    Normal("pelvis", ("There is no pelvic lymphadenopathy.",)),
    Normal("pelvis", ("The abdominal wall is intact.", "The abdominal wall is unremarkable."), ("inguinal hernia", "ventral hernia")),
    Normal("bones", ("No aggressive osseous lesion is seen.", "There is no suspicious osseous lesion."), ("lytic lesion",)),
    Normal("bones", ("No acute fracture is seen.", "There is no acute fracture or dislocation."), ("hip fracture",
           "lumbar compression fracture")),
    Normal("bones", ("The lumbar vertebral body heights and alignment are maintained.",), ("lumbar compression fracture",
           "spondylolisthesis")),
    Normal("bones", ("The sacroiliac joints are symmetric.",)),
    Normal("bones", ("The hip joints are maintained.",), ("hip osteoarthritis", "hip fracture")),
    Normal("bones", ("The paraspinal and gluteal muscles are symmetric.",)),
)
# fmt: on
