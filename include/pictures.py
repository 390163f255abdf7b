"""Pictures for the report: the images of its failing examples, with the labels that failed drawn on them.

Examples name files and records; this module finds the label in its file again, the image that it is about, and draws
both. Pictures show delivered data, so they go where findings go and are destroyed with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from checks.batch import Batch, Defect
from checks.streams import STREAM_OF
from include.contracts.model import Contract, ObjectSpec
from include.deliveries.archives import SEPARATOR, archive_of, is_archive
from include.deliveries.globs import claims
from include.deliveries.readers import reader_for
from include.deliveries.readers.labels.base import item_id
from include.deliveries.scan import Fetch
from include.evidence.manifest import Entry, Manifest
from include.reports.page import Picture
from include.reports.thumbnails import Outline, thumbnail

PER_RULE = 6
ALL = 36
"""Pictures drawn for one rule, and for a report."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A failing example: its rule, the object, and where it stands (`row` -1: the file as a whole)."""

    rule: str
    spec: ObjectSpec
    file: str
    row: int


@dataclass(slots=True)
class _Drawing:
    """What is to be drawn: the image's path and the label's outline."""

    wanted: _Wanted
    image: str
    outlines: list[Outline] = field(default_factory=list)


def pictures(
    report: Mapping[str, Any], contract: Contract, manifest: Manifest, fetch: Fetch, scratch: Path
) -> dict[str, tuple[Picture, ...]]:
    """Pictures by rule, for rules that images or their labels failed; what cannot be drawn is left out.

    Raises StorageError or VerificationError where the delivery itself cannot be read as it was frozen.
    """
    wanted = _wanted(report, contract)
    if not wanted:
        return {}
    with TemporaryDirectory(dir=scratch) as folder:
        files = _Files(manifest, fetch, Path(folder))
        drawings = list(_drawings(wanted, contract, files))
        found: dict[str, list[Picture]] = {}
        for path, local in files.opened({drawing.image for drawing in drawings}):
            for drawing in (d for d in drawings if d.image == path):
                data = thumbnail(local, drawing.outlines)
                if data is not None:
                    row = drawing.wanted.row
                    found.setdefault(drawing.wanted.rule, []).append(Picture(drawing.wanted.file, row, path, data))
    return {rule: tuple(sorted(some, key=lambda p: (p.file, p.row, p.image))) for rule, some in found.items()}


def _wanted(report: Mapping[str, Any], contract: Contract) -> list[_Wanted]:
    """The examples to draw: the first few of each rule that did not pass."""
    if not _images(contract):
        return []
    specs = {spec.name: spec for spec in contract.objects}
    objects = {check.rule.name: check.object for check in contract.checks}
    found: list[_Wanted] = []
    for row in report["checks"]:
        spec = specs.get(objects.get(row["rule"], ""))
        if spec is None or row["verdict"] == "PASS" or STREAM_OF.get(spec.format) is None:
            continue
        if spec not in _images(contract) and STREAM_OF[spec.format] == "items":
            continue
        for example in row["failures"]["examples"][:PER_RULE]:
            record = example["record"]
            found.append(_Wanted(row["rule"], spec, example["file"], -1 if record is None else record - 1))
    return found[:ALL]


def _images(contract: Contract) -> list[ObjectSpec]:
    return [spec for spec in contract.objects if spec.format == "image"]


def _drawings(wanted: Sequence[_Wanted], contract: Contract, files: _Files) -> Iterator[_Drawing]:
    labels = [one for one in wanted if STREAM_OF[one.spec.format] == "annotations" and one.row >= 0]
    yield from (_Drawing(one, one.file) for one in wanted if one.spec.format == "image")
    records = dict(_records(labels, files))
    ids = {str(record["item_id"]) for record in records.values()}
    images = _by_id(ids, _images(contract), files)
    for one in labels:
        record = records.get((one.spec.name, one.file, one.row))
        if record is not None and record["item_id"] in images:
            yield _Drawing(one, images[record["item_id"]], list(_outline(record)))


def _records(labels: Iterable[_Wanted], files: _Files) -> Iterator[tuple[tuple[str, str, int], Mapping[str, Any]]]:
    """The labels again, by object, file and row."""
    by_file: dict[str, list[_Wanted]] = {}
    for one in labels:
        by_file.setdefault(one.file, []).append(one)
    for path, local in files.opened(by_file):
        for spec in {one.spec.name: one.spec for one in by_file[path]}.values():
            rows = {one.row for one in by_file[path] if one.spec.name == spec.name}
            for batch in reader_for(spec.format).read(local, path, spec):
                if not isinstance(batch, Defect):
                    yield from (((spec.name, path, row), record) for row, record in _rows(batch, rows))


def _rows(batch: Batch, rows: set[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for position, row in enumerate(batch.row_index().tolist()):
        if row in rows:
            yield row, batch.table.slice(position, 1).to_pylist()[0]


def _by_id(ids: set[str], specs: Sequence[ObjectSpec], files: _Files) -> dict[str, str]:
    """The first image of each id."""
    found: dict[str, str] = {}
    for path in files.paths() if ids else ():
        for spec in specs:
            if claims(spec.glob, path):
                name = item_id(path, str(spec.reader.get("id", "stem")))
                if name in ids:
                    found.setdefault(name, path)
    return found


def _outline(record: Mapping[str, Any]) -> Iterator[Outline]:
    sides = record["item_width"], record["item_height"]
    scale = (float(sides[0]), float(sides[1])) if sides[0] and sides[1] else None
    step = 3 if record["kind"] == "keypoints" else 2
    rings = [
        tuple(zip(ring[0::step], ring[1::step], strict=False)) for ring in record["points"] or () if len(ring) >= step
    ]
    if rings and step == 2:
        yield Outline(tuple(rings), scale)
    elif None not in (record["x"], record["y"], record["width"], record["height"]):
        left, top = record["x"], record["y"]
        yield Outline.box((left, top, left + record["width"], top + record["height"]), scale)


class _Files:
    """The delivery's files and the members of its archives, brought into the scratch folder one at a time."""

    def __init__(self, manifest: Manifest, fetch: Fetch, folder: Path) -> None:
        self._entries = {entry.path: entry for entry in manifest.entries}
        self._fetch, self._folder = fetch, folder

    def paths(self) -> Iterator[str]:
        """Every file's path, members of archives included, in order."""
        for path, entry in sorted(self._entries.items()):
            if not is_archive(path):
                yield path
                continue
            with self._brought(entry) as local:
                for member in archive_of(local, path).walk():
                    if not isinstance(member, Defect):
                        yield f"{path}{SEPARATOR}{member.name}"

    def opened(self, paths: Iterable[str]) -> Iterator[tuple[str, Path]]:
        """A local copy of each of `paths` that is there, valid until the next."""
        wanted: dict[str, set[str]] = {}
        for path in paths:
            base = path.split(SEPARATOR, 1)[0]
            whole = path in self._entries
            wanted.setdefault(path if whole else base, set()).add(path)
        for base, some in sorted(wanted.items()):
            entry = self._entries.get(base)
            if entry is None:
                continue
            with self._brought(entry) as local:
                if base in some:
                    yield base, local
                if is_archive(base) and some != {base}:
                    yield from self._members(local, base, some)

    def _members(self, local: Path, base: str, wanted: set[str]) -> Iterator[tuple[str, Path]]:
        archive, copy = archive_of(local, base), self._folder / "member"
        for member in archive.walk():
            if isinstance(member, Defect):
                continue
            path = f"{base}{SEPARATOR}{member.name}"
            if path in wanted and archive.spool(member, copy) is None:
                yield path, copy
                copy.unlink(missing_ok=True)

    @contextmanager
    def _brought(self, entry: Entry) -> Iterator[Path]:
        copy = self._folder / "object"
        yield self._fetch(entry, copy)
        copy.unlink(missing_ok=True)
