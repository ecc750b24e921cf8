"""What a DICOM header says of persons: what the basic profile of PS3.15 (table E.1-1) takes out, where a text could say it.

Those are, at every depth, all names of persons (PN), dates (DA, DT) and UIDs by their VR, and the numbers, places and telecoms below by
their keyword. The profile's descriptions and comments are text that is searched itself; its times of day, codes and pixels say nothing that
a text could repeat.
"""

from __future__ import annotations

from functools import lru_cache

import pydicom
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from medpretrain.corpus.sources.gathered import Gathered
from medpretrain.deidentify.identity import Identity

MAX_ITEMS = 5_000  # of sequences, at all depths, that are looked at

_TEXTS = {  # what the text of these is
    "number": (
        "PatientID OtherPatientIDs MedicalRecordLocator InsurancePlanIdentification AccessionNumber StudyID AdmissionID "
        "ServiceEpisodeID RequestedProcedureID ScheduledProcedureStepID PerformedProcedureStepID FillerOrderNumberImagingServiceRequest "
        "FillerOrderNumberImagingServiceRequestRetired FillerOrderNumberProcedure PlacerOrderNumberImagingServiceRequest "
        "PlacerOrderNumberImagingServiceRequestRetired PlacerOrderNumberProcedure SpecimenAccessionNumber SpecimenIdentifier "
        "SlideIdentifier ContainerIdentifier ContainerComponentID BarcodeValue InterpretationID ResultsID ClinicalTrialSubjectID "
        "ClinicalTrialSubjectReadingID ClinicalTrialSiteID ClinicalTrialProtocolID ClinicalTrialSeriesID ClinicalTrialTimePointID "
        "ClinicalTrialProtocolEthicsCommitteeApprovalNumber DeviceSerialNumber DeviceID CassetteID PlateID GantryID GeneratorID "
        "DetectorID XRayDetectorID XRaySourceID LensSerialNumber UniqueDeviceIdentifier DeviceAlternateIdentifier "
        "ManufacturerDeviceIdentifier SourceSerialNumber SourceIdentifier FlowIdentifier ModifyingDeviceID StationName "
        "PerformedStationName ScheduledStationName PerformedStationAETitle ScheduledStationAETitle StationAETitle RetrieveAETitle "
        "ScheduledStudyLocationAETitle ReceivingAE RequestingAE DestinationAE Originator NetworkID TreatmentMachineName "
        "RTAccessoryDeviceSlotID RTAccessoryHolderSlotID"
    ),
    "place": (
        "InstitutionName InstitutionAddress InstitutionalDepartmentName PatientAddress PatientInstitutionResidence "
        "ScheduledPatientInstitutionResidence CurrentPatientLocation ReferringPhysicianAddress PersonAddress PerformedLocation "
        "ScheduledProcedureStepLocation RequestedProcedureLocation ScheduledStudyLocation OrderEntererLocation "
        "HumanPerformerOrganization VerifyingOrganization ResponsibleOrganization RequestingService RegionOfResidence "
        "ClinicalTrialSiteName ClinicalTrialCoordinatingCenterName ClinicalTrialSponsorName ClinicalTrialProtocolEthicsCommitteeName "
        "DistributionAddress AddressTrial IssuerOfPatientID IssuerOfAdmissionID IssuerOfServiceEpisodeID StudyIDIssuer ResultsIDIssuer "
        "InterpretationIDIssuer IssuerOfClinicalTrialProtocolID IssuerOfClinicalTrialSeriesID IssuerOfClinicalTrialSiteID "
        "IssuerOfClinicalTrialSubjectID IssuerOfClinicalTrialSubjectReadingID IssuerOfClinicalTrialTimePointID SourceOfPreviousValues "
        "ModifyingSystem"
    ),
    "contact": (
        "PatientTelephoneNumbers PatientTelecomInformation ReferringPhysicianTelephoneNumbers PersonTelephoneNumbers "
        "PersonTelecomInformation OrderCallbackPhoneNumber OrderCallbackTelecomInformation TelephoneNumberTrial"
    ),
    "name": "TopicAuthor CameraOwnerName",
}
_OBSERVERS = {  # concept of an item of a report (DICOM PS3.16, DCM) -> what its text is
    **dict.fromkeys(("121008", "121029", "121036"), "name"),
    **dict.fromkeys(("121009", "121017"), "place"),
    **dict.fromkeys(("121013", "121016", "121020", "121021", "121022", "121030", "128774"), "number"),
}
_NO_OBSERVERS = frozenset({"121010", "121011", "121014", "121015", "121033", "121034", "121035"})  # roles, makers and models, age, species
_IDENTIFICATION = frozenset({0x00401101, 0x00700086})  # sequences of codes that are persons: number and name
_BULKY = frozenset(  # sequences of images, contours, beams and samples, which name nobody
    {0x00081115, 0x00081140, 0x00082112, 0x00081199, 0x30060039, 0x300A0111, 0x54000100, 0x52009229, 0x52009230, 0x00720200, 0x00283010}
)
_STANDARD_UIDS = "1.2.840.10008."  # of classes and transfer syntaxes

_RELATIONSHIP, _CONCEPT_NAME, _TEXT_VALUE = 0x0040A010, 0x0040A043, 0x0040A160
_CODE_VALUE, _CODE_MEANING = 0x00080100, 0x00080104


def identity_of_header(dataset: Dataset, subject: str) -> Identity:
    """All that the header says, and that a report says of who observed whom."""
    gathered = Gathered()
    pending = [dataset]
    num_items = 0
    while pending and num_items < MAX_ITEMS:
        current = pending.pop()
        num_items += 1
        pending += _take_all(gathered, current)
        if _CONCEPT_NAME in current:
            _take_observer(gathered, current)
    return gathered.identity(subject)


def _take_all(gathered: Gathered, dataset: Dataset) -> list[Dataset]:
    """Take every element; the items of the sequences among them are returned."""
    kinds, items = _kinds(), list[Dataset]()
    for tag in dataset.keys():  # noqa: SIM118  a Dataset iterates over decoded elements
        kind = kinds.get(int(tag)) or ("name" if tag.is_private and _raw_vr(dataset, tag) == "PN" else None)
        if kind is None:
            continue
        value = dataset[tag].value
        if kind != "items":
            for one in value if isinstance(value, (MultiValue, list)) else [value]:
                _take(gathered, kind, str(one) if one is not None else "")
        elif isinstance(value, pydicom.Sequence):
            items += value
            if tag in _IDENTIFICATION:
                _take_persons(gathered, value)
    return items


def _take(gathered: Gathered, kind: str, value: str) -> None:
    if kind == "name":
        for form in value.split("="):  # letters, ideograms, sounds
            gathered.name(form)
    elif kind == "uid":
        gathered.number("" if value.startswith(_STANDARD_UIDS) else value)
    elif kind == "number":
        gathered.number(value)
    elif kind == "place":
        gathered.place(value)
    elif kind == "contact":
        gathered.contact(value)
    else:
        gathered.date(value)


def _take_persons(gathered: Gathered, codes: pydicom.Sequence) -> None:
    for code in codes:
        if _CODE_VALUE in code:
            gathered.number(str(code[_CODE_VALUE].value))
        if _CODE_MEANING in code:
            gathered.name(str(code[_CODE_MEANING].value))


def _take_observer(gathered: Gathered, item: Dataset) -> None:
    """Of an item of a report: whom its text names, by its concept; of those that say who observed, any text."""
    if _TEXT_VALUE not in item:
        return
    names = item[_CONCEPT_NAME].value
    concept = str(names[0][_CODE_VALUE].value) if names and _CODE_VALUE in names[0] else ""
    text = str(item[_TEXT_VALUE].value)
    if concept in _OBSERVERS:
        _take(gathered, _OBSERVERS[concept], text)
    elif concept not in _NO_OBSERVERS and _RELATIONSHIP in item and item[_RELATIONSHIP].value == "HAS OBS CONTEXT":
        (gathered.person_or_place if " " in text or text.isalpha() else gathered.number)(text)


def _raw_vr(dataset: Dataset, tag: pydicom.tag.BaseTag) -> str | None:
    element: DataElement | RawDataElement = dataset.get_item(tag)
    return element.VR


@lru_cache(maxsize=1)
def _kinds() -> dict[int, str]:
    """What is taken of each attribute of DICOM's dictionary that says something, by its tag."""
    by_vr = {"PN": "name", "DA": "date", "DT": "date", "UI": "uid", "SQ": "items"}
    by_keyword = {keyword: kind for kind, keywords in _TEXTS.items() for keyword in keywords.split()}
    kinds = {tag: by_keyword.get(keyword) or by_vr.get(vr) for tag, (vr, _, _, _, keyword) in DicomDictionary.items()}
    return {tag: kind for tag, kind in kinds.items() if kind and tag not in _BULKY}
