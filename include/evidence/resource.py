"""What a document is about, as a URN whose parts are percent-encoded (RFC 3986): one delivery mostly,
`urn:dambo:voucher:<v>:milestone:<m>:delivery:<d>`; a whole voucher; or all evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, unquote


@dataclass(frozen=True, slots=True)
class Resource:
    """One delivery for one milestone of one voucher."""

    voucher: str
    milestone: str
    delivery: str

    @property
    def uri(self) -> str:
        """The URN; different parts never give the same one."""
        v, m, d = (quote(part, safe="") for part in (self.voucher, self.milestone, self.delivery))
        return f"urn:dambo:voucher:{v}:milestone:{m}:delivery:{d}"

    @classmethod
    def parse(cls, uri: str) -> Resource:
        """Raises ValueError for anything that `uri` would not have made."""
        parts = uri.split(":")
        if len(parts) != 8:
            raise ValueError("not a dambo URN")
        made = cls(*(unquote(part, errors="strict") for part in parts[3::2]))
        if made.uri != uri or not (made.voucher and made.milestone and made.delivery):
            raise ValueError("not a dambo URN")
        return made


@dataclass(frozen=True, slots=True)
class WholeVoucher:
    """Everything of one voucher: `urn:dambo:voucher:<v>`."""

    voucher: str

    @property
    def uri(self) -> str:
        """The URN."""
        return f"urn:dambo:voucher:{quote(self.voucher, safe='')}"

    @classmethod
    def parse(cls, uri: str) -> WholeVoucher:
        """Raises ValueError for anything that `uri` would not have made."""
        made = cls(unquote(uri.removeprefix("urn:dambo:voucher:"), errors="strict"))
        if made.uri != uri or not made.voucher:
            raise ValueError("not a voucher's URN")
        return made


@dataclass(frozen=True, slots=True)
class Everything:
    """All evidence there is: what an audit is about."""

    uri: ClassVar[str] = "urn:dambo:evidence"
