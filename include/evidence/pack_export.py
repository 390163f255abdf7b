"""Making an evidence pack: everything signed about a voucher, with what it is about, from registry and storage.

Deterministic: the same evidence and the same log give the same bytes, whoever exports it and when. What is filed is compared with its
digest on the way; whether it all holds together is for the verifier to say, who trusts neither us nor this machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files as resources
from typing import Final, cast

from include.errors import ContractError, StorageError, VerificationError
from include.evidence.canonical import digest
from include.evidence.filing import read_filed
from include.evidence.keyring import Keyring
from include.evidence.log.prover import prove
from include.evidence.pack_index import NAME, Index, Item, label
from include.evidence.pack_keys import key_files, keyring_file
from include.evidence.pack_names import phase_name, segment
from include.evidence.pack_page import About, page
from include.evidence.pack_places import FILES, PAGE, RESULTS, RETENTION, RULES, SCRIPT, TOP, folder_of
from include.evidence.pack_zip import write
from include.evidence.predicates import RetentionPredicate
from include.evidence.records import Records
from include.evidence.resource import WholeVoucher
from include.programmes import programme_data, programme_ids
from include.registry import Attempt, Document, Registry
from include.storage import Storage

Proofs = Callable[[str], bytes | None]
"""The log's proof of a statement by its identity, None where it is not in the log (yet)."""

ONCE: Final = tuple(kind for kind in FILES if kind != "findings-index")
"""Filed under the names that they have in the pack. Only the newest of each: a repeat of a step supersedes."""

INDEX_OF_FINDINGS: Final = "findings:findings/index.json"


def no_proofs(_: str) -> bytes | None:
    """Where there is no log."""
    return None


def logged(registry: Registry, storage: Storage, keyring: Keyring) -> Proofs:
    """Proofs from the transparency log: under the earliest witnessed checkpoint if there is one, else the published one."""

    def proof(statement: str) -> bytes | None:
        try:
            return prove(registry, storage, keyring, statement)
        except VerificationError as error:
            if error.code != "not-logged":
                raise
            return None

    return proof


@dataclass
class _Pack:
    items: list[Item] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, path: str, kind: str, attempt: str | None, data: bytes) -> None:
        self.files[path] = data
        self.items.append(Item.of(path, kind, attempt, data))


def export(
    registry: Registry, storage: Storage, voucher: str, keyrings: list[bytes], proofs: Proofs = no_proofs
) -> bytes:
    """The pack of a voucher. `keyrings`: every version, oldest first. Raises ContractError if there is nothing to pack."""
    attempts = registry.attempts(voucher)
    if not attempts:
        raise ContractError(
            "voucher-without-attempts",
            f"there is no evidence about {voucher!r}",
            hint="dambo voucher show lists what is known",
            ko=f"{voucher!r} 에 대한 증거가 없습니다",
            ko_hint="dambo voucher show 로 확인하십시오",
        )
    made = _Pack()
    for attempt in attempts:
        _Attempt(registry, storage, attempt, proofs, made).pack()
    newest = _keyring(made, keyrings)
    _retention(made, Records(registry, storage, newest), voucher, proofs)
    made.put(SCRIPT, "script", None, script())
    index = Index(voucher, newest.sha256, tuple(made.items))
    about = {label(each.delivery, each.number): _about(registry, each) for each in attempts}
    made.put(PAGE, "page", None, page(index, about))
    index = Index(voucher, newest.sha256, tuple(made.items))
    return write({**made.files, NAME: index.to_bytes()})


def _about(registry: Registry, attempt: Attempt) -> About:
    decision = registry.latest_decision(attempt.id)
    return About(phase_name(attempt.phase), attempt.verdict, None if decision is None else decision.decision)


def _retention(made: _Pack, records: Records, voucher: str, proofs: Proofs) -> None:
    """What was held and destroyed, each with its proof."""
    for said in records.minutes(RetentionPredicate).get(WholeVoucher(voucher).uri, []):
        place = f"{RETENTION}/{said.says.number:06}"
        made.put(f"{place}.dsse.json", "retention", None, said.envelope)
        proof = proofs(said.sha256)
        if proof is not None:
            made.put(f"{place}.tlog-proof", "proof", None, proof)


def script() -> bytes:
    """The shell script of every pack."""
    return resources("include.evidence").joinpath("pack_verify.sh").read_bytes()


def _keyring(made: _Pack, keyrings: list[bytes]) -> Keyring:
    newest = Keyring.from_bytes(keyrings[-1])
    for data in keyrings:
        made.put(keyring_file(Keyring.from_bytes(data).version), "keyring", None, data)
    for path, data in key_files(newest).items():
        made.put(path, "key", None, data)
    return newest


@dataclass(frozen=True)
class _Attempt:
    registry: Registry
    storage: Storage
    attempt: Attempt
    proofs: Proofs
    made: _Pack

    def pack(self) -> None:
        """Every document of the attempt that a verifier needs."""
        name, filed = label(self.attempt.delivery, self.attempt.number), self._filed()
        task = self._task(filed)
        folder = f"{TOP}/{task}/{phase_name(self.attempt.phase)}"
        results = f"{folder}/{RESULTS}/{folder_of(self.attempt.delivery, self.attempt.number)}"
        for kind in ONCE:
            if kind in filed:
                self.made.put(f"{results}/{FILES[kind]}", kind, name, read_filed(self.storage, filed[kind][-1]))
                self._prove(filed[kind][-1], f"{results}/{FILES[kind]}", name)
        for number, document in enumerate(filed.get("decision", ()), 1):
            path = f"{results}/decision-{number}.dsse.json"
            self.made.put(path, "decision", name, read_filed(self.storage, document))
            self._prove(document, path, name)
        for file, kind, data in self._rest(filed):
            self.made.put(f"{results}/{file}", kind, name, data)
        self._rules(filed, f"{folder}/{RULES}/{results.rpartition('/')[2]}", name)

    def _filed(self) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {}
        for document in self.registry.documents(self.attempt.id):
            found.setdefault(document.kind, []).append(document)
        return found

    def _rest(self, filed: Mapping[str, list[Document]]) -> Iterator[tuple[str, str, bytes]]:
        """Tables and findings; a finding that was destroyed by law is not there any more."""
        for kind, documents in filed.items():
            room, _, rest = kind.partition(":")
            if room == "table":
                yield rest, "table", read_filed(self.storage, documents[-1])
            elif room == "findings":
                data = self._still_there(documents[-1])
                if data is not None:
                    yield rest, "findings-index" if kind == INDEX_OF_FINDINGS else "finding", data

    def _still_there(self, document: Document) -> bytes | None:
        try:
            return read_filed(self.storage, document)
        except StorageError as error:
            if error.code != "object-missing":
                raise
            return None

    def _rules(self, filed: Mapping[str, list[Document]], folder: str, name: str) -> None:
        """Contract and profile of a run that started: as filed, or (older attempts) from where they lie."""
        if "run-started" not in filed:
            return
        for kind, data in (("contract", self._contract(filed)), ("programme", self._programme(filed))):
            self.made.put(f"{folder}/{kind}.yaml", kind, name, data)

    def _contract(self, filed: Mapping[str, list[Document]]) -> bytes:
        if "contract" in filed:
            return read_filed(self.storage, filed["contract"][-1])
        truth = self.registry.milestone(self.attempt.voucher, self.attempt.milestone or "")
        if truth is not None:
            data = self.storage.read(f"contracts/{truth.contract_id}/{truth.contract_version}.odcs.yaml")
            if digest(data) == self.attempt.contract_sha256:
                return data
        raise _rules_gone("contract", "계약 명세")

    def _programme(self, filed: Mapping[str, list[Document]]) -> bytes:
        if "programme" in filed:
            return read_filed(self.storage, filed["programme"][-1])
        for programme in programme_ids():
            data = programme_data(programme)
            if digest(data) == self.attempt.programme_sha256:
                return data
        raise _rules_gone("programme profile", "사업 프로필")

    def _prove(self, document: Document, path: str, name: str) -> None:
        proof = self.proofs(document.sha256) if document.envelope_sha256 is not None else None
        if proof is not None:
            self.made.put(f"{path.removesuffix('.dsse.json')}.tlog-proof", "proof", name, proof)

    def _task(self, filed: Mapping[str, list[Document]]) -> str:
        """`<id>_<name>` of the contract; before it is known, the milestone's contract id."""
        if "report-json" in filed:
            report = json.loads(read_filed(self.storage, filed["report-json"][-1]))
            contract = cast("dict[str, str]", report["contract"])
            return segment(f"{contract['id']}_{contract['name']}")
        truth = self.registry.milestone(self.attempt.voucher, self.attempt.milestone or "")
        return segment(truth.contract_id if truth else self.attempt.milestone or "미정")


def _rules_gone(what: str, ko: str) -> ContractError:
    return ContractError(
        "rules-not-kept",
        f"the {what} of an attempt is neither filed nor where it was",
        hint="put the registered version back under contracts/ or install the Dambo that ran it",
        ko=f"시도의 {ko} 을(를) 찾을 수 없습니다",
    )
