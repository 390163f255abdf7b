"""Assessment: from a frozen delivery and its contract to the report, without attempt, signature or clock.

`dambo check`, `dambo run` and the DAG go through these functions, so that they reach the same report, byte for byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Self
from urllib.parse import unquote, urlsplit

from checks import engine
from checks.lean import without_pandas
from include.contracts import load
from include.contracts.model import Contract
from include.deliveries import intake
from include.deliveries.intake import Frozen, Listing
from include.deliveries.marker import Marker, parse_marker
from include.deliveries.progress import OFTEN, Progress, Slots, Together, Told, silent
from include.deliveries.readers import FORMATS, reader_for
from include.deliveries.scan import Fetch, fetcher, scan, verified
from include.deliveries.shards import Shard, plan_shards
from include.evidence.manifest import Entry, Manifest
from include.pictures import pictures
from include.programmes import Programme, load_programme
from include.reports.code import code_identity
from include.reports.page import Picture
from include.reports.quality_report import DeliveryFacts, QualityReport, build_report
from include.settings import Settings
from include.storage import Digest, open_storage


def contract_of(data: bytes) -> Contract:
    """The contract in `data`, the readers' options included. Raises ContractError with every problem."""
    return load(data, readers={name: reader_for(name).options for name in FORMATS})


def check_plan(contract: Contract) -> engine.Plan:
    """What is tallied for a contract."""
    return engine.plan(contract.checks, {o.name: tuple(c.col.name for c in o.columns) for o in contract.objects})


def report_of(  # noqa: PLR0917 - what a report is a function of, and where large states may go
    contract: Contract,
    programme: Programme,
    manifest: Manifest,
    claim: Marker | None,
    tallied: Iterable[engine.Tallied],
    scratch: Path | None = None,
) -> QualityReport:
    """From states to the report: a pure function of delivery, contract, programme and code.

    Merged states that grow large go to `scratch`.
    """
    plan = check_plan(contract)
    found = engine.observe(plan, intake.findings(manifest, claim, contract))
    results = engine.judge(contract.checks, engine.merge(chain([found], tallied), plan, scratch))
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
    """The states of one shard; large ones stand in `scratch` and last as long as it does."""
    items = scan(shard, manifest, contract, fetch, scratch=scratch, progress=progress)
    return engine.observe(check_plan(contract), items, scratch)


@dataclass(frozen=True)
class Assessed:
    """A self-check: the report, the delivery as it was frozen for it, and pictures of failing examples by rule."""

    report: QualityReport
    frozen: Frozen
    pictures: Mapping[str, tuple[Picture, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A delivery to check: a store's URL, the prefix in it, and one file's name where only that is meant."""

    url: str
    prefix: str = ""
    only: str | None = None


Keep = Callable[[Contract, Frozen, Sequence[engine.Tallied], Path], None]
"""Takes the states of all shards, and a folder for what grows large; they last as long as the call."""


def assess(
    source: Source, contract_data: bytes, settings: Settings, progress: Progress, *, keep: Keep | None = None
) -> Assessed:
    """Freeze, tally (on `settings.jobs` cores) and judge one delivery. Raises DamboError. `keep` is given the states."""
    without_pandas()
    contract = contract_of(contract_data)
    programme = load_programme(contract.programme)
    listing = intake.Listing.of(open_storage(source.url, settings), source.prefix, source.only)
    claim = None if listing.body is None else parse_marker(listing.body)
    home = settings.scratch_folder() / "check"
    home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home) as folder, Hashing(listing, progress, beside=_is_local(source)) as hashing:
        scratch, frozen = Path(folder), hashing.known
        fetch = hashing.told(_fetch(source, settings, frozen))
        shards = plan_shards(
            frozen.manifest,
            contract,
            shard_bytes=settings.shard_bytes,
            most=settings.max_shards,
            locate=lambda entry: fetch(entry, scratch / "planning"),
        )
        task = _Task(source, contract_data, settings, frozen, scratch, hashing)
        states = list(_tallied(task, contract, shards, progress))
        frozen = hashing.done()
        report = report_of(contract, programme, frozen.manifest, claim, states, scratch)
        if keep is not None:
            keep(contract, frozen, states, scratch)
        drawn = pictures(report.document, contract, frozen.manifest, fetch, scratch)
        return Assessed(report, frozen, drawn)


@dataclass(frozen=True)
class _Task:
    """What a worker needs beside its shard."""

    source: Source
    contract: bytes
    settings: Settings
    frozen: Frozen
    scratch: Path
    hashing: Hashing | None = None

    def tally(self, contract: Contract, shard: Shard, progress: Progress) -> engine.Tallied:
        """The states of one shard."""
        fetch = _fetch(self.source, self.settings, self.frozen)
        fetch = fetch if self.hashing is None else self.hashing.told(fetch)
        return tally(contract, shard, self.frozen.manifest, fetch, scratch=self.scratch, progress=progress)

    def dumped(self, number: int, shard: Shard) -> bytes:
        """The same, in another process, which tells how far it is by its slot."""
        without_pandas()
        progress = silent if _slots is None else _slots.part(number)
        states = self.tally(contract_of(self.contract), shard, progress)
        return engine.dump(states, self.put)

    def put(self, chunk: bytes) -> str:
        """Hand a chunk of a large state over through the scratch folder."""
        with NamedTemporaryFile(dir=self.scratch, prefix="chunk-", delete=False) as file:
            file.write(chunk)
        return Path(file.name).name

    def get(self, name: str) -> bytes:
        """The chunk; it is read once."""
        path = self.scratch / name
        data = path.read_bytes()
        path.unlink()
        return data


def _tallied(task: _Task, contract: Contract, shards: Sequence[Shard], progress: Progress) -> Iterator[engine.Tallied]:
    """The states of every shard: one after the other, or on several cores at once.

    Reading Parquet is work of Arrow's, which runs beside Python: threads share what one process has loaded. Other
    formats are read by Python itself, so they need processes.
    """
    together = Together(shards, {entry.path: entry.size for entry in task.frozen.manifest.entries}, progress)
    if len(shards) == 1 or task.settings.jobs == 1:
        yield from (task.tally(contract, shard, together.part(n)) for n, shard in enumerate(shards))
    elif all(spec.format == "parquet" for spec in contract.objects):
        with ThreadPoolExecutor(task.settings.jobs) as threads:
            yield from threads.map(lambda n: task.tally(contract, shards[n], together.part(n)), range(len(shards)))
    else:
        plan, slots = check_plan(contract), Slots(len(shards))
        with ProcessPoolExecutor(task.settings.jobs, get_context("spawn"), _take, (slots,)) as processes:
            distant = replace(task, hashing=None)
            if task.hashing is not None:  # how far processes are is not known here
                task.hashing.free()
            running = deque(processes.submit(distant.dumped, n, shard) for n, shard in enumerate(shards))
            while running:
                first = running[0]
                while not wait([first], OFTEN).done:
                    together.put(slots.far())
                yield engine.load(running.popleft().result(), plan, task.get, task.scratch)
            together.put(slots.far())


_slots: Slots | None = None
"""In a process of the pool: where it writes how far it is."""


def _take(slots: Slots) -> None:
    global _slots  # noqa: PLW0603 - the one way to hand shared memory to a spawned process
    _slots = slots


class Hashing:
    """The manifest of a delivery that is checked: of a local one made beside the reading, else before it.

    What is fetched from elsewhere is compared with its digest, which must be there first.
    """

    def __init__(self, listing: Listing, progress: Progress, *, beside: bool) -> None:
        self._listing, self._pace, self._aside = listing, intake.Pace(), ThreadPoolExecutor(1)
        self._begun: set[str] = set()
        self._progress, self._waiting = progress, False
        self.known = listing.expected() if beside else listing.hashed(progress)
        self._made = self._aside.submit(listing.hashed, self._tell, self._pace) if beside else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pace.stop()
        self._aside.shutdown()

    def told(self, fetch: Fetch) -> Fetch:
        """`fetch`, so that hashing knows how far reading is."""

        def telling(entry: Entry, target: Path) -> Path:
            if entry.path not in self._begun:
                self._begun.add(entry.path)
                self._pace.read(entry.size)
            return fetch(entry, target)

        return telling

    def _tell(self, told: Told) -> None:
        """How far hashing is matters to people only when nothing else goes on."""
        if self._waiting:
            self._progress(told)

    def free(self) -> None:
        """Let hashing go as fast as it can."""
        self._pace.free()

    def done(self) -> Frozen:
        """The delivery with its manifest, once all is hashed. Raises VerificationError if it changed meanwhile."""
        if self._made is None:
            return self.known
        self._waiting = True
        self.free()
        frozen = self._made.result()
        for expected, entry in zip(self.known.manifest.entries, frozen.manifest.entries, strict=True):
            verified(replace(expected, sha256=entry.sha256), Digest(entry.size, entry.sha256), Path(entry.path))
        return frozen


def _is_local(source: Source) -> bool:
    return source.url.startswith("file://")


def _fetch(source: Source, settings: Settings, frozen: Frozen) -> Fetch:
    """A local delivery is read where it lies: a self-check signs nothing, so nobody gains by swapping files."""
    if not _is_local(source):
        return fetcher(open_storage(source.url, settings), source.prefix, frozen.versions)
    root = Path(unquote(urlsplit(source.url).path)) / source.prefix

    def local(entry: Entry, _: Path) -> Path:
        return root / entry.path

    return local
