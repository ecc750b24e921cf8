"""De-identification: what is found, what is taken out without need, how fast; beside presidio.

    python benchmarks/deidentify.py                                   the rules alone
    python benchmarks/deidentify.py --ner DIR --presidio DIR          also with a token classifier, and presidio

Compared, in the same run:
    rules         `Deidentifier` as it stands
    rules + NER   the same with `--ner`, a directory of a Hugging Face token classifier (`train_ner` makes one)
    presidio      presidio-analyzer with all of its recognizers for English that need no model, on blank spaCy whose lemmas are the words in
                  small letters (else its context words do nothing), score threshold as it is set there. Not installed with medpretrain:
                  `pip install --target DIR presidio-analyzer==2.2.366`; without it, it is left out, and that is said

1. recall: by label on both gold files of ../shared/data/phi and on two sets of synthetic notes; `score.py` says how it is counted.
2. scrubbing: sentences without an identifier of which something would be taken out: medical terms of ../shared/data/terms, eponyms,
   doses, laboratory values, scores, levels of the spine, vessels.
3. removed: words taken out of ../shared/data/pretrain/mtsamples, which holds invented names and dates, with a sample for the eye.
4. speed: MB of text a second of one core, of mtsamples and the clinical gold.
5. growth: CPU time a MB and peak memory of one, two and four times the text, as many documents and as one long document.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from medpretrain.deidentify.deidentifier import Deidentifier
from medpretrain.deidentify.finding import Finding, united
from medpretrain.deidentify.gold import TOKEN, GoldDocument, gold_document, read_gold
from medpretrain.deidentify.notes import write_notes
from medpretrain.deidentify.score import score
from medpretrain.deidentify.settings import DeidentifySettings

SHARED = Path(__file__).resolve().parents[2] / "shared/data"
PARTS = ("recall", "scrubbing", "removed", "speed", "growth")
NER_MIN_SCORE = 0.9  # at 0.5 the small model of train_ner takes out several times as many words that are none
NUM_NOTES = 2_000
NUM_TERMS = 20_000
TERM_LISTS = ("radlex", "mesh-2019", "disease-ontology", "drugs_at_fda", "icd10cm-2021", "wordlist-medicalterms-en")
ROUNDS = 3
SPEED_BYTES = 1_000_000
SLOW_BYTES = 60_000  # of what is measured slower by a factor of ten and more
GROWTH_BYTES = 500_000
SHOWN = 40
CONTEXT = 30  # characters on either side of one that is shown

Find = Callable[[Sequence[str]], list[list[Finding]]]

SENTENCES = (
    "The patient has {}.",
    "History of {} was noted on admission.",
    "No evidence of {}.",
    "ASSESSMENT: {}, stable on current therapy.",
    "{} was discussed; we will follow.",
    "She was treated for {} in the past.",
)
EPONYMS = (
    *(
        "Parkinson disease",
        "Crohn's disease",
        "Foley catheter",
        "Babinski sign",
        "May-Thurner syndrome",
        "Virchow node",
        "Hodgkin lymphoma",
    ),
    *("Alzheimer dementia", "Murphy sign", "McBurney point", "Bell's palsy", "Graves disease", "Hashimoto thyroiditis", "Addison disease"),
    *("Cushing syndrome", "Marfan syndrome", "Down syndrome", "Turner syndrome", "Raynaud phenomenon", "Sjogren syndrome", "Paget disease"),
    *(
        "Barrett esophagus",
        "Mallory-Weiss tear",
        "Whipple procedure",
        "Roux-en-Y bypass",
        "Billroth II",
        "Swan-Ganz catheter",
        "Bovie cautery",
    ),
    *(
        "Hickman line",
        "Jackson-Pratt drain",
        "Kelly clamp",
        "Kocher incision",
        "Pfannenstiel incision",
        "Trendelenburg position",
        "Doppler",
    ),
    *(
        "Glasgow Coma Scale",
        "Apgar score",
        "Karnofsky status",
        "Child-Pugh class B",
        "Mallampati III",
        "Gleason 3+4",
        "Breslow depth 1.2 mm",
    ),
    *(
        "Dix-Hallpike maneuver",
        "Epley maneuver",
        "Lachman test",
        "McMurray test",
        "Phalen sign",
        "Tinel sign",
        "Romberg sign",
        "Homans sign",
    ),
    *("Osler nodes", "Janeway lesions", "Roth spots", "Kaposi sarcoma", "Wilms tumor", "Ewing sarcoma", "Merkel cell carcinoma"),
    *(
        "Guillain-Barre syndrome",
        "Charcot-Marie-Tooth disease",
        "Ehlers-Danlos syndrome",
        "Stevens-Johnson syndrome",
        "Wolff-Parkinson-White",
    ),
    *("Tetralogy of Fallot", "Circle of Willis", "vein of Galen", "artery of Adamkiewicz", "ligament of Treitz", "sphincter of Oddi"),
    *("Baker cyst", "Bartholin gland", "Colles fracture", "Smith fracture", "Dupuytren contracture", "Heberden nodes", "Schatzki ring"),
    *("Kayser-Fleischer rings", "Cheyne-Stokes breathing", "Kussmaul respirations", "Korotkoff sounds", "Judkins catheter", "Mohs surgery"),
)


# What is compared.


def rules_of(ner: Path | None) -> Find:
    return Deidentifier(DeidentifySettings(ner=None if ner is None else str(ner), ner_min_score=NER_MIN_SCORE)).find


KINDS_OF_PRESIDIO = {
    "PERSON": "NAME",
    "LOCATION": "LOCATION",
    "DATE_TIME": "DATE",
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "URL": "URL",
    "IP_ADDRESS": "IP",
    "US_SSN": "SSN",
    "US_MBI": "HEALTH_PLAN",
    **dict.fromkeys(("US_DRIVER_LICENSE", "MEDICAL_LICENSE"), "LICENSE"),
    **dict.fromkeys(("CREDIT_CARD", "IBAN_CODE", "US_BANK_NUMBER"), "ACCOUNT"),
}


def presidio() -> Find:
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SlimSpacyNlpEngine

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # its bundled list: no fetching

    @spacy.Language.component("words_as_lemmas")
    def words_as_lemmas(doc: Any) -> Any:
        for token in doc:
            token.lemma_ = token.lower_
        return doc

    class BlankEngine(SlimSpacyNlpEngine):
        def load(self) -> None:
            blank = spacy.blank("en")
            blank.max_length = 10**8
            blank.add_pipe("words_as_lemmas")
            self.nlp = {"en": blank}

    engine = BlankEngine()
    engine.load()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])

    def find(texts: Sequence[str]) -> list[list[Finding]]:
        found = []
        for text in texts:
            results = analyzer.analyze(text, "en")
            findings = [Finding(one.start, one.end, KINDS_OF_PRESIDIO.get(one.entity_type, "ID"), one.entity_type) for one in results]
            found.append(united(findings))
        return found

    return find


def compared(ner: Path | None, presidio_directory: Path | None) -> dict[str, Find]:
    finders = {"rules": rules_of(None)}
    if ner is not None:
        finders["rules + NER"] = rules_of(ner)
    if presidio_directory is not None:
        sys.path.append(str(presidio_directory))
    try:
        finders["presidio"] = presidio()
    except ImportError as error:
        print(f"presidio is left out, it cannot be imported ({error}): pip install --target DIR presidio-analyzer==2.2.366; --presidio DIR")
    return finders


# The texts.


def records(name: str) -> list[dict[str, Any]]:
    with gzip.open(SHARED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def gold_sets() -> dict[str, list[GoldDocument]]:
    sets = {name: list(read_gold(SHARED / f"phi/{name}.jsonl.gz")) for name in ("clinical_phi", "presidio_pii")}
    for which in ("development", "unseen"):
        sets[f"{which} notes"] = [gold_document(note, note["id"]) for note in write_notes(NUM_NOTES, 0, which)]
    return sets


def mixed_texts(num_bytes: int) -> list[str]:
    """Of mtsamples and of the clinical gold by turns, without end of these, so that whatever size is wanted there is."""
    pool = [record["text"] for pair in zip(records("pretrain/mtsamples"), records("phi/clinical_phi"), strict=False) for record in pair]
    texts: list[str] = []
    size = 0
    while size < num_bytes:
        text = pool[len(texts) % len(pool)]
        texts.append(text)
        size += len(text.encode())
    return texts


# 1: recall and precision.


def recall(finders: dict[str, Find]) -> None:
    for name, gold in gold_sets().items():
        texts = [document.text for document in gold]
        scores = {which: score(gold, find(texts)) for which, find in finders.items()}
        told = {which: one.as_dict() for which, one in scores.items()}
        print(f"\n{name}, {len(gold):,} documents: words found (strictly: start, end and class)")
        print(f"| label | identifiers | {' | '.join(told)} |\n|---|---:|{'---:|' * len(told)}")
        first = next(iter(told.values()))
        for label in first["labels"]:
            cells = [
                f"{_percent(one['labels'][label]['recall'])} ({_percent(one['labels'][label]['strict_recall'])})" for one in told.values()
            ]
            print(f"| {label} | {first['labels'][label]['num_spans']:,} | {' | '.join(cells)} |")
        cells = [f"{_percent(one['total']['recall'])} ({_percent(one['total']['strict_recall'])})" for one in told.values()]
        print(f"| all | {first['total']['num_spans']:,} | {' | '.join(cells)} |")
        print(f"| precision | | {' | '.join(_percent(one['total']['precision']) for one in told.values())} |", flush=True)
        for which, counts in scores.items():
            false = Counter({rule: shapes.total() for rule, shapes in counts.false.items()})
            print(f"    most false findings of {which}: {false.most_common(5)}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


# 2: what should be left alone.


def terms() -> list[str]:
    """Terms of all lists, as many of each; but MeSH's own names of places."""
    draw = random.Random(0)
    chosen = []
    for name in TERM_LISTS:
        listed = sorted({one["term"] for one in records(f"terms/{name}") if not str(one.get("code", "")).startswith("Z")})
        chosen += draw.sample(listed, min(len(listed), NUM_TERMS // len(TERM_LISTS) + 1))
    return chosen[:NUM_TERMS]


def doses(draw: random.Random) -> str:
    drug = draw.choice(["metoprolol", "Lasix", "Coumadin", "vancomycin", "Norvasc", "Zosyn", "insulin glargine", "Keppra", "heparin"])
    amount = draw.choice(["25 mg", "0.5 mg", "1,000 mg", "40 mEq", "5,000 units", "10-20 mg", "2.5mg", "1/2 tablet", "100 mcg/hr"])
    return f"{drug} {amount} {draw.choice(['PO BID', 'IV q8h', 'daily', 'q4-6h p.r.n.', 'x 10 days', '3/day', 'at bedtime', 'TID'])}."


def laboratory_values(draw: random.Random) -> str:
    return draw.choice(
        ["Na {}, K {}.{}", "BP {}/{}, pulse {}", "WBC {}.{}, plt {}", "pH 7.{} / {} / {}", "CK {}00, LDH {}", "INR {}.{} ({}%)"]
    ).format(*(draw.randrange(10, 190) for _ in range(3)))


def scores(draw: random.Random) -> str:
    first, second = draw.randrange(1, 10), draw.randrange(10, 16)
    return draw.choice(
        ["Pain {}/10.", "GCS {1}/15.", "Apgars {} and 9.", "strength {}/5", "NIHSS {}", "G{}P2A1", "T{}N1M0", "MMSE {1}/30"]
    ).format(first, second)


def levels(draw: random.Random) -> str:
    part, level = draw.choice("CTL"), draw.randrange(1, 5)
    return draw.choice(["Stenosis at {}{}-{}.", "{}{}-{}{} disc bulge.", "Fusion {}{} to S{}.", "{}{}/{} facets."]).format(
        part, level, level + 1, draw.randrange(9)
    )


def vessels(draw: random.Random) -> str:
    vessel = draw.choice(["LAD", "left circumflex", "RCA", "SMA", "right MCA M1", "great saphenous vein", "PDA", "internal carotid", "IVC"])
    return f"{vessel} {draw.choice(['patent', '70% stenosis', 'measures 4.2 cm', 'no thrombus', 'stented 3.0 x 18 mm'])}."


def scrubbing(finders: dict[str, Find]) -> None:
    draw = random.Random(1)
    sets = {"terms": [draw.choice(SENTENCES).format(term) for term in terms()]}
    sets["eponyms"] = [sentence.format(eponym) for eponym in EPONYMS for sentence in SENTENCES]
    for make in (doses, laboratory_values, scores, levels, vessels):
        sets[make.__name__] = [make(draw) for _ in range(500)]
    print(f"\n| sentences of which something is taken out | of | {' | '.join(finders)} |\n|---|---:|{'---:|' * len(finders)}")
    shown = []
    for name, sentences in sets.items():
        cells = []
        for which, find in finders.items():
            touched = [(text, findings) for text, findings in zip(sentences, find(sentences), strict=True) if findings]
            cells.append(f"{len(touched) / len(sentences):.2%}")
            if which != "presidio":
                shown += [f"{which}: {told(text, findings[0])}" for text, findings in touched]
        print(f"| {name} | {len(sentences):,} | {' | '.join(cells)} |", flush=True)
    print("\n".join(draw.sample(shown, min(SHOWN, len(shown)))))


def told(text: str, finding: Finding) -> str:
    before, after = text[max(0, finding.start - CONTEXT) : finding.start], text[finding.end : finding.end + CONTEXT]
    shown = re.sub(r"\s+", " ", f"{before}[[{text[finding.start : finding.end]}]]{after}")
    return f"{finding.kind} by {finding.rule}: ...{shown}..."


# 3: what is taken out of transcriptions.


def removed(finders: dict[str, Find]) -> None:
    texts = [record["text"] for record in records("pretrain/mtsamples")]
    draw = random.Random(2)
    for which, find in finders.items():
        if which == "presidio":
            continue
        found = find(texts)
        num_words = sum(len(TOKEN.findall(text)) for text in texts)
        words = Counter[str]()
        for text, findings in zip(texts, found, strict=True):
            for finding in findings:
                words[finding.kind] += len(TOKEN.findall(text, finding.start, finding.end))
        print(f"\nmtsamples, {which}: {1000 * words.total() / num_words:.2f} words removed of 1,000; by kind {dict(words.most_common())}")
        pairs = [(text, finding) for text, findings in zip(texts, found, strict=True) for finding in findings]
        print("\n".join(f"    {told(*pair)}" for pair in draw.sample(pairs, min(SHOWN, len(pairs)))), flush=True)


# 4 and 5: speed and growth.


def cpu_seconds(find: Find, texts: Sequence[str]) -> float:
    started = time.process_time()
    find(texts)
    return time.process_time() - started


def size_of(texts: Iterable[str]) -> float:
    """In MB."""
    return sum(len(text.encode()) for text in texts) / 1e6


def speed(finders: dict[str, Find]) -> None:
    rates: dict[str, list[float]] = {which: [] for which in finders}
    for _ in range(ROUNDS):
        for which, find in finders.items():
            texts = mixed_texts(SPEED_BYTES if which == "rules" else SLOW_BYTES)
            find(texts[:1])
            rates[which].append(size_of(texts) / cpu_seconds(find, texts))
    for which, some in rates.items():
        print(f"{which}: {statistics.median(some):.3f} MB/s and core ({min(some):.3f} to {max(some):.3f})", flush=True)


def grow(share: int, as_one: bool) -> None:
    """In a process of its own: `python deidentify.py --do SHARE AS_ONE`."""
    texts = mixed_texts(share * GROWTH_BYTES)
    texts = ["\n".join(texts)] if as_one else texts
    find = rules_of(None)
    find(["Seen by Dr. Okafor."])
    seconds = cpu_seconds(find, texts)
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({"seconds_a_mb": seconds / size_of(texts), "peak_mb": int(peak) / 1e3}))


def growth() -> None:
    for as_one in (False, True):
        for share in (1, 2, 4):
            command = [sys.executable, __file__, "--do", str(share), str(int(as_one))]
            told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            form = "one document" if as_one else "documents"
            print(
                f"{share} x {GROWTH_BYTES / 1e6} MB, {form}: {told['seconds_a_mb']:.2f} s a MB, peak memory {told['peak_mb']:.0f} MB",
                flush=True,
            )


def main() -> None:
    if sys.argv[1:2] == ["--do"]:
        grow(int(sys.argv[2]), bool(int(sys.argv[3])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ner", type=Path, default=None, help="directory of a token classifier")
    parser.add_argument("--presidio", type=Path, default=None, help="directory into which presidio-analyzer was installed")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    words = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"{SHARED} is not there: these figures are of its texts only")
    finders = compared(words.ner, words.presidio)
    for part in words.parts:
        if part == "growth":
            growth()
        else:
            {"recall": recall, "scrubbing": scrubbing, "removed": removed, "speed": speed}[part](finders)


if __name__ == "__main__":
    main()
