"""The signer that the line uses: in this process with embedded defaults, at DAMBO_SIGNER otherwise. One code path signs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from include.evidence.embedded import ensure_keys
from include.evidence.keyring import Keyring
from include.evidence.signer import Signer, open_keyring, open_keys, open_signer
from include.evidence.signing.notary import Notary
from include.registry import Registry
from include.settings import Settings
from include.storage import Storage


def open_notary(settings: Settings, registry: Registry, storage: Storage, now: Callable[[], datetime]) -> Notary:
    """Signs and logs with the keys of these settings, in this process. Raises SignerError, VerificationError."""
    return Notary(open_keys(settings), registry, storage, open_keyring(settings), now)


def signer_of_line(
    settings: Settings, registry: Registry, storage: Storage, now: Callable[[], datetime]
) -> tuple[Signer, Keyring]:
    """Who signs for the line, and the keyring; the embedded default makes its keys on first use."""
    if settings.signer:
        return open_signer(settings), open_keyring(settings)
    keyring = ensure_keys(settings)
    return open_notary(settings, registry, storage, now), keyring
