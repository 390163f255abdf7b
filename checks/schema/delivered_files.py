"""The delivery's files: as declared, not empty, safely named; and none that no schema object claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checks.analyzers.archive_names import ArchiveNames
from checks.analyzers.defects import Defects
from checks.kernel import Analyzer, Check, Declaration, Metric, Outcome, States, Table
from checks.row_rule import NO_PARAMS, NONE
from checks.schema.readable import defect_tables

UNCLAIMED = "unclaimed-file"
FILE_CODES = (
    "declared-differs",
    "declared-missing",
    "undeclared-file",
    "zero-bytes",
    "name-twins",
    "archive-corrupt",
    "archive-truncated",
    "archive-unsupported",
    "archive-empty",
    "archive-bomb",
    "member-name",
    "member-encoding",
    "member-traversal",
    "member-absolute",
    "member-backslash",
    "member-link",
    "member-device",
    "member-encrypted",
    "member-unsupported",
    "member-duplicate",
    "member-twins",
    "member-overlap",
    "member-size",
    "member-checksum",
    "member-corrupt",
    "member-nested",
)


@dataclass(frozen=True)
class DeliveryFiles(Check):
    """Files that differ from what the supplier declared, are empty, or have names that are not safe."""

    id: ClassVar[str] = "delivery-files"
    family: ClassVar[str] = "schema"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Com-ML-5", "nia": "기술적합성"}
    params: ClassVar[Mapping[str, Any]] = NO_PARAMS
    needs_rows: ClassVar[bool] = False
    codes: ClassVar[tuple[str, ...]] = FILE_CODES

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """Derived for every contract."""
        return cls(decl.rule, decl.object, NONE)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Defects of our codes that intake and archives gave, and the archives themselves."""
        return (Defects(self.object, self.codes), ArchiveNames(self.object))

    def judge(self, states: States) -> Outcome:
        """The population is the number of files; a delivery without files shows nothing."""
        tally = states[Defects(self.object, self.codes)]
        files = states.rows(self.object)
        return Outcome(
            Metric.count("file-defects", tally.count),
            files,
            detail=(*(defect_tables(tally) if tally.count else ()), *self._archives(states)),
            failures=tally.places.failures(),
            violation=None if files else "empty-delivery",
        )

    def _archives(self, states: States) -> tuple[Table, ...]:
        rows = states[ArchiveNames(self.object)].rows()
        return (Table("archives", ("archive", "encoding", "members"), rows),) if rows else ()


@dataclass(frozen=True)
class UnclaimedFiles(DeliveryFiles):
    """Files that no schema object of the contract claims."""

    id: ClassVar[str] = "unclaimed-files"
    codes: ClassVar[tuple[str, ...]] = (UNCLAIMED,)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Defects of our code."""
        return (Defects(self.object, self.codes),)

    def _archives(self, states: States) -> tuple[Table, ...]:  # noqa: ARG002 - told once, by delivery-files
        return ()
