"""The settlement outbox: one CSV object a release, from which the bank is paid. The only code that writes there.

The bytes follow from columns of the release that never change, and the object is put once: so a crash between the claim
and the file, or between the file and its note in the registry, is mended by running again, and nothing is sent twice.
Whoever pays must honour `idempotency_key`, which is the same for an entitlement for ever, even after a lost database.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from include.errors import StorageError, VerificationError
from include.registry import Registry, Release
from include.storage.port import Storage

OUTBOX: Final = "settlement/"
COLUMNS: Final = (
    "idempotency_key",
    "voucher",
    "milestone",
    "delivery",
    "supplier",
    "amount_krw",
    "decision_sha256",
    "claimed_at",
)

_FORMULA: Final = "=+-@\t\r\n＝＋－＠"
"""What a spreadsheet takes for the start of a formula, in both widths (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What `settle` found: `submitted` now, `awaiting` the bank's answer, `missing`: submitted, but the file is gone."""

    submitted: tuple[Release, ...]
    awaiting: tuple[Release, ...]
    missing: tuple[Release, ...]


def idempotency_key(voucher: str, milestone: str) -> str:
    """The bank's key of an entitlement: sha256 over both names, each after its length."""
    parts = (part.encode() for part in (voucher, milestone))
    return hashlib.sha256(b"dambo/entitlement/v1" + b"".join(b"/%d:" % len(p) + p for p in parts)).hexdigest()


def settlement_key(voucher: str, milestone: str) -> str:
    """The object's key. Different entitlements never share one: within a part no "-" stands beside another or at an end."""
    return f"{OUTBOX}{_part(voucher)}--{_part(milestone)}.csv"


def settlement_csv(release: Release) -> bytes:
    """A header and one row, every field quoted; text that a spreadsheet would run gets an apostrophe before it."""
    values = {name: getattr(release, name) for name in COLUMNS}
    values["claimed_at"] = release.claimed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([COLUMNS, [_cell(str(values[name])) for name in COLUMNS]])
    return out.getvalue().encode()


def publish(registry: Registry, storage: Storage, release: Release, now: datetime) -> Release:
    """Put the file of a claimed release, then note it as submitted. From SUBMITTED on, nothing is sent any more.

    Raises: VerificationError "settlement-differs" if another payment lies under its key; StorageError, RegistryError.
    """
    if release.state != "CLAIMED":
        return release
    try:
        storage.put_once(settlement_key(release.voucher, release.milestone), settlement_csv(release))
    except StorageError as error:
        if error.code != "already-exists":
            raise
        raise settlement_differs([release]) from error
    return registry.move_release(release.voucher, release.milestone, "SUBMITTED", now)


def settle(registry: Registry, storage: Storage, now: datetime) -> Settlement:
    """Finish every claim whose file or note is lacking; look after the submitted ones, but never send them anew.

    Raises, after all others are done: VerificationError "settlement-differs".
    """
    submitted, differing = [], []
    waiting = registry.releases(state="SUBMITTED")
    for release in registry.releases(state="CLAIMED"):
        try:
            submitted.append(publish(registry, storage, release, now))
        except VerificationError:
            differing.append(release)
    if differing:
        raise settlement_differs(differing)
    there = [r for r in waiting if _exists(storage, settlement_key(r.voucher, r.milestone))]
    return Settlement(tuple(submitted), tuple(there), tuple(r for r in waiting if r not in there))


def settlement_differs(releases: Sequence[Release]) -> VerificationError:
    """The outbox holds a file that the registry did not write: an older registry was restored, or someone was there."""
    names = ", ".join(f"{r.voucher}/{r.milestone}" for r in releases)
    return VerificationError(
        "settlement-differs",
        f"the settlement outbox already holds another payment for: {names}",
        hint="Was the registry restored from a backup? Ask the bank by the idempotency key before anything else.",
        ko=f"정산 보관함에 다른 지급 건이 이미 있습니다: {names}",
        ko_hint="등록부를 백업에서 되돌렸습니까? 먼저 멱등 키로 은행에 확인하십시오.",
    )


def _part(text: str) -> str:
    return re.sub(r"^-|-$|-(?=-)|(?<=-)-", "%2D", quote(text, safe=""))


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in set(_FORMULA) else text


def _exists(storage: Storage, key: str) -> bool:
    try:
        storage.stat(key)
    except StorageError as error:
        if error.code != "object-missing":
            raise
        return False
    return True
