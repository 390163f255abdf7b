"""How the members of each archive write their names: the encodings that were decided, with their number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Self

import msgspec

from checks.columns import View
from checks.kernel import Analyzer, State

ARCHIVES = 1_000
"""Archives kept by name; the smallest by UTF-8 bytes."""


class ArchiveTally(State, frozen=True):
    """`members`: archive to encoding to number of members. An archive's members may come in several batches."""

    members: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)

    def merge(self, other: Self) -> Self:
        """Numbers add; the smallest archives stay, with all their members: what goes had as many smaller beside it."""
        total = {archive: dict(found) for archive, found in self.members.items()}
        for archive, found in other.members.items():
            kept = total.setdefault(archive, {})
            for encoding, count in found.items():
                kept[encoding] = kept.get(encoding, 0) + count
        smallest = sorted(total, key=lambda archive: archive.encode("utf-8", "surrogatepass"))[:ARCHIVES]
        return type(self)({archive: dict(sorted(total[archive].items())) for archive in smallest})

    def rows(self) -> tuple[tuple[str, str, int], ...]:
        """(archive, encoding, members)."""
        return tuple((a, encoding, n) for a, found in self.members.items() for encoding, n in found.items())


@dataclass(frozen=True)
class ArchiveNames(Analyzer[ArchiveTally]):
    """Members of archives by archive and by the encoding of their names, from the records of the delivery's files."""

    state_type: ClassVar[type[State]] = ArchiveTally

    object: str

    def columns(self) -> frozenset[str]:
        """None that must be there: a delivery without archives has neither `archive` nor `encoding`."""
        return frozenset()

    def zero(self) -> ArchiveTally:
        """No archive."""
        return ArchiveTally()

    def observe(self, view: View) -> ArchiveTally:
        """One batch of files; those that lie in no archive are left alone."""
        table = view.batch.table
        if "archive" not in table.schema.names:
            return ArchiveTally()
        pairs = zip(table["archive"].to_pylist(), table["encoding"].to_pylist(), strict=True)
        members: dict[str, dict[str, int]] = {}
        for (archive, encoding), count in Counter(pairs).items():
            members.setdefault(archive, {})[encoding] = count
        return ArchiveTally().merge(ArchiveTally(members))
