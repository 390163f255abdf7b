"""What a contract says once it is read: schema objects, columns, compiled checks. Frozen; made by `include.contracts.load`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.columns import Col
from checks.kernel import Check


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One declared column. `source`: the physicalName: a column's name in the file, or a JSON pointer into the record."""

    col: Col
    source: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """One schema object: which files are its (`glob` on the NFC path in the delivery), and how they are read.

    `format` is the reader's name (physicalType: parquet csv tsv json jsonl); `reader` its options (delimiter,
    encoding, records pointer), checked against the reader's own JSON Schema at lint.
    """

    name: str
    format: str
    glob: str
    columns: tuple[ColumnSpec, ...]
    reader: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Something the contract or programme leaves out, and why (for the report's `not_checked`)."""

    rule: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A valid contract. `digest`: sha256 (hex) of its bytes. `checks`: every rule, derived ones included, in order.

    `closed`: files that no object claims are a FAIL instead of a WARN.
    """

    id: str
    version: str
    name: str
    digest: str
    programme: str
    objects: tuple[ObjectSpec, ...]
    checks: tuple[Check, ...]
    not_checked: tuple[NotChecked, ...]
    closed: bool
