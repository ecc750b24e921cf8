"""DICOM: what the basic profile of PS3.15 takes out is known, at every depth, or is text that is searched, or says nothing."""

from __future__ import annotations

import io
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources import dicom
from medpretrain.deidentify.identity import Identity

SR, CT = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.2"

# Table E.1-1 of PS3.15 (2024b), those of text, dates and UIDs: what each is planted as.
KINDS = {
    "names": """
        ConsultingPhysicianName ContentCreatorName HumanPerformerName InterpretationAuthor InterpretationRecorder
        InterpretationTranscriber NameOfPhysiciansReadingStudy NamesOfIntendedRecipientsOfResults OperatorsName OrderEnteredBy
        OtherPatientNames PatientBirthName PatientMotherBirthName PatientName PerformingPhysicianName PersonName
        PhysicianApprovingInterpretation PhysiciansOfRecord ReferringPhysicianName RequestingPhysician ResponsiblePerson ReviewerName
        ROIInterpreter ScheduledPerformingPhysicianName VerifyingObserverName DistributionName SelectorPNValue TopicAuthor
        CameraOwnerName
    """,
    "numbers": """
        AccessionNumber AdmissionID ClinicalTrialProtocolID ClinicalTrialSiteID ClinicalTrialSubjectID ClinicalTrialSubjectReadingID
        ClinicalTrialTimePointID ClinicalTrialSeriesID ClinicalTrialProtocolEthicsCommitteeApprovalNumber ContainerIdentifier
        ContainerComponentID DeviceSerialNumber DetectorID FillerOrderNumberImagingServiceRequest GantryID GeneratorID CassetteID
        PlateID InsurancePlanIdentification InterpretationID LensSerialNumber MedicalRecordLocator ModifyingDeviceID NetworkID
        OtherPatientIDs PatientID PerformedProcedureStepID PerformedStationAETitle PerformedStationName
        PlacerOrderNumberImagingServiceRequest RequestedProcedureID ResultsID RetrieveAETitle ScheduledProcedureStepID
        ScheduledStationAETitle ScheduledStationName ScheduledStudyLocationAETitle ServiceEpisodeID SlideIdentifier SourceSerialNumber
        SpecimenAccessionNumber SpecimenIdentifier StationAETitle StationName StudyID TreatmentMachineName UniqueDeviceIdentifier
        XRayDetectorID XRaySourceID BarcodeValue DeviceAlternateIdentifier ManufacturerDeviceIdentifier
    """,
    "places": """
        ClinicalTrialCoordinatingCenterName ClinicalTrialSiteName ClinicalTrialSponsorName ClinicalTrialProtocolEthicsCommitteeName
        CurrentPatientLocation DistributionAddress HumanPerformerOrganization InstitutionAddress InstitutionName
        InstitutionalDepartmentName IssuerOfAdmissionID IssuerOfPatientID IssuerOfServiceEpisodeID OrderEntererLocation PatientAddress
        PatientInstitutionResidence PerformedLocation PersonAddress ReferringPhysicianAddress RegionOfResidence
        RequestedProcedureLocation RequestingService ResponsibleOrganization ResultsIDIssuer ScheduledPatientInstitutionResidence
        ScheduledProcedureStepLocation ScheduledStudyLocation StudyIDIssuer VerifyingOrganization InterpretationIDIssuer AddressTrial
        ModifyingSystem SourceOfPreviousValues
    """,
    "contacts": """
        OrderCallbackPhoneNumber PatientTelephoneNumbers PersonTelephoneNumbers ReferringPhysicianTelephoneNumbers
        PatientTelecomInformation PersonTelecomInformation OrderCallbackTelecomInformation TelephoneNumberTrial
    """,
    "dates": """
        AcquisitionDate AcquisitionDateTime AdmittingDate ContentDate CurveDate DateOfLastCalibration DateOfSecondaryCapture
        DischargeDate ExpectedCompletionDateTime InstanceCreationDate InstanceCoercionDateTime IssueDateOfImagingServiceRequest
        LastMenstrualDate ObservationDateTime OverlayDate PatientBirthDate PerformedProcedureStepEndDate PerformedProcedureStepStartDate
        PresentationCreationDate RTPlanDate ScheduledAdmissionDate ScheduledDischargeDate ScheduledProcedureStepStartDate
        ScheduledStudyStartDate SeriesDate StructureSetDate StudyArrivalDate StudyCompletionDate StudyDate StudyReadDate
        StudyVerifiedDate TreatmentDate ReviewDate VerificationDateTime
    """,
    "numbers of UIDs": """
        AcquisitionUID ConcatenationUID DeviceUID DimensionOrganizationUID DoseReferenceUID FrameOfReferenceUID InstanceCreatorUID
        IrradiationEventUID ObservationUID SeriesInstanceUID StudyInstanceUID SynchronizationFrameOfReferenceUID SpecimenUID
        TransactionUID TrackingUID TargetUID StorageMediaFileSetUID ReferencedFrameOfReferenceUID UID
    """,
}


def planted(kind: str, index: int) -> tuple[str, str]:
    """(value of the element, what is to be known)."""
    word = "".join(chr(ord("a") + int(digit)) for digit in f"{index:04d}")
    day = f"{1940 + index}-03-14"
    return {
        "names": (f"Fam{word}^Giv{word}", f"Giv{word} Fam{word}"),
        "numbers": (f"N{index:05d}", f"N{index:05d}"),
        "places": (f"Vil{word}", f"Vil{word}"),
        "contacts": (f"617555{index:04d}", f"617555{index:04d}"),
        "dates": (day.replace("-", ""), day),
        "numbers of UIDs": (f"1.2.3.{index}", f"1.2.3.{index}"),
    }[kind]


def filled() -> tuple[Dataset, dict[str, set[str]]]:
    dataset, expected = (
        Dataset(),
        {"names": set[str](), "numbers": set[str](), "places": set[str](), "contacts": set[str](), "dates": set[str]()},
    )
    for kind, keywords in KINDS.items():
        for index, keyword in enumerate(keywords.split(), 10):
            value, known = planted(kind, index)
            setattr(dataset, keyword, value)
            expected[kind.split()[0]].add(known)
    return dataset, expected


def written(dataset: Dataset, kind: str = CT, implicit: bool = False) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(kind), UID("1.2.3.4")
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = kind, "1.2.3.4"
    buffer = io.BytesIO()
    FileDataset(buffer, dataset, file_meta=meta, preamble=b"\0" * 128).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def read(dataset: Dataset, kind: str = CT, implicit: bool = False, identities: bool = True) -> Document:
    (document,) = dicom.read(io.BytesIO(written(dataset, kind, implicit)), "file.dcm", identities)
    assert isinstance(document, Document)
    return document


def sequence(**elements: Any) -> pydicom.Sequence:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return pydicom.Sequence([item])


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("depth", [0, 3])
def test_every_attribute_of_the_basic_profile_is_known(depth: int, implicit: bool) -> None:
    dataset, expected = filled()
    for _ in range(depth):
        outer = Dataset()
        outer.ModifiedAttributesSequence = pydicom.Sequence([dataset])
        dataset = outer
    dataset.Modality, dataset.StudyDescription = "CT", "Chest"
    identity = read(dataset, implicit=implicit).identity
    for kind, values in expected.items():
        assert values - set(getattr(identity, kind)) == set(), kind


def test_nothing_that_is_known_reaches_the_text_of_a_header() -> None:
    dataset, _ = filled()
    dataset.Modality, dataset.StudyDescription, dataset.ContrastBolusAgent = "CT", "Chest", "Iodine"
    assert read(dataset).text == "Study: Chest\nContrast: Iodine"


def test_persons_in_codes_and_old_values() -> None:
    dataset = Dataset()
    dataset.Modality, dataset.StudyDescription = "CT", "Chest"
    person = sequence(CodeValue="D-5150", CodingSchemeDesignator="99X", CodeMeaning="Lindqvist^Frida")
    dataset.ReferringPhysicianIdentificationSequence = sequence(PersonIdentificationCodeSequence=person, InstitutionName="Cedar Ridge")
    dataset.OriginalAttributesSequence = sequence(ModifiedAttributesSequence=sequence(PatientName="Okonkwo^Ada", PatientID="OLD-4700"))
    dataset.OtherPatientIDsSequence = sequence(PatientID="OTH-7788")
    identity = read(dataset).identity
    assert set(identity.names) == {"Frida Lindqvist", "Ada Okonkwo"}
    assert {"D-5150", "OLD-4700", "OTH-7788"} <= set(identity.numbers)
    assert identity.places == ("Cedar Ridge",)


def test_names_in_several_scripts_several_values_and_private_elements() -> None:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.Modality, dataset.StudyDescription, dataset.PatientName = "CT", "Chest", "Yamada^Tarou=山田^太郎"
    dataset.OperatorsName = ["Enterer^Erik", "Noter^Nora"]
    dataset.private_block(0x0099, "ACME", create=True).add_new(0x01, "PN", "Vandermeer^Joost")
    expected = {"Tarou Yamada", "太郎 山田", "Erik Enterer", "Nora Noter", "Joost Vandermeer"}
    assert set(read(dataset).identity.names) == expected


def test_a_report_says_who_observed_whom() -> None:
    def item(kind: str, code: str, relationship: str, **values: Any) -> Dataset:
        dataset = Dataset()
        dataset.RelationshipType, dataset.ValueType = relationship, kind
        dataset.ConceptNameCodeSequence = sequence(CodeValue=code, CodingSchemeDesignator="DCM", CodeMeaning="Concept")
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        return dataset

    root = Dataset()
    root.Modality, root.PatientID = "SR", "MRN-4711"
    root.ContentSequence = pydicom.Sequence(
        [
            item("PNAME", "121008", "HAS OBS CONTEXT", PersonName="Lindqvist^Frida"),
            item("TEXT", "121009", "HAS OBS CONTEXT", TextValue="Cedar Ridge Hospital"),
            item("TEXT", "121011", "HAS OBS CONTEXT", TextValue="Radiologist"),
            item("TEXT", "121030", "CONTAINS", TextValue="OLD-4700"),
            item("TEXT", "999", "HAS OBS CONTEXT", TextValue="Nora Noter"),
            item("TEXT", "121071", "CONTAINS", TextValue="No nodule."),
        ]
    )
    identity = read(root, SR).identity
    assert set(identity.names) == {"Frida Lindqvist", "Nora Noter"}
    assert {"MRN-4711", "OLD-4700"} <= set(identity.numbers)
    assert identity.places == ("Cedar Ridge Hospital",)
    assert identity.subject == "MRN-4711"


def test_identities_can_be_left_out() -> None:
    dataset, _ = filled()
    dataset.Modality, dataset.StudyDescription = "CT", "Chest"
    assert read(dataset, identities=False).identity == Identity()
