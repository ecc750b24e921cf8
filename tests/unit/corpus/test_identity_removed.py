"""What a record says of its patient in fields of its own is gone from its free text, also misspelt, in every clinical format."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import IO, Any

import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from medpretrain.corpus.deidentified import DocumentDeidentifier
from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.sources import ccda, dicom, fhir, hl7v2
from medpretrain.deidentify.settings import DeidentifySettings

TEXT = (
    "The okonkwo family was here. Okonkow, Chidiebere (4711 8812) was born 3/4/51 and lives at 12 Zumwalt Crossing in Quillfeather. "
    "His brother emekanwa can be reached at 617.555.0142; 47118821 was his old card. Discussed with Lindqvst. Wheezing on the left, 12 mg."
)
GONE = ("okonk", "chidieb", "4711", "3/4/51", "zumwalt", "quillf", "emekan", "0142", "lindq")
KEPT = "Wheezing on the left, 12 mg."


def of_fhir() -> bytes:
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"family": "Okonkwo", "given": ["Chidiebere"]}],
        "identifier": [{"value": "4711-8812"}],
        "birthDate": "1951-03-04",
        "address": [{"line": ["12 Zumwalt Crossing"], "city": "Quillfeather"}],
        "contact": [{"name": {"text": "Emekanwa Okonkwo"}, "telecom": [{"system": "phone", "value": "(617) 555-0142"}]}],
        "generalPractitioner": [{"display": "Dr. Frida Lindqvist"}],
    }
    report = {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "subject": {"reference": "Patient/p1"}, "conclusion": TEXT}
    return json.dumps({"resourceType": "Bundle", "entry": [{"resource": patient}, {"resource": report}]}).encode()


def of_hl7() -> bytes:
    patient = "PID|1||4711-8812||OKONKWO^CHIDIEBERE||19510304|M|||12 Zumwalt Crossing^^Quillfeather^MA"
    relative = "NK1|1|OKONKWO^EMEKANWA|BRO||(617)555-0142"
    doctor = "PV1|1|I|||||D1^LINDQVIST^FRIDA"
    return "\r".join(["MSH|^~\\&|A|B|C|D|2019||ORU^R01|M1|P|2.5", patient, relative, doctor, f"OBX|1|TX|IMP||{TEXT}"]).encode()


def of_ccda() -> bytes:
    return f"""<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id root="1.2" extension="4711-8812"/>
<addr><streetAddressLine>12 Zumwalt Crossing</streetAddressLine><city>Quillfeather</city></addr>
<patient><name><given>Chidiebere</given><family>Okonkwo</family></name><birthTime value="19510304"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name>Frida Lindqvist</name></assignedPerson></assignedAuthor></author>
<participant><associatedEntity><telecom value="tel:+1(617)555-0142"/>
<associatedPerson><name>Emekanwa Okonkwo</name></associatedPerson></associatedEntity></participant>
<component><structuredBody><component><section><text>{TEXT}</text></section></component></structuredBody></component>
</ClinicalDocument>""".encode()


def of_dicom() -> bytes:
    dataset = Dataset()
    dataset.Modality, dataset.ImageComments = "CT", TEXT
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Okonkwo^Chidiebere", "4711-8812", "19510304"
    dataset.PatientAddress, dataset.PatientTelephoneNumbers = "12 Zumwalt Crossing, Quillfeather", "(617)555-0142"
    dataset.ResponsiblePerson, dataset.ReferringPhysicianName = "Okonkwo^Emekanwa", "Lindqvist^Frida"
    dataset.SOPClassUID, dataset.SOPInstanceUID = UID("1.2.840.10008.5.1.4.1.1.2"), UID("1.2.3.4")
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    FileDataset(buffer, dataset, file_meta=meta, preamble=b"\0" * 128).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("read", "data"), [(fhir.read, of_fhir()), (hl7v2.read, of_hl7()), (ccda.read, of_ccda()), (dicom.read, of_dicom())]
)
def test_nothing_of_the_patient_is_left(read: Callable[[IO[bytes], str], Any], data: bytes) -> None:
    (document,) = (record for record in read(io.BytesIO(data), "file") if isinstance(record, Document))
    assert all(word in document.text.lower() for word in GONE)
    (made,) = DocumentDeidentifier(DeidentifySettings()).deidentify([document], ["date", "title", "patient_id", "record_id"])
    written = format_line(made.document).decode().lower()
    assert [word for word in GONE if word in written] == []
    assert KEPT in made.document.text
    assert "Okonkwo" not in repr(document.identity)
