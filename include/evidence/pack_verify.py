"""Verification of a whole evidence pack: one file, a keyring that the reader trusts, nothing else.

What must hold, in this order:
 0. the keyring in hand is signed by its own root role;
 1. the pack is an archive in its one form;
 2. its index lists exactly its files, with their digests, each where a file of its kind and attempt lies;
 3. from the keyring in hand the pack's versions lead to the one that the index names, and key files are that one's;
 4. attempts of each delivery are numbered without gap;
 5. then each attempt, as include.evidence.pack_attempt says: 5.1.1, 5.1.2 ...;
 6. statements of holds and destructions follow each other, and name whatever findings are gone;
of a delivery that is handed in too:
 7. its files give the manifest of an attempt;
 8. the checks, run again on it, give that attempt's report.json.
Raises VerificationError and nothing else, whatever the bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from include.errors import VerificationError
from include.evidence.canonical import Json, digest, verification_only
from include.evidence.folder import manifest_of
from include.evidence.keyring import Keyring, walk
from include.evidence.manifest import Manifest
from include.evidence.pack_attempt import STEPS as ATTEMPT_STEPS
from include.evidence.pack_attempt import AttemptFacts, AttemptVerifier
from include.evidence.pack_index import LIMIT, NAME, Index, Item, numbers
from include.evidence.pack_keys import key_files
from include.evidence.pack_places import check_places
from include.evidence.pack_retention import Kept, verify_retention
from include.evidence.pack_zip import Archive
from include.evidence.predicates import DecisionPredicate, ReportPredicate
from include.evidence.refusals import refuse
from include.evidence.rerunning import Rerun, compare

STEPS: Final = (
    ("키링이 자신의 루트 역할로 서명되어 있다", "the keyring in hand is signed by its own root role"),
    ("묶음이 정해진 꼴의 압축 파일이다", "the pack is an archive in its one form"),
    ("목록이 모든 파일과 그 다이제스트를 담고 있고, 파일이 제자리에 있다", "the index lists exactly its files, with their digests, each in its place"),
    ("손에 든 키링에서 묶음의 키링까지 이어진다", "the keyring in hand leads to the pack's keyring"),
    ("납품마다 시도 번호가 빠짐없이 이어진다", "attempts of each delivery are numbered without gap"),
    ("시도", "attempt"),
    ("보존 조치·파기 진술서가 이어지고, 없는 부적합 목록은 파기된 것이다", "holds and destructions follow each other; findings that are gone were destroyed"),
    ("납품 파일이 한 시도의 명세와 같다", "the delivery's files give the manifest of an attempt"),
    ("다시 점검한 결과가 서명된 report.json과 같다", "the checks, run again, give the signed report.json"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One step and what came of it."""

    number: str
    ko: str
    en: str
    held: bool


@dataclass
class PackOutcome:
    """What came of a pack. `refusal` is None if every step held."""

    steps: list[Told] = field(default_factory=list)
    refusal: VerificationError | None = None
    keyring: Keyring | None = None
    voucher: str = ""
    attempts: list[AttemptFacts] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    def step(self, number: str, texts: tuple[str, str], do: Callable[[], None]) -> None:
        """Do it and note it. What it raises is noted as refused and goes on up."""
        try:
            do()
        except VerificationError:
            self.steps.append(Told(number, *texts, held=False))
            raise
        self.steps.append(Told(number, *texts, held=True))

    def to_json(self) -> dict[str, Json]:
        """For machines."""
        refusal: Json = None
        if self.refusal is not None:
            refusal = {"code": self.refusal.code, "message": self.refusal.message, "ko": self.refusal.ko}
        steps: list[Json] = [
            {"number": s.number, "step": s.en, "ko": s.ko, "outcome": "passed" if s.held else "refused"}
            for s in self.steps
        ]
        keyring: Json = None
        if self.keyring is not None:
            keyring = {"sha256": self.keyring.sha256, "version": self.keyring.version}
        attempts: list[Json] = []
        if self.refusal is None:
            attempts = [_facts(each) for each in self.attempts]
        return {"valid": self.refusal is None, "refusal": refusal, "steps": steps, "keyring": keyring,
                "voucher": self.voucher, "attempts": attempts, "retention": [each.to_json() for each in self.kept]}  # fmt: skip

    def lines(self, *, korean: bool) -> list[str]:
        """For people: the steps, then what the pack proves."""
        words = {True: "확인" if korean else "ok", False: "거절" if korean else "REFUSED"}
        made = [f"{s.number:>5}  {words[s.held]:<8}  {s.ko if korean else s.en}" for s in self.steps]
        if self.refusal is not None:
            text = self.refusal.ko if korean else self.refusal.message
            return [*made, "", f"{'거절' if korean else 'REFUSED'}: {self.refusal.code}: {text}"]
        return [*made, "", *_about(self, korean=korean)]


@verification_only
def verify_pack(
    file: BinaryIO, keyring: bytes, outcome: PackOutcome, *, delivery: Path | None = None, rerun: Rerun | None = None
) -> None:
    """All steps, each noted in `outcome`. Raises VerificationError at the first that does not hold."""
    found: dict[str, Keyring | Archive | Index] = {}

    def trusted() -> None:
        outcome.keyring = Keyring.from_bytes(keyring)

    def opened() -> None:
        found["archive"] = Archive.of(file)

    outcome.step("0", STEPS[0], trusted)
    outcome.step("1", STEPS[1], opened)
    archive = found["archive"]
    assert isinstance(archive, Archive)

    def indexed() -> None:
        found["index"] = _index(archive)

    outcome.step("2", STEPS[2], indexed)
    index = found["index"]
    assert isinstance(index, Index)
    outcome.voucher = index.voucher

    def led() -> None:
        assert outcome.keyring is not None
        outcome.keyring = _newest(archive, index, outcome.keyring)

    outcome.step("3", STEPS[3], led)
    assert outcome.keyring is not None
    outcome.step("4", STEPS[4], lambda: _no_gap(index))
    for place, name in enumerate(index.attempts(), 1):
        verifier = AttemptVerifier(index, name, outcome.keyring, lambda item: archive.read(item.path))
        outcome.attempts.append(verifier.facts)
        for step, (texts, do) in enumerate(zip(ATTEMPT_STEPS, verifier.steps(), strict=True), 1):
            outcome.step(f"5.{place}.{step}", (f"{name}: {texts[0]}", f"{name}: {texts[1]}"), do)
    trusted_keyring = outcome.keyring

    def retained() -> None:
        gone = {each for facts in outcome.attempts for each in facts.gone}
        outcome.kept = verify_retention(index, trusted_keyring, lambda item: archive.read(item.path), gone)

    outcome.step("6", STEPS[6], retained)
    if delivery is not None:
        _with_delivery(outcome, delivery, rerun)


def _index(archive: Archive) -> Index:
    """Step 2."""
    index = Index.from_bytes(archive.read(NAME, LIMIT))
    listed = {item.path for item in index.items}
    if archive.entries.keys() - listed - {NAME} or NAME in listed:
        raise refuse("pack-file-unlisted")
    for item in index.items:
        data = archive.read(item.path)
        if (len(data), digest(data)) != (item.size, item.sha256):
            raise refuse("pack-file-differs", item.kind)
    check_places(index)
    return index


def _newest(archive: Archive, index: Index, trusted: Keyring) -> Keyring:
    """Step 3. If the reader's keyring is newer than all of the pack's, it stays in force: it may know of revocations."""
    versions = sorted(_version(item, archive) for item in index.of_kind("keyring"))
    if not versions:
        raise refuse("pack-file-missing", "keyring")
    newest = walk(trusted, [data for _, data in versions])
    last = Keyring.from_bytes(versions[-1][1])
    if last.sha256 != index.keyring or (newest.version == last.version and newest != last):
        raise refuse("pack-keyring")
    expected = key_files(last)
    given = {item.path: item.sha256 for item in index.of_kind("key")}
    if given != {path: digest(data) for path, data in expected.items()}:
        raise refuse("pack-derived-differs")
    return newest


def _version(item: Item, archive: Archive) -> tuple[int, bytes]:
    data = archive.read(item.path)
    return Keyring.from_bytes(data).version, data


def _no_gap(index: Index) -> None:
    """Step 4."""
    for delivery, found in numbers(index.attempts()).items():
        if found != [*range(1, len(found) + 1)]:
            raise refuse("pack-attempt-missing", delivery)


def _with_delivery(outcome: PackOutcome, delivery: Path, rerun: Rerun | None) -> None:
    """Steps 7 and 8, for the latest attempt on this content."""
    matching: list[AttemptFacts] = []

    def hashed() -> None:
        delivered: Manifest = manifest_of(delivery)
        matching.extend(each for each in outcome.attempts if each.subject == delivered.digest)
        if not matching:
            raise refuse("pack-unsuitable", f"{delivered.objects} files hash to {delivered.digest}")

    def again() -> None:
        reported = [each for each in matching if each.report_json is not None and each.contract is not None]
        if rerun is None or not reported:
            raise refuse("rerun-impossible", "no report on this delivery")
        last = reported[-1]
        assert last.report_json is not None
        assert last.contract is not None
        compare(last.report_json, rerun(delivery, last.contract))

    outcome.step("7", STEPS[7], hashed)
    if rerun is not None:
        outcome.step("8", STEPS[8], again)


def _facts(facts: AttemptFacts) -> Json:
    documents: list[Json] = [
        {
            "predicateType": each.statement.predicate.TYPE,
            "statementSha256": each.statement_sha256,
            "persons": [*sorted(each.persons)],
            "time": each.time.isoformat(),
            "witnessed": each.witnessed,
        }
        for each in facts.documents()
    ]
    verdict, decision = _words(facts)
    return {"attempt": facts.name, "subjectSha256": facts.subject, "verdict": verdict, "decision": decision,
            "logged": facts.proven, "findingsGone": facts.findings_gone, "documents": documents}  # fmt: skip


def _words(facts: AttemptFacts) -> tuple[str | None, str | None]:
    """Verdict and the decision that stands."""
    report = None if facts.report is None else facts.report.statement.predicate
    last = facts.decisions[-1].statement.predicate if facts.decisions else None
    return (
        report.verdict if isinstance(report, ReportPredicate) else None,
        last.decision if isinstance(last, DecisionPredicate) else None,
    )


def _about(outcome: PackOutcome, *, korean: bool) -> list[str]:
    """What is proven."""
    assert outcome.keyring is not None
    compare_it = "이 값을 직접 비교하세요" if korean else "compare this with the one you were given"
    made = ["유효" if korean else "VALID", f"  {'바우처' if korean else 'voucher'}: {outcome.voucher}"]
    made.append(f"  {'키링' if korean else 'keyring'}: sha256:{outcome.keyring.sha256} v{outcome.keyring.version} ({compare_it})")  # fmt: skip
    for facts in outcome.attempts:
        verdict, decision = _words(facts)
        seen = sum(document.witnessed for document in facts.documents())
        of = len(facts.documents())
        logged = f"로그 증명 {facts.proven}/{of}, 외부 증인 {seen}/{of}" if korean else f"{facts.proven}/{of} proven in the log, {seen} witnessed"  # fmt: skip
        gone = f", {'부적합 목록 파기' if korean else 'findings destroyed'} {facts.findings_gone}" if facts.findings_gone else ""  # fmt: skip
        made.append(f"  {facts.name}: {verdict or '-'} -> {decision or '-'} ({logged}{gone})")
    made += [_event(each, korean=korean) for each in outcome.kept]
    made.append(
        "  report.html과 index.html은 읽기용이며 서명 대상이 아닙니다" if korean else
        "  report.html and index.html are to read; report.json is what was signed"
    )  # fmt: skip
    return made


EVENTS: Final = {"hold": "보존 조치", "lift": "보존 조치 해제", "destroyed": "파기"}


def _event(kept: Kept, *, korean: bool) -> str:
    day = f"{kept.at:%Y-%m-%d}"
    count = "" if not kept.objects else f" {kept.objects}개" if korean else f" {kept.objects} objects"
    if not kept.logged:
        return f"  {day}: {EVENTS[kept.event] if korean else kept.event}{count} ({'로그 증명 없음' if korean else 'not proven in the log'})"
    return f"  {day}: {EVENTS[kept.event] if korean else kept.event}{count}"
