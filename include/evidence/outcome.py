"""What came of a verification, for machines and for people: which steps held, which refused, what the document is.

No free text of a document is shown to people: names and reasons in it are the signer's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from include.errors import VerificationError
from include.evidence.canonical import Json
from include.evidence.keyring import Keyring
from include.evidence.log.inclusion import Logged
from include.evidence.verify import Verified

State: TypeAlias = Literal["passed", "refused", "not-reached", "not-asked"]

STEPS: Final = (
    ("키링이 자신의 루트 역할로 서명되어 있다", "the keyring is signed by its own root role"),
    ("봉투가 DSSE 형식이다", "the envelope is a DSSE envelope"),
    ("받은 바이트에 대한 서명이 확인된다", "signatures over the received bytes verify"),
    ("서명할 역할의 키로, 필요한 수의 사람이 서명했다", "as many persons of the role signed as must"),
    ("내용이 RFC 8785 정규형이다", "the payload is in its one RFC 8785 form"),
    ("내용이 정해진 꼴의 in-toto 진술서다", "it is an in-toto statement of its schema"),
    ("그 역할이 서명할 수 있는 문서다", "it is a document that this role may sign"),
    ("서명한 때에 키가 유효했다", "the keys were valid when it was signed"),
    ("결정의 검증자가 키의 검증자와 같다", "a decision names its key's verifier"),
    ("납품 파일이 진술서의 명세와 같다", "the delivery's files give the statement's manifest"),
    ("report.json이 서명된 것이다", "report.json is the one that was signed"),
    (
        "다시 점검한 결과가 그 report.json과 바이트까지 같다",
        "the checks, run again, give that report.json byte for byte",
    ),
    ("증명 파일이 로그 기록을 담은 tlog-proof다", "the proof is a tlog-proof that holds an entry of the log"),
    ("그 체크포인트에 키링의 로그 키가 서명했다", "its checkpoint is signed by the keyring's log key"),
    ("증명이 기록에서 그 체크포인트로 이어진다", "it leads from the entry to that checkpoint"),
    ("기록이 바로 이 문서에 대한 것이다", "the entry is about this very document"),
)
"""Korean and English of each step; its place is its number (0 is the keyring's own)."""

PROOF: Final = 11
"""The steps of the log's proof (include.evidence.log.inclusion) come after this number."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `states`: one a step. `refusal` is None if every step that was asked for held."""

    states: tuple[State, ...]
    refusal: VerificationError | None
    keyring: Keyring | None
    verified: Verified | None
    logged: Logged | None = None

    def to_json(self) -> dict[str, Json]:
        """For machines."""
        refusal: Json = None
        if self.refusal is not None:
            refusal = {"code": self.refusal.code, "message": self.refusal.message, "ko": self.refusal.ko}
        steps: list[Json] = [
            {"number": number, "step": english, "ko": korean, "outcome": state}
            for number, ((korean, english), state) in enumerate(zip(STEPS, self.states, strict=True))
        ]
        keyring: Json = None
        if self.keyring is not None:
            keyring = {"sha256": self.keyring.sha256, "version": self.keyring.version}
        document = None if self.verified is None else {**_document(self.verified), "log": _log(self.logged)}
        return {"valid": self.refusal is None, "refusal": refusal, "steps": steps, "keyring": keyring, "document": document}  # fmt: skip

    def lines(self, *, korean: bool) -> list[str]:
        """For people: the steps, then what the document is."""
        made = []
        for number, (texts, state) in enumerate(zip(STEPS, self.states, strict=True)):
            if state != "not-asked":
                made.append(f"{number:>3}  {WORDS[state][0 if korean else 1]:<8}  {texts[0 if korean else 1]}")
        if self.refusal is not None:
            words = self.refusal.ko if korean else self.refusal.message
            return [*made, "", f"{'거절' if korean else 'REFUSED'}: {self.refusal.code}: {words}"]
        return [*made, "", *_about(self, korean=korean)]


WORDS: Final = {"passed": ("확인", "ok"), "refused": ("거절", "REFUSED"), "not-reached": ("-", "-")}


def _document(verified: Verified) -> dict[str, Json]:
    return {
        "predicateType": verified.statement.predicate.TYPE,
        "statementSha256": verified.statement_sha256,
        "subjectSha256": verified.statement.subject,
        "role": verified.role,
        "persons": [*sorted(verified.persons)],
        "keyids": [*verified.keyids],
        "time": verified.time.isoformat(),
        "witnessed": verified.witnessed,
        "predicate": verified.statement.predicate.to_json(),
    }


def _log(logged: Logged | None) -> Json:
    """What the proof shows; null without one."""
    if logged is None:
        return None
    head = logged.checkpoint
    witnesses: list[Json] = [{"name": each.name, "time": each.time.isoformat()} for each in logged.witnesses]
    return {
        "index": logged.index,
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "witnesses": witnesses,
    }


def _about(outcome: Outcome, *, korean: bool) -> list[str]:
    """What is proven, without any free text of the document."""
    verified, keyring = outcome.verified, outcome.keyring
    assert verified is not None
    assert keyring is not None
    predicate = verified.statement.predicate
    subject = SUBJECTS[predicate.SUBJECT][0 if korean else 1]
    names = ("종류", "대상", subject, "진술서", "서명", "시각", "키링", "로그") if korean else (
        "type", "about", subject, "statement", "signed by", "time", "keyring", "log")  # fmt: skip
    unwitnessed = "문서 자신의 주장, 외부 증인 없음" if korean else "the document's own claim, unwitnessed"
    compare = "이 값을 직접 비교하세요" if korean else "compare this with the one you were given"
    values = (
        predicate.TYPE,
        predicate.resource.uri,
        f"sha256:{verified.statement.subject}",
        f"sha256:{verified.statement_sha256}",
        f"{verified.role} ({', '.join(sorted(verified.persons))})",
        verified.time.isoformat() + ("" if verified.witnessed else f" ({unwitnessed})"),
        f"sha256:{keyring.sha256} v{keyring.version} ({compare})",
        _where(outcome.logged, korean=korean),
    )
    said = ("유효" if korean else "VALID") + _says(verified)
    return [said, *(f"  {name}: {value}" for name, value in zip(names, values, strict=True))]


SUBJECTS: Final = {
    "manifest": ("명세", "manifest"),
    "checkpoint": ("체크포인트", "checkpoint"),
    "objects": ("객체 목록", "objects"),
}
"""What a statement's subject is the sha256 of, in Korean and English."""


def _where(logged: Logged | None, *, korean: bool) -> str:
    """The entry, and who saw it from outside."""
    if logged is None:
        return "확인하지 않음 (--proof)" if korean else "not asked (--proof)"
    seen = ", ".join(f"{each.name} {each.time.isoformat()}" for each in logged.witnesses)
    size = logged.checkpoint.size
    where = f"{size}건 중 {logged.index}번 기록" if korean else f"entry {logged.index} of {size}"
    return f"{where} ({(f'외부 증인 {seen}' if korean else f'witnessed by {seen}') if seen else ('외부 증인 없음' if korean else 'unwitnessed')})"


def _says(verified: Verified) -> str:
    """The document's own verdict or decision, if it has one."""
    predicate = verified.statement.predicate
    word = getattr(predicate, "decision", None) or getattr(predicate, "verdict", None)
    return f": {word}" if word else ""
