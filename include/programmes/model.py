"""A programme's profile, frozen. It adds no rules: it says what contracts must not fall short of, and how the gate acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from checks.kernel import Target


@dataclass(frozen=True, slots=True)
class Words:
    """A term in Korean and English."""

    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Cap:
    """The most a voucher may be worth: by year and kind, in won. `own_share`: what the demand firm pays itself, 0..1."""

    year: int
    kind: str
    amount_krw: int
    own_share: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long records must be kept and when they must be destroyed, in years."""

    min_years: int
    max_years: int
    basis: str


@dataclass(frozen=True, slots=True)
class Programme:
    """One profile. `digest`: sha256 (hex) of its file. `floors`: the least target by (check, measure).

    `required_families`: check families that a contract must cover with blocking rules. `phases`: those that exist;
    `release_phases`: those that can lead to a release where a milestone lists none. `name_ko` is what reports print.
    """

    id: str
    version: str
    digest: str
    name: Words
    required_families: tuple[str, ...]
    floors: Mapping[tuple[str, str], Target]
    gate_mode: Literal["blocking", "advisory"]
    phases: tuple[str, ...]
    release_phases: tuple[str, ...]
    retention: Retention
    sectors: tuple[str, ...] = ()
    caps: tuple[Cap, ...] = ()
    words: Mapping[str, Words] = field(default_factory=dict)

    @property
    def name_ko(self) -> str:
        """The Korean name."""
        return self.name.ko

    @property
    def name_en(self) -> str:
        """The English name."""
        return self.name.en

    def allows(self, phase: str) -> bool:
        """Is it a phase of this programme? `remedy-2` is one of `remedy`."""
        return _kind(phase) in self.phases

    def releases(self, phase: str) -> bool:
        """Can a delivery of this phase lead to a release, by the programme's default?"""
        return _kind(phase) in self.release_phases

    def cap(self, year: int, kind: str) -> Cap | None:
        """The cap of a year and kind; one cap for any kind counts for each. None where none is known."""
        fitting = [c for c in self.caps if c.year == year and c.kind in {kind, "any"}]
        return fitting[0] if fitting else None

    def cap_in_force(self, year: int) -> int | None:
        """The highest amount that any kind may have in `year`, by the latest year whose caps are known; None before all."""
        known = max((c.year for c in self.caps if c.year <= year), default=None)
        return max((c.amount_krw for c in self.caps if c.year == known), default=None)


def _kind(phase: str) -> str:
    word, dash, number = phase.partition("-")
    return word if word == "remedy" and dash and number.isascii() and number.isdigit() and number[0] != "0" else phase
