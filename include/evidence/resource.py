"""What a document is about: `urn:dambo:voucher:<v>:milestone:<m>:delivery:<d>`, its parts percent-encoded (RFC 3986)."""

from __future__ import annotations

from dataclasses import dataclass
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
