"""C-CDA: what header and entries say of persons and organisations."""

from __future__ import annotations

import io

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources import ccda
from medpretrain.deidentify.identity import Identity

ADDRESS = "<addr><streetAddressLine>{line}</streetAddressLine><city>{city}</city><state>MA</state><postalCode>{code}</postalCode></addr>"


def person(role: str, inner: str, number: str, given: str, family: str) -> str:
    name = f"<name><prefix>Dr.</prefix><given>{given}</given><family>{family}</family><suffix>MD</suffix></name>"
    return f'<{role}><id root="2.16.840.1.113883.4.6" extension="{number}"/><{inner}>{name}</{inner}></{role}>'


DOCUMENT = f"""<ClinicalDocument xmlns="urn:hl7-org:v3">
<id root="2.16.840.1.113883.19" extension="DOC-9001"/><title>Summary</title><effectiveTime value="201902031030"/>
<recordTarget><patientRole>
  <id root="2.16.840.1.113883.4.1" extension="078-05-1120"/><id root="1.2.3" extension="4711-A"/><id nullFlavor="UNK" extension="NOT-1"/>
  {ADDRESS.format(line="12 Elm Street", city="Springfield", code="02139")}
  <telecom value="tel:+1(617)555-0142"/><telecom value="mailto:ada@example.org"/>
  <patient><name><given>Ada</given><given>Chidi</given><family>Okonkwo</family></name><birthTime value="19510304"/>
    <guardian><guardianPerson><name>Emeka Okonkwo</name></guardianPerson></guardian>
    <birthplace><place><addr><city>Enugu</city><country>NG</country></addr></place></birthplace></patient>
  <providerOrganization><id root="6f122869-a856-3d65-8db9-099bf4f5bbb8"/><name>Mercy General Hospital</name></providerOrganization>
</patientRole></recordTarget>
<author><time value="20190204"/>{person("assignedAuthor", "assignedPerson", "1234567893", "Frida", "Lindqvist")}</author>
<dataEnterer>{person("assignedEntity", "assignedPerson", "55512", "Erik", "Enterer")}</dataEnterer>
<informant>{person("assignedEntity", "assignedPerson", "55513", "Ines", "Okafor")}</informant>
<custodian><assignedCustodian><representedCustodianOrganization><name>Cedar Ridge Trust</name>
  </representedCustodianOrganization></assignedCustodian></custodian>
<legalAuthenticator>{person("assignedEntity", "assignedPerson", "55514", "Leah", "Signer")}</legalAuthenticator>
<participant><associatedEntity><associatedPerson><name>Uche Bello</name></associatedPerson></associatedEntity></participant>
<documentationOf><serviceEvent><effectiveTime><low value="20190201"/></effectiveTime>
  <performer>{person("assignedEntity", "assignedPerson", "55515", "Joost", "Vandermeer")}</performer></serviceEvent></documentationOf>
<componentOf><encompassingEncounter><id root="1.9" extension="VN-30303"/></encompassingEncounter></componentOf>
<component><structuredBody><component><section><title>Visit</title><text>All well.</text>
  <entry><act><id root="1.8" extension="OBS-123456"/><author>{person("assignedAuthor", "assignedPerson", "55516", "Nora", "Noter")}</author>
    <participant><participantRole><playingEntity><name>Penicillin G</name></playingEntity></participantRole></participant>
    <participant><participantRole><id root="1.7" extension="UDI-778"/>
      <playingEntity classCode="PLC"><name>Oak Lane Hospice</name></playingEntity></participantRole></participant>
    <consumable><manufacturedProduct><manufacturedMaterial><name>Proventil</name></manufacturedMaterial>
      <manufacturerOrganization><name>Medication Factory</name></manufacturerOrganization></manufacturedProduct></consumable></act></entry>
</section></component></structuredBody></component></ClinicalDocument>"""


def read(identities: bool = True) -> Document:
    (document,) = ccda.read(io.BytesIO(DOCUMENT.encode()), "file.xml", identities)
    assert isinstance(document, Document)
    return document


def test_persons_of_header_and_entries() -> None:
    expected = ["Ada Chidi Okonkwo", "Emeka Okonkwo", "Frida Lindqvist", "Erik Enterer", "Ines Okafor", "Leah Signer", "Uche Bello"]
    assert list(read().identity.names) == [*expected, "Joost Vandermeer", "Nora Noter"]


def test_numbers_places_dates_and_contacts() -> None:
    identity = read().identity
    numbers = {"DOC-9001", "078-05-1120", "4711-A", "6f122869-a856-3d65-8db9-099bf4f5bbb8", "1234567893", "VN-30303", "UDI-778"}
    assert set(identity.numbers) == numbers | {f"5551{number}" for number in range(2, 7)}
    places = {"12 Elm Street", "Springfield", "02139", "Enugu", "Mercy General Hospital", "Cedar Ridge Trust", "Oak Lane Hospice"}
    assert set(identity.places) == places
    assert set(identity.dates) == {"1951-03-04", "2019-02-03", "2019-02-04", "2019-02-01"}
    assert identity.contacts == ("+1(617)555-0142", "ada@example.org")
    assert identity.subject == "4711-A"


def test_identities_can_be_left_out() -> None:
    assert read(identities=False).identity == Identity()
