"""Stored states: what one check tallied, kept in a file, from which verdicts are reached again without the data.

The file holds the merged states, the manifest and the marker, and how each schema object's files were read. A contract is
judged from it if everything it needs was tallied by the same code: then the report is, byte for byte, that of `dambo
check`. If not, `NeedsScanError` lists the rules that need a new scan. States hold label values and keys, so the file is
to be kept like the data. Keys go to it and come from it in chunks, so that they need not fit into memory. Nothing is
signed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from checks import engine
from checks.analyzers.defects import Defects, DefectTally
from checks.analyzers.shape import Shape, ShapeOf
from checks.kernel import Analyzer, Spilling, State
from checks.lean import without_pandas
from include.assessment import Assessed, check_plan, contract_of, report_of
from include.contracts.model import Contract, ObjectSpec
from include.deliveries.intake import Frozen
from include.deliveries.marker import parse_marker
from include.errors import DamboError, VerificationError
from include.evidence.manifest import Manifest
from include.programmes import load_programme
from include.reports.code import LIBRARIES, sources_digest
from include.states_file import StatesFile, writing

ROOMS = ("checks", "include/contracts", "include/deliveries")
"""The sources that states are a function of."""


class Reading(msgspec.Struct, frozen=True):
    """How an object's files were read. `reader`: its options as JSON; `columns`: (name, source), as declared."""

    format: str
    glob: str
    reader: str
    columns: tuple[tuple[str, str], ...]


class Stored(msgspec.Struct, frozen=True):
    """The file's head. `code`: digest of ROOMS and versions of libraries; `states`: as `engine.dump` writes them."""

    code: dict[str, str]
    manifest: bytes
    marker: bytes | None
    objects: dict[str, Reading]
    states: bytes


@dataclass(frozen=True, slots=True)
class Missing:
    """A rule that stored states cannot answer, and why: "new", "columns" or "reading"."""

    rule: str
    why: str
    analyzer: str


class NeedsScanError(DamboError):
    """Stored states do not hold what a contract needs. `missing` says for which rules."""

    def __init__(self, missing: Iterable[Missing]) -> None:
        self.missing = tuple(missing)
        rules = ", ".join(dict.fromkeys(m.rule for m in self.missing))
        super().__init__(
            "needs-scan",
            f"the data must be read again for: {rules}",
            hint="run dambo check with this contract",
            ko=f"다음 규칙은 데이터를 다시 읽어야 판정할 수 있습니다: {rules}",
            ko_hint="이 계약으로 dambo check 를 실행하십시오",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (NeedsScanError, (self.missing,))


def identity() -> dict[str, str]:
    """The code that observes: digest of its sources, and libraries."""
    names = (*LIBRARIES, "great-expectations", "pandas")
    return {"dambo": sources_digest(ROOMS), **{name: version(name) for name in names}}


def reading_of(spec: ObjectSpec) -> Reading:
    """How the contract has the object's files read."""
    options = json.dumps(dict(spec.reader), sort_keys=True, ensure_ascii=False, default=str)
    return Reading(spec.format, spec.glob, options, tuple((c.col.name, c.source) for c in spec.columns))


def store(path: Path, contract: Contract, frozen: Frozen, tallied: Iterable[engine.Tallied], scratch: Path) -> None:
    """Write the file of one check; what grows large on the way goes to `scratch`."""
    merged = engine.merge(tallied, check_plan(contract), scratch)
    objects = {spec.name: reading_of(spec) for spec in contract.objects}
    with writing(path) as file:
        states = engine.dump(merged, file.put)
        stored = Stored(identity(), frozen.manifest.to_bytes(), frozen.marker, objects, states)
        file.end(msgspec.msgpack.encode(stored, order="deterministic"))


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of states as it is read. `packed`: by analyzer key whether it is broken, and its bytes."""

    file: StatesFile
    stored: Stored
    packed: Mapping[str, tuple[bool, bytes]]

    def state(self, analyzer: Analyzer[Any], scratch: Path | None) -> State:
        """The state of an analyzer; a large one goes to `scratch`."""
        broken, raw = self.packed[analyzer.key]
        kind = engine.Broken if broken else analyzer.state_type
        return kind.restore(raw, self.file.get, scratch) if issubclass(kind, Spilling) else kind.from_bytes(raw)


def read_stored(path: Path) -> Kept:
    """The file, looked through. Raises OSError; DamboError "states-unreadable" or "states-other-code"."""
    try:
        file = StatesFile.open(path)
        stored = msgspec.msgpack.decode(file.head, type=Stored)
        packed = msgspec.msgpack.decode(stored.states, type=dict[str, tuple[bool, bytes]])
    except ValueError:  # msgspec's errors are such
        raise _unreadable() from None
    if stored.code != identity():
        raise DamboError(
            "states-other-code",
            "the states were tallied by another version of Dambo or of its libraries",
            hint="run dambo check again with this version",
            ko="다른 버전의 담보(또는 라이브러리)가 집계한 상태입니다",
            ko_hint="이 버전으로 dambo check 를 다시 실행하십시오",
        )
    return Kept(file, stored, packed)


def _unreadable() -> DamboError:
    return DamboError(
        "states-unreadable",
        "this is no file of states, or it is damaged",
        hint="dambo check --states FILE writes one",
        ko="집계 상태 파일이 아니거나 손상되었습니다",
        ko_hint="dambo check --states FILE 로 만드십시오",
    )


def judge_again(kept: Kept, contract_data: bytes, scratch: Path) -> Assessed:
    """The report of the stored delivery under a contract. Raises DamboError; NeedsScanError where states are missing.

    Large states stand in `scratch` meanwhile.
    """
    without_pandas()
    contract = contract_of(contract_data)
    programme = load_programme(contract.programme)
    tallied = needed(kept, contract, scratch)
    try:
        manifest = Manifest.from_bytes(kept.stored.manifest)
    except VerificationError:
        raise _unreadable() from None
    marker = kept.stored.marker
    claim = None if marker is None else parse_marker(marker)
    report = report_of(contract, programme, manifest, claim, [tallied], scratch)
    return Assessed(report, Frozen(manifest, b"", {}, marker, None))


def needed(kept: Kept, contract: Contract, scratch: Path) -> engine.Tallied:
    """The stored states that the contract needs. Raises NeedsScanError."""
    plan, objects = check_plan(contract), kept.stored.objects
    missing = list(lacking(contract, objects, kept))
    states: dict[Analyzer[Any], State] = {}
    for analyzer in () if missing else plan.analyzers().values():
        if analyzer.object == engine.DELIVERY:
            states[analyzer] = analyzer.zero()  # intake's findings are reached again from the manifest
        elif isinstance(analyzer, ShapeOf):
            states[analyzer] = _shape(analyzer, objects[analyzer.object], kept)
        else:
            states[analyzer] = kept.state(analyzer, scratch)
    if missing:
        raise NeedsScanError(missing)
    return states


def lacking(contract: Contract, readings: Mapping[str, Reading], known: Kept | Iterable[str]) -> Iterator[Missing]:
    """What stored states cannot answer of the contract; `known`: they, or the keys of their analyzers alone."""
    kept = known if isinstance(known, Kept) else None
    keys = set(known.packed if isinstance(known, Kept) else known)
    specs = {spec.name: spec for spec in contract.objects}
    unlike = {name: why for name, spec in specs.items() if (why := _unlike(spec, readings.get(name), kept))}
    for check in contract.checks:
        if check.object == engine.DELIVERY:
            continue
        if check.object in unlike:
            yield Missing(check.rule.name, unlike[check.object], ShapeOf.__name__)
            continue
        for analyzer in check.analyzers():
            if not isinstance(analyzer, ShapeOf) and analyzer.key not in keys:
                yield Missing(check.rule.name, "new", analyzer.key)


def _unlike(spec: ObjectSpec, reading: Reading | None, kept: Kept | None) -> str | None:
    """Why the object's files would be read otherwise; None if not.

    Without a column that was read before, a record that could not be read because of it might be: so only if there was
    no defect at all.
    """
    if reading is None:
        return "new"
    wanted = reading_of(spec)
    if (wanted.format, wanted.glob, wanted.reader) != (reading.format, reading.glob, reading.reader):
        return "reading"
    if not set(wanted.columns) <= set(reading.columns):
        return "columns"
    if set(wanted.columns) < set(reading.columns):
        if kept is None:
            return None
        state = kept.state(Defects(spec.name), None)
        if not isinstance(state, DefectTally) or state.count:
            return "columns"
    return None


def _shape(wanted: ShapeOf, reading: Reading, kept: Kept) -> State:
    """The shape over fewer declared columns is that over all, without the others."""
    found = kept.state(ShapeOf(wanted.object, tuple(name for name, _ in reading.columns)), None)
    if not isinstance(found, Shape):
        return found
    names = set(wanted.declared)
    lacking_files = {name: files for name, files in found.lacking.items() if name in names}
    return Shape(found.rows, tuple(n for n in found.present if n in names), lacking_files, found.headers)
