"""Filing: documents of an attempt lie content-addressed in storage, write-once, and are listed in the registry.

The bytes come first, then the row: after a crash in between there is an unlisted object, never a row without bytes.
What is read back is compared with its digest, so storage is not trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from include.errors import VerificationError
from include.evidence.canonical import Json, digest
from include.evidence.signer import Signer
from include.evidence.statement import Statement, parse
from include.registry import Document, Registry
from include.storage import Storage

TIMES: Final = frozenset({"takenAt", "startedAt", "finishedAt", "timeVerified"})
"""Where a statement says when it was made: what may differ when one is made again."""


def evidence_key(sha256: str) -> str:
    """Where an object with this digest lies."""
    return f"evidence/sha256/{sha256[:2]}/{sha256}"


@dataclass(frozen=True)
class Filing:
    """Where documents are put and found again."""

    storage: Storage
    registry: Registry
    signer: Signer
    now: Callable[[], datetime]

    def put(self, attempt_id: str, kind: str, data: bytes, *, key: str | None = None) -> str:
        """File plain bytes, once per kind and content; their sha256. `key` for what does not belong under evidence/."""
        sha256 = digest(data)
        place = key or evidence_key(sha256)
        self.storage.put_once(place, data)
        self.registry.add_document(attempt_id, kind, sha256, None, place, self.now())
        return sha256

    def sign(self, attempt_id: str, kind: str, role: str, statement: Callable[[], Statement]) -> bytes:
        """The envelope of this kind: the one filed before, or `statement()` signed, logged and filed now."""
        filed = self.get(attempt_id, kind)
        return self.sign_new(attempt_id, kind, role, statement()) if filed is None else filed

    def sign_new(self, attempt_id: str, kind: str, role: str, statement: Statement) -> bytes:
        """Sign, log and file, whatever was filed of this kind before.

        The statement is filed before it is signed: who resumes after a crash asks for the same one again, not for one
        that differs in its time, and so nothing is signed twice.
        """
        statement = self._meant(attempt_id, f"{kind}-unsigned", statement)
        envelope = self.signer.sign(role, statement.to_bytes())
        sha256 = digest(envelope)
        self.storage.put_once(evidence_key(sha256), envelope)
        self.registry.add_document(attempt_id, kind, statement.sha256, sha256, evidence_key(sha256), self.now())
        return envelope

    def _meant(self, attempt_id: str, kind: str, statement: Statement) -> Statement:
        """The statement that was going to be signed before, if nothing but the time differs, else this one, filed."""
        before = self.get(attempt_id, kind)
        if before is not None:
            earlier = parse(before)
            if _timeless(earlier) == _timeless(statement):
                return earlier
        self.put(attempt_id, kind, statement.to_bytes())
        return statement

    def get(self, attempt_id: str, kind: str) -> bytes | None:
        """The newest document of this kind, its digest compared; None if there is none."""
        listed = self.registry.documents(attempt_id, kind)
        return self.read(listed[-1]) if listed else None

    def read(self, document: Document) -> bytes:
        """A listed document's bytes. Raises as `read_filed`."""
        return read_filed(self.storage, document)

    def need(self, attempt_id: str, kind: str) -> bytes:
        """The same; VerificationError "document-missing" if there is none: an earlier step has not been done."""
        data = self.get(attempt_id, kind)
        if data is None:
            raise VerificationError(
                "document-missing",
                f"this attempt has no {kind} yet",
                hint="clear the failed tasks of the run: they resume the same attempt",
                ko=f"이 시도에 아직 {kind} 문서가 없습니다",
                ko_hint="실패한 작업을 Clear 하면 같은 시도를 이어서 끝냅니다",
            )
        return data


def read_filed(storage: Storage, document: Document) -> bytes:
    """A listed document's bytes. Raises VerificationError "document-changed" if they are not what was filed."""
    data = storage.read(document.storage_key)
    if digest(data) != (document.envelope_sha256 or document.sha256):
        raise VerificationError(
            "document-changed",
            f"{document.storage_key} is not what was filed",
            hint="storage was tampered with, or is broken: restore it from its versions",
            ko=f"{document.storage_key}: 보관한 문서와 내용이 다릅니다",
            ko_hint="저장소가 손상되었거나 변조되었습니다. 이전 버전으로 복구하십시오",
        )
    return data


def _timeless(statement: Statement) -> dict[str, Json]:
    """What it says, but for when it was made."""
    said = statement.to_json()
    predicate = said["predicate"]
    assert isinstance(predicate, dict)
    return {**said, "predicate": {name: value for name, value in predicate.items() if name not in TIMES}}
