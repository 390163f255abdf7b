"""Errors by who must act. Each has a stable kebab-case code, a message and a hint, in Korean and English."""

from __future__ import annotations


class DamboError(Exception):
    """The root. `code` is stable; `message` and `hint` are English, `ko` the Korean message, `ko_hint` its hint."""

    def __init__(self, code: str, message: str, *, hint: str = "", ko: str = "", ko_hint: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.hint = hint
        self.ko = ko or message
        self.ko_hint = ko_hint or hint

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.message, self.hint, self.ko, self.ko_hint))


def _rebuild(cls: type[DamboError], code: str, message: str, hint: str, ko: str, ko_hint: str) -> DamboError:  # noqa: PLR0917 - pickled arguments are positional
    return cls(code, message, hint=hint, ko=ko, ko_hint=ko_hint)


class ContractError(DamboError):
    """Our configuration is wrong (contract, programme, voucher, settings): stop, no retry."""


class DeliveryError(DamboError):
    """The supplier's data is wrong: becomes a finding and a FAIL, not a crash."""


class StorageError(DamboError):
    """Object storage did not answer as it should: Airflow retries."""


class RegistryError(DamboError):
    """The registry database did not answer as it should: Airflow retries."""


class SignerError(DamboError):
    """The signer did not answer as it should: Airflow retries."""


class VerificationError(DamboError):
    """A signature, digest or trust rule does not hold: HOLD, alert, never retried, never swallowed."""
