"""A delivery without a contract: its files in groups of one structure, and a profile of every column, in one pass.

Files of one format with the same columns are one schema object, if a glob can say which they are. JSON records may lack
keys, so JSON files need only have most keys in common. Deterministic: files go in the order of their paths. A JSON key
that turns up only late costs a second pass over its group. It must not judge; what readers report as defects is counted.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from checks import engine
from checks.analyzers.profile import Profile, ProfileOf
from checks.batch import Batch, Defect
from checks.columns import Col, LogicalType
from include.assessment import Source
from include.contracts.infer import POINTED, Column, Inferred
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.globs import claims
from include.deliveries.intake import listed
from include.deliveries.progress import Progress, Words
from include.deliveries.readers import Limits, reader_for
from include.deliveries.readers.jsonvalues import step
from include.settings import Settings
from include.storage import ObjectInfo, Storage, open_storage

SUFFIXES: Mapping[str, str] = {
    ".parquet": "parquet", ".parq": "parquet", ".csv": "csv", ".tsv": "tsv", ".tab": "tsv",
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx",
}  # fmt: skip
COLUMNS = 2_000
"""Columns declared of one object; a wider table is for a person to cut."""

_HEAD = Limits(batch_rows=1_000)
_KEYED = frozenset({"json", "jsonl"})
_IN_COMMON = 0.5


@dataclass
class _Group:
    """Files of one structure. `names`: columns or keys in the order of first sight."""

    format: str
    suffix: str
    reader: dict[str, Any]
    names: dict[str, None]
    files: list[str] = field(default_factory=list)

    def takes(self, other: _Group) -> bool:
        """Is the other of the same structure?"""
        if (self.format, self.suffix, self.reader) != (other.format, other.suffix, other.reader):
            return False
        mine, theirs = set(self.names), set(other.names)
        if self.format not in _KEYED:
            return mine == theirs
        return len(mine & theirs) >= _IN_COMMON * max(1, len(mine | theirs))


@dataclass(frozen=True)
class Profiled:
    """What was found: objects, and files of formats that are not read."""

    objects: tuple[Inferred, ...]
    others: tuple[str, ...]


class _Files:
    """Local copies of a delivery's files, one at a time."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._source, self._storage = source, open_storage(source.url, settings)
        self._infos = {i.key.removeprefix(source.prefix): i for i in _infos(self._storage, source)}
        self._scratch = settings.scratch_folder() / "infer"

    def paths(self) -> list[str]:
        """Paths in the delivery, by UTF-8 bytes."""
        return sorted(self._infos, key=lambda path: path.encode("utf-8", "surrogatepass"))

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        """A local file of the same bytes."""
        if self._source.url.startswith("file://"):
            yield Path(unquote(urlsplit(self._source.url).path)) / self._source.prefix / path
            return
        info = self._infos[path]
        self._scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._scratch) as folder:
            copy = Path(folder) / "object"
            self._storage.fetch(info.key, copy, version=info.version)
            yield copy
            shutil.rmtree(folder, ignore_errors=True)


def _infos(storage: Storage, source: Source) -> list[ObjectInfo]:
    return listed(storage, source.prefix, source.only)[1]


def profile(source: Source, settings: Settings, progress: Progress) -> Profiled:
    """Groups and profiles of a delivery's files. Raises DeliveryError, StorageError."""
    files = _Files(source, settings)
    groups: list[_Group] = []
    others: list[str] = []
    for path in files.paths():
        fmt = SUFFIXES.get(PurePosixPath(path).suffix.lower())
        if fmt is None:
            others.append(path)
            continue
        found = _head(files, path, fmt)
        known = next((group for group in groups if group.takes(found)), None)
        if known is None:
            groups.append(known := found)
        known.names |= found.names
        known.files.append(path)
    objects = [_profiled(files, part, glob, progress) for part, glob in _globbed(groups)]
    return Profiled(tuple(objects), tuple(others))


def _head(files: _Files, path: str, fmt: str) -> _Group:
    """The structure of one file, by its first records."""
    group = _Group(fmt, PurePosixPath(path).suffix, {}, {})
    with files.local(path) as local:
        group.names = _names(local, fmt, group.reader)
        if fmt == "json" and (inner := _inner(local, tuple(group.names))):
            group.reader = {"records": step(inner)}
            group.names = _names(local, fmt, group.reader)
    return group


def _names(local: Path, fmt: str, options: Mapping[str, Any]) -> dict[str, None]:
    found = reader_for(fmt, _HEAD).read(local, "", ObjectSpec("head", fmt, "*", (), options))
    first = next((item for item in found if isinstance(item, Batch)), None)
    return {} if first is None else dict.fromkeys(first.found)


def _inner(local: Path, names: tuple[str, ...]) -> str | None:
    """The one key of a lone record that holds an array of objects: the records are there, then."""
    spec = ObjectSpec("head", "json", "*", tuple(ColumnSpec(Col(str(i)), step(n)) for i, n in enumerate(names)))
    batches = [item for item in reader_for("json").read(local, "", spec) if isinstance(item, Batch)]
    if sum(batch.table.num_rows for batch in batches) != 1:
        return None
    record = next(batch for batch in batches if batch.table.num_rows).table.to_pylist()[0]
    arrays = [names[int(i)] for i, text in record.items() if isinstance(text, str) and text.startswith("[{")]
    return arrays[0] if len(arrays) == 1 else None


def _globbed(groups: list[_Group]) -> Iterator[tuple[_Group, str]]:
    """Each group under a glob that claims its files and no other's; cut by folder, then by file, where none does."""
    everything = {path: number for number, group in enumerate(groups) for path in group.files}
    for number, group in enumerate(groups):
        rest = dict.fromkeys(group.files)
        folders: dict[str, list[str]] = defaultdict(list)
        for path in group.files:
            folders[path.rpartition("/")[0]].append(path)
        prefixes = [f"{_quoted(f)}/" if f else "" for f in folders]
        wide = [prefixes[0]] if len(folders) == 1 else ["**/"]
        for prefix in dict.fromkeys([*wide, *prefixes]):
            glob = f"{prefix}*{group.suffix}"
            claimed = [path for path in everything if claims(glob, path)]
            if claimed and set(claimed) <= rest.keys():
                yield replace(group, files=claimed, names=dict(group.names)), glob
                for path in claimed:
                    del rest[path]
        for path in rest:
            assert everything[path] == number
            yield replace(group, files=[path], names=dict(group.names)), _quoted(path)


def _quoted(path: str) -> str:
    """A path as a glob that claims it alone."""
    return re.sub(r"([*?\[])", r"[\1]", unicodedata.normalize("NFC", path))


def _profiled(files: _Files, group: _Group, glob: str, progress: Progress) -> Inferred:
    """One pass over the group; another one if keys turned up that its heads did not show."""
    while True:
        names = [name for name in group.names if name.strip()]
        seen: dict[str, None] = {}
        tally = engine.Tally(_plan(names[:COLUMNS]))
        rows, defects = 0, Counter[str]()
        for path in group.files:
            for item in _read(files, path, group, names[:COLUMNS]):
                if isinstance(item, Defect):
                    defects[item.code] += 1
                else:
                    rows += item.table.num_rows
                    seen |= dict.fromkeys(item.found)
                    tally.add("o", item)
            progress(Words(f"{path}: {rows:,}행", f"{path}: {rows:,} rows"))
        if set(seen) <= set(group.names):
            break
        group.names |= seen
    states = {cast("ProfileOf", a).column: s for a, s in tally.states().items()}
    columns = tuple(
        Column(name, state if isinstance(state := states[str(i)], Profile) else None)
        for i, name in enumerate(names[:COLUMNS])
    )
    return Inferred(
        format=group.format,
        glob=glob,
        reader=group.reader,
        columns=columns,
        rows=rows,
        files=len(group.files),
        defects=tuple(sorted(defects.items())),
        left_out=len(names) - len(columns),
    )


def _plan(names: list[str]) -> engine.Plan:
    return engine.Plan({"o": tuple(ProfileOf("o", str(i)) for i in range(len(names)))})


def _read(files: _Files, path: str, group: _Group, names: list[str]) -> Iterator[Batch | Defect]:
    """The file with its columns numbered. A workbook's dates come as timestamps: it has but one kind of number."""
    kind: LogicalType = "timestamp" if group.format == "xlsx" else "any"
    columns = tuple(
        ColumnSpec(Col(str(i), kind), step(name) if group.format in POINTED else name) for i, name in enumerate(names)
    )
    spec = ObjectSpec("o", group.format, "*", columns, group.reader)
    with files.local(path) as local:
        yield from reader_for(group.format).read(local, path, spec)
