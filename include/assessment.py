"""Assessment: from a frozen delivery and its contract to the report, without attempt, signature or clock.

`dambo check`, `dambo run` and the DAG go through these functions, so that they reach the same report, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import unquote, urlsplit

from checks import engine
from include.contracts import load
from include.contracts.model import Contract
from include.deliveries import intake
from include.deliveries.intake import Frozen, Progress
from include.deliveries.marker import Marker, parse_marker
from include.deliveries.readers import FORMATS, reader_for
from include.deliveries.scan import Fetch, fetcher, scan
from include.deliveries.shards import Shard, plan_shards
from include.evidence.manifest import Entry, Manifest
from include.programmes import Programme, load_programme
from include.reports.code import code_identity
from include.reports.quality_report import DeliveryFacts, QualityReport, build_report
from include.settings import Settings
from include.storage import open_storage


def contract_of(data: bytes) -> Contract:
    """The contract in `data`, the readers' options included. Raises ContractError with every problem."""
    return load(data, readers={name: reader_for(name).options for name in FORMATS})


def check_plan(contract: Contract) -> engine.Plan:
    """What is tallied for a contract."""
    return engine.plan(contract.checks, {o.name: tuple(c.col.name for c in o.columns) for o in contract.objects})


def report_of(
    contract: Contract,
    programme: Programme,
    manifest: Manifest,
    claim: Marker | None,
    tallied: Iterable[engine.Tallied],
) -> QualityReport:
    """From states to the report: a pure function of delivery, contract, programme and code."""
    plan = check_plan(contract)
    found = engine.observe(plan, intake.findings(manifest, claim, contract))
    results = engine.judge(contract.checks, engine.merge([found, *tallied], plan))
    return build_report(
        results,
        delivery=DeliveryFacts(manifest.digest, manifest.objects, manifest.bytes),
        contract=contract,
        programme=programme,
        code=code_identity(),
        declared=[check.rule.name for check in contract.checks],
        not_checked=contract.not_checked,
    )


def tally(
    contract: Contract, shard: Shard, manifest: Manifest, fetch: Fetch, *, scratch: Path, progress: Progress
) -> engine.Tallied:
    """The states of one shard."""
    return engine.observe(
        check_plan(contract), scan(shard, manifest, contract, fetch, scratch=scratch, progress=progress)
    )


@dataclass(frozen=True)
class Assessed:
    """A self-check: the report, the delivery as it was frozen for it, and the states of its shards."""

    report: QualityReport
    frozen: Frozen
    tallied: tuple[engine.Tallied, ...] = ()


@dataclass(frozen=True)
class Source:
    """A delivery to check: a store's URL, the prefix in it, and one file's name where only that is meant."""

    url: str
    prefix: str = ""
    only: str | None = None


def assess(source: Source, contract_data: bytes, settings: Settings, progress: Progress) -> Assessed:
    """Freeze, tally (on `settings.jobs` processes) and judge one delivery. Raises DamboError."""
    contract = contract_of(contract_data)
    programme = load_programme(contract.programme)
    frozen = intake.freeze(open_storage(source.url, settings), source.prefix, progress, only=source.only)
    claim = None if frozen.marker is None else parse_marker(frozen.marker)
    fetch = _fetch(source, settings, frozen)
    scratch = settings.scratch_folder() / "check"
    scratch.mkdir(parents=True, exist_ok=True)
    plan = plan_shards(
        frozen.manifest,
        contract,
        shard_bytes=settings.shard_bytes,
        most=settings.max_shards,
        locate=lambda entry: fetch(entry, scratch / f"planning-{frozen.manifest.digest[:16]}"),
    )
    states = _tallied(source, contract_data, settings, frozen, plan, progress)
    return Assessed(report_of(contract, programme, frozen.manifest, claim, states), frozen, tuple(states))


def _tallied(  # noqa: PLR0917 - what a worker process needs, handed on as it is
    source: Source, data: bytes, settings: Settings, frozen: Frozen, plan: Sequence[Shard], progress: Progress
) -> list[engine.Tallied]:
    checked = check_plan(contract_of(data))
    if len(plan) == 1 or settings.jobs == 1:
        return [_one(source, data, settings, frozen, shard, progress) for shard in plan]
    with ProcessPoolExecutor(settings.jobs, get_context("spawn")) as pool:
        jobs = [pool.submit(_dumped, source, data, settings, frozen, shard) for shard in plan]
        states = []
        for number, job in enumerate(jobs, 1):
            states.append(engine.load(job.result(), checked))
            progress(f"shard {number} of {len(plan)} done")
        return states


def _dumped(source: Source, data: bytes, settings: Settings, frozen: Frozen, shard: Shard) -> bytes:
    return engine.dump(_one(source, data, settings, frozen, shard, lambda _: None))


def _one(  # noqa: PLR0917 - see _tallied
    source: Source, data: bytes, settings: Settings, frozen: Frozen, shard: Shard, progress: Progress
) -> engine.Tallied:
    fetch, scratch = _fetch(source, settings, frozen), settings.scratch_folder() / "check"
    return tally(contract_of(data), shard, frozen.manifest, fetch, scratch=scratch, progress=progress)


def _fetch(source: Source, settings: Settings, frozen: Frozen) -> Fetch:
    """A local delivery is read where it lies: a self-check signs nothing, so nobody gains by swapping files."""
    if not source.url.startswith("file://"):
        return fetcher(open_storage(source.url, settings), source.prefix, frozen.versions)
    root = Path(unquote(urlsplit(source.url).path)) / source.prefix

    def local(entry: Entry, _: Path) -> Path:
        return root / entry.path

    return local
