"""What every step works with: the open line, the attempt's files read back, and what was agreed about a delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from checks import engine
from checks.lean import without_pandas
from include.assessment import contract_of
from include.contracts.model import Contract
from include.deliveries import intake, marker
from include.deliveries.marker import Marker
from include.deliveries.scan import Fetch, fetcher
from include.errors import ContractError, DamboError
from include.evidence.envelope import parse as parse_envelope
from include.evidence.filing import Filing
from include.evidence.keyring import Keyring
from include.evidence.manifest import Manifest
from include.evidence.resource import Resource
from include.evidence.signing.opening import signer_of_line
from include.evidence.statement import Statement, parse
from include.programmes import Programme, load_programme
from include.registry import Attempt, Milestone, Registry, open_registry
from include.settings import Settings
from include.storage import Storage, open_storage


@dataclass(frozen=True)
class Line:
    """Everything the steps work with."""

    settings: Settings
    storage: Storage
    registry: Registry
    filing: Filing
    keyring: Keyring
    now: Callable[[], datetime]


def utc_now() -> datetime:
    """The time, in whole seconds as documents have it."""
    return datetime.now(UTC).replace(microsecond=0)


def open_line(settings: Settings, now: Callable[[], datetime] = utc_now) -> Line:
    """The line of these settings; the embedded default makes its keys, registry and folders on first use.

    Its process is kept small, as that of a self-check is.
    """
    without_pandas()
    storage = open_storage(settings.storage_url(), settings)
    registry = open_registry(settings)
    signer, keyring = signer_of_line(settings, registry, storage, now)
    return Line(settings, storage, registry, Filing(storage, registry, signer, now), keyring, now)


def prefix_of(voucher: str, delivery: str) -> str:
    """Where a delivery lies in storage."""
    return f"deliveries/{voucher}/{delivery}/"


@contextmanager
def step(line: Line, attempt_id: str) -> Iterator[None]:
    """Writes to the attempt why it cannot go on, and clears it when the step succeeds."""
    try:
        yield
    except DamboError as error:
        _tell(line, attempt_id, (error.code, error.message))
        raise
    except Exception as error:
        _tell(line, attempt_id, ("unexpected-error", engine.fault(error).error))
        raise
    if line.registry.attempt(attempt_id).problem is not None:
        _tell(line, attempt_id, None)


def _tell(line: Line, attempt_id: str, problem: tuple[str, str] | None) -> None:
    if not line.registry.attempt(attempt_id).sealed:
        line.registry.note(attempt_id, problem=problem)


@dataclass(frozen=True)
class Agreed:
    """What the registry says about a delivery, with the contract and programme it names, both compared by digest.

    `contract_data`: the contract's bytes, as they are filed with the attempt.
    """

    milestone: Milestone
    contract: Contract
    programme: Programme
    contract_data: bytes


def agreed(line: Line, attempt: Attempt, claim: Marker) -> Agreed:
    """The contract that the registry names for the claimed milestone. Raises ContractError where claim and truth differ."""
    truth = line.registry.milestone(attempt.voucher, claim.milestone)
    if truth is None:
        raise _not_agreed("the registry has no such voucher and milestone", "등록부에 없는 바우처 또는 지급 단계입니다")
    if (claim.voucher, claim.delivery) != (attempt.voucher, attempt.delivery):
        raise _not_agreed("the marker names another voucher or delivery", "표지의 바우처나 납품 번호가 폴더와 다릅니다")
    if (claim.contract_id, claim.contract_version) != (truth.contract_id, truth.contract_version):
        raise _not_agreed("the marker names another contract", "표지의 계약 명세가 등록된 것과 다릅니다")
    data = line.storage.read(f"contracts/{truth.contract_id}/{truth.contract_version}.odcs.yaml")
    if sha256(data).hexdigest() != truth.contract_sha256:
        raise _not_agreed("the contract's bytes are not those registered", "계약 명세의 내용이 등록된 것과 다릅니다")
    contract = contract_of(data)
    if contract.programme != truth.programme or (contract.id, contract.version) != (
        truth.contract_id,
        truth.contract_version,
    ):
        raise _not_agreed(
            "the contract is of another programme or id", "계약 명세의 사업이나 번호가 등록된 것과 다릅니다"
        )
    return Agreed(truth, contract, load_programme(contract.programme), data)


def _not_agreed(message: str, ko: str) -> ContractError:
    return ContractError(
        "contract-not-agreed",
        message,
        hint="compare `dambo voucher show` with _DELIVERED.json",
        ko=ko,
        ko_hint="`dambo voucher show` 와 _DELIVERED.json 을 비교하십시오",
    )


def manifest_of(line: Line, attempt_id: str) -> Manifest:
    """The attempt's manifest, which its signed statement and the registry name."""
    return Manifest.from_bytes(line.filing.need(attempt_id, "manifest-lines"))


def marker_of(line: Line, attempt_id: str) -> Marker:
    """The supplier's claim, as it was filed."""
    return marker.parse_marker(line.filing.need(attempt_id, "marker"))


UNKNOWN_MILESTONE = "?"
"""In the resource of an attempt whose marker could not be read: it can only be held."""


def resource_of(attempt: Attempt) -> Resource:
    """What the attempt's documents are about."""
    return Resource(attempt.voucher, attempt.milestone or UNKNOWN_MILESTONE, attempt.delivery)


def statement_of(line: Line, attempt_id: str, kind: str) -> Statement:
    """The newest statement of a kind, unverified: for carrying its facts on, never for a decision."""
    return parse(parse_envelope(line.filing.need(attempt_id, kind)).payload)


def identity_of(line: Line, attempt_id: str, kind: str) -> str:
    """The newest statement's identity."""
    return line.registry.documents(attempt_id, kind)[-1].sha256


@contextmanager
def scratch_of(line: Line, attempt_id: str) -> Iterator[Path]:
    """A folder of this step's own for what does not fit into memory; it goes with the step."""
    home = line.settings.scratch_folder() / attempt_id
    home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home) as folder:
        yield Path(folder)


def fetch_of(line: Line, attempt: Attempt) -> Fetch:
    """How the attempt fetches objects: at their pinned versions, compared with the manifest."""
    versions = intake.pinned_versions(line.filing.need(attempt.id, "pins"))
    return fetcher(line.storage, prefix_of(attempt.voucher, attempt.delivery), versions)
