"""index.json of an evidence pack: every file with its kind, attempt and digest, and which keyring is the newest.

It is nobody's word: verification compares each line with the files and with what the signed documents say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from include.evidence import schema
from include.evidence.canonical import Json, canonical, digest, require_canonical, verification_only
from include.evidence.refusals import refuse

NAME: Final = "index.json"
SCHEMA: Final = "dambo/evidence-pack/v1"
LIMIT: Final = 2**26

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "contract": ("검사 계약", "contract"),
    "programme": ("사업 프로필", "programme profile"),
    "manifest": ("납품 명세 진술서", "manifest statement"),
    "manifest-lines": ("납품 명세", "manifest"),
    "pins": ("저장소 판 목록", "store pins"),
    "marker": ("납품 표지", "supplier's marker"),
    "run-started": ("검사 개시 진술서", "run-started statement"),
    "report": ("품질보고서 진술서", "report statement"),
    "report-json": ("품질보고서", "quality report"),
    "report-html": ("품질보고서(읽기용)", "quality report, to read"),
    "table": ("세부표", "detail table"),
    "findings-index": ("부적합 목록의 목록", "index of findings"),
    "finding": ("부적합 목록", "findings"),
    "decision": ("결정 진술서", "decision statement"),
    "retention": ("보존 조치·파기 진술서", "hold or destruction statement"),
    "proof": ("기록 증명", "log proof"),
    "keyring": ("키링", "keyring"),
    "key": ("공개키", "public key"),
    "page": ("안내 페이지", "index page"),
    "script": ("검증 스크립트", "verify script"),
}
"""What a file of a pack can be, in Korean and English."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file. `attempt`: "<delivery>#<number>", None for what belongs to all. `sha256` hex, `size` in bytes."""

    path: str
    kind: str
    attempt: str | None
    sha256: str
    size: int

    @classmethod
    def of(cls, path: str, kind: str, attempt: str | None, data: bytes) -> Item:
        """Of a file's content."""
        return cls(path, kind, attempt, digest(data), len(data))

    def to_json(self) -> dict[str, Json]:
        """As in index.json."""
        return {"path": self.path, "kind": self.kind, "attempt": self.attempt, "sha256": self.sha256, "size": self.size}


@dataclass(frozen=True, slots=True)
class Index:
    """A pack's table of contents. `keyring`: sha256 of the newest keyring's payload, the value that people compare."""

    voucher: str
    keyring: str
    items: tuple[Item, ...]

    def to_bytes(self) -> bytes:
        """The file, RFC 8785; items in order of their paths."""
        items: list[Json] = [item.to_json() for item in sorted(self.items, key=lambda i: i.path.encode())]
        return canonical(
            {"schema": SCHEMA, "voucher": self.voucher, "keyring": {"sha256": self.keyring}, "files": items}
        )

    @classmethod
    @verification_only
    def from_bytes(cls, data: bytes) -> Index:
        """From exactly the bytes that `to_bytes` gives."""
        value = require_canonical(data, limit=LIMIT)
        try:
            schema.validate(value, schema.load("evidence-pack"))
        except schema.Mismatch as error:
            raise refuse("pack-index", str(error)) from None
        said = cast("dict[str, Json]", value)
        files = cast("list[dict[str, Json]]", said["files"])
        made = cls(
            cast("str", said["voucher"]),
            cast("dict[str, str]", said["keyring"])["sha256"],
            tuple(_item(each) for each in files),
        )
        paths = [item.path for item in made.items]
        if len({*paths}) != len(paths) or made.to_bytes() != data:
            raise refuse("pack-index", "order of files")
        return made

    def of_kind(self, kind: str, attempt: str | None = None) -> tuple[Item, ...]:
        """The files of a kind, of one attempt or of none."""
        return tuple(item for item in self.items if item.kind == kind and item.attempt == attempt)

    def attempts(self) -> tuple[str, ...]:
        """The attempts, by delivery and number."""
        return tuple(sorted({item.attempt for item in self.items if item.attempt is not None}, key=split_attempt))


def label(delivery: str, number: int) -> str:
    """How an attempt is named in a pack."""
    return f"{delivery}#{number}"


def split_attempt(name: str) -> tuple[str, int]:
    """Delivery and number again."""
    delivery, _, number = name.rpartition("#")
    return delivery, int(number)


def _item(value: Mapping[str, Json]) -> Item:
    return Item(
        cast("str", value["path"]),
        cast("str", value["kind"]),
        cast("str | None", value["attempt"]),
        cast("str", value["sha256"]),
        cast("int", value["size"]),
    )


def numbers(names: Iterable[str]) -> dict[str, list[int]]:
    """The attempts' numbers by delivery, in order."""
    found: dict[str, list[int]] = {}
    for delivery, number in sorted(split_attempt(name) for name in names):
        found.setdefault(delivery, []).append(number)
    return found
