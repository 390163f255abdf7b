"""The Archive port: what an archive says of its members, and their bytes, one after the other, within limits.

Invariants every archive keeps:
- it never raises for bad data: what is refused is a `Defect` with an `archive-` or `member-` code, and the rest goes on;
- what is refused, and which of two equal names is kept, depends on the whole archive alone, not on the part walked;
- no more than `ArchiveLimits` allows is written or held, whatever the archive declares;
- nothing is written but to the file it is told. A member's own name never names a local file.
It does not open archives within archives, and does not decide what a member is for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from checks.batch import Defect
from include.deliveries.archives.names import Ballot, Encoding, fault, read_name, shown
from include.deliveries.readers.base import MIB, Part
from include.deliveries.readers.codes import defect

SEPARATOR = "!/"
"""Between an archive's path and its member's name, in the path by which the member is known."""

CHUNK = MIB


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """`members` of an archive; `member_bytes` of one, unpacked; `total_bytes` of all; `ratio` of unpacked to packed
    bytes, held from `ratio_from` unpacked bytes on (small files may well be of one repeated byte)."""

    members: int = 2_000_000
    member_bytes: int = 64 * 1024 * MIB
    total_bytes: int = 4 * 1024 * 1024 * MIB
    ratio: int = 200
    ratio_from: int = 64 * MIB

    def bomb(self, unpacked: int, packed: int) -> bool:
        """Do so many bytes come out of so few?"""
        return unpacked > self.ratio_from and unpacked > self.ratio * packed


class Refused(Exception):  # noqa: N818 - what it says is that a member or an archive is refused
    """Something in the archive is not read: the defect's code and a detail without raw values."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


Kind = Literal["file", "folder", "link", "device", "encrypted", "unsupported"]


@dataclass(frozen=True, slots=True)
class Header:
    """What an archive says of one member. `flagged`: the name is UTF-8 by declaration. `place`: where its bytes are."""

    raw: bytes
    flagged: bool
    kind: Kind
    size: int
    packed: int
    place: int
    limit: int = 0
    crc: int = 0
    method: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A member that may be read: its number in the archive, name (NFC), the name's bytes and their encoding, size."""

    index: int
    name: str
    raw: bytes
    written: str
    size: int
    header: Header


@dataclass(frozen=True, slots=True)
class Survey:
    """What the headers say together: their number, the encoding of names without a flag, where the archive breaks."""

    members: int
    decided: Encoding
    broken: Refused | None


class Archive(ABC):
    """One archive in a local file. Not safe to share between threads."""

    def __init__(self, local: Path, name: str, limits: ArchiveLimits | None = None) -> None:
        self.local, self.name, self.limits = local, name, limits or ArchiveLimits()
        self._survey: Survey | None = None

    @abstractmethod
    def headers(self) -> Iterator[Header]:
        """Every member's header, in the archive's order, from its start. Raises Refused where the archive breaks."""

    @abstractmethod
    def content(self, header: Header) -> Iterator[bytes]:
        """The bytes of the member whose header `headers` gave last. Raises Refused."""

    @property
    def cuttable(self) -> bool:
        """Can reading start at a later member without reading all before it?"""
        return True

    def survey(self) -> Survey:
        """The headers read once, and what they say together."""
        if self._survey is None:
            ballot, count, broken = Ballot(), 0, None
            try:
                for header in self.headers():
                    if count == self.limits.members:
                        raise Refused("archive-bomb", f"more than {count} members")  # noqa: TRY301 - one way out
                    count += 1
                    if not header.flagged:
                        ballot.add(header.raw)
            except Refused as refusal:
                broken = refusal
            self._survey = Survey(count, ballot.decided, broken)
        return self._survey

    def parts(self, size: int) -> Iterator[Part]:
        """Runs of members of about `size` packed bytes; always at least one."""
        total, start, held = self.survey().members, 0, 0
        packed = self.local.stat().st_size
        if self.cuttable and packed > size:
            for index, header in zip(range(total), self.headers(), strict=False):
                if held and held + header.packed > size:
                    yield Part(start, index, 0, held)
                    packed, start, held = packed - held, index, 0
                held += header.packed
        yield Part(start, total, 0, max(packed, 0))

    def walk(self, part: Part | None = None) -> Iterator[Member | Defect]:
        """The members of the part (or all), and what is refused; what the archive as a whole lacks, with the first."""
        survey = self.survey()
        part = part or Part(0, survey.members)
        if part.leads and survey.broken is not None:
            yield defect(self.name, survey.broken.code, detail=survey.broken.detail)
        elif not survey.members:
            yield defect(self.name, "archive-empty")
        judge = _Judge(self.name, survey.decided, self.limits)
        try:
            for index, header in zip(range(part.stop_row_group), self.headers(), strict=False):
                found = judge.of(index, header)
                if index >= part.first_row_group:
                    yield from found
        except Refused:
            return  # the survey met the same, and its finding stands above

    def spool(self, member: Member, target: Path) -> Defect | None:
        """Write the bytes of the member that `walk` gave last to `target`; or say why they cannot be had whole."""
        try:
            with target.open("wb") as file:
                for chunk in self.content(member.header):
                    file.write(chunk)
        except Refused as refusal:
            return defect(f"{self.name}{SEPARATOR}{member.name}", refusal.code, detail=refusal.detail)
        return None


class _Judge:
    """Which members may be read. Sees every header in order, so that its word does not depend on the part."""

    def __init__(self, archive: str, decided: Encoding, limits: ArchiveLimits) -> None:
        self._archive, self._decided, self._limits = archive, decided, limits
        self._seen: dict[int, int] = {}
        self._twins: set[int] = set()
        self._total = 0

    def of(self, index: int, header: Header) -> list[Member | Defect]:
        """The member, what is wrong with it, or both; neither for a folder."""
        raw = header.raw.rstrip(b"/") if header.kind == "folder" else header.raw
        named = read_name(raw, flagged=header.flagged, decided=self._decided)
        if named is None:
            return [self._refuse(shown(header.raw), "member-encoding", f"not {self._decided}")]
        if header.kind == "folder" and named.text in {"", "."}:
            return []
        wrong = fault(named.text)
        if wrong is not None:
            return [self._refuse(shown(named.text.encode("utf-8", "backslashreplace")), wrong)]
        if header.kind == "folder":
            return []
        refused = _REFUSED.get(header.kind) or self._excess(header)
        if refused is not None:
            return [self._refuse(named.text, refused, header.detail)]
        twin = self._twin(named.text)
        if twin == "member-duplicate":
            return [self._refuse(named.text, twin)]
        member = Member(index, named.text, header.raw, named.written, header.size, header)
        return [member] if twin is None else [self._refuse(named.text, twin), member]

    def _refuse(self, name: str, code: str, detail: str = "") -> Defect:
        return defect(f"{self._archive}{SEPARATOR}{name}", code, detail=detail)

    def _excess(self, header: Header) -> str | None:
        self._total += header.size
        large = header.size > self._limits.member_bytes or self._total > self._limits.total_bytes
        return "archive-bomb" if large or self._limits.bomb(header.size, header.packed) else None

    def _twin(self, name: str) -> str | None:
        """Names are kept as 64-bit digests, so that a million of them fit."""
        folded = _digest(name.casefold())
        exact = _digest(name)
        if folded not in self._seen:
            self._seen[folded] = exact
            return None
        if self._seen[folded] == exact or exact in self._twins:
            return "member-duplicate"
        self._twins.add(exact)
        return "member-twins"


_REFUSED = {
    "link": "member-link",
    "device": "member-device",
    "encrypted": "member-encrypted",
    "unsupported": "member-unsupported",
}


def _digest(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
