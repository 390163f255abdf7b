"""What the contract demands, rule by rule, as it is committed to before the checks and compared again at the gate.

Not only names: a target lowered or a severity softened after the fact changes the digest too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from include.evidence.canonical import Json, canonical, digest


@dataclass(frozen=True, slots=True)
class RequiredRule:
    """One rule: its name, the catalogue's check id, family, severity, and the target's operator and decimal strings."""

    name: str
    check: str
    family: str
    severity: str
    op: str
    values: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """As it enters the digest."""
        return {
            "rule": self.name,
            "check": self.check,
            "family": self.family,
            "severity": self.severity,
            "target": {"op": self.op, "values": [*self.values]},
        }


def rules_digest(rules: Iterable[RequiredRule]) -> str:
    """sha256 of the RFC 8785 bytes of the list, sorted by name (names are unique in a contract; else ValueError)."""
    ordered = sorted(rules, key=lambda rule: rule.name.encode())
    if len({rule.name for rule in ordered}) != len(ordered):
        raise ValueError("a rule's name stands twice")
    return digest(canonical([rule.to_json() for rule in ordered]))
