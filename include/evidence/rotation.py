"""Changes of a keyring: add, rotate, revoke. Pure: an old body in, the next one out; who signs it is another matter.

Every change is version + 1 and never issued before the one that it replaces. No key ever leaves the keyring: what it
signed in its time is verified years later, and a revoked key has to be known as revoked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from include.errors import SignerError
from include.evidence.keyring import Body, Key
from include.evidence.publickey import PublicKey


def add(body: Body, key: Key, now: datetime, *, threshold: int | None = None) -> Body:
    """With one more key, and another threshold for its role if `threshold` says so. Raises SignerError."""
    if any(known.keyid == key.keyid for known in body.keys):
        raise SignerError("key-known", "the keyring has this key already", ko="키링에 이미 있는 키입니다")
    thresholds = dict(body.thresholds) if threshold is None else {**body.thresholds, key.role: threshold}
    return _next(body, (*body.keys, key), now, thresholds)


def rotate(body: Body, keyid: str, new: PublicKey, now: datetime, *, overlap: timedelta, valid: timedelta) -> Body:
    """With `new` in the place of a key: same role, person and verifier id. The old one may sign until `overlap` is over."""
    old = find(body, keyid)
    if old.revoked_at is not None or old.not_after <= now:
        raise SignerError(
            "key-out-of-use",
            "this key is revoked or expired: add a new one instead",
            hint="dambo keys add",
            ko="이미 폐기되었거나 만료된 키입니다. 새 키를 추가하세요",
        )
    last = max(now + overlap, old.not_before + timedelta(seconds=1))  # a span of time, even if it was made just now
    retired = replace(old, not_after=min(old.not_after, last))
    successor = replace(old, public=new, not_before=now, not_after=now + valid)
    keys = tuple(retired if key.keyid == old.keyid else key for key in body.keys)
    return add(replace(body, keys=keys), successor, now)


def revoke(body: Body, keyid: str, at: datetime, now: datetime) -> Body:
    """With a key taken back as from `at`: of what it signed, only what an outside witness saw before still counts."""
    old = find(body, keyid)
    if old.revoked_at is not None and old.revoked_at <= at:
        raise SignerError("key-revoked", "this key is revoked already", ko="이미 폐기된 키입니다")
    keys = tuple(replace(key, revoked_at=at) if key.keyid == old.keyid else key for key in body.keys)
    return _next(body, keys, now, body.thresholds)


def find(body: Body, keyid: str) -> Key:
    """The one key whose id begins so (8 characters at least). Raises SignerError for none or several."""
    found = [key for key in body.keys if len(keyid) >= 8 and key.keyid.startswith(keyid.lower())]
    if len(found) != 1:
        raise SignerError(
            "key-unknown",
            f"{len(found)} keys of the keyring have an id that begins with {keyid!r}",
            hint="dambo keys show --json prints the ids; give 8 characters at least",
            ko=f"{keyid!r}(으)로 시작하는 키가 키링에 {len(found)}개 있습니다",
            ko_hint="dambo keys show --json 에서 keyid를 확인하고 8자 이상 적으세요",
        )
    return found[0]


def _next(body: Body, keys: tuple[Key, ...], now: datetime, thresholds: Mapping[str, int]) -> Body:
    return Body(body.version + 1, max(now, body.issued_at), thresholds, keys)
