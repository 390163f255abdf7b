"""The registry database: the truth about vouchers, attempts, decisions and releases.

Importing this package imports no database library; `open_registry` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.registry.records import (
    Attempt,
    Claim,
    Decision,
    DecisionRow,
    DeliveryRow,
    Document,
    Entitlement,
    LoadReport,
    LogRow,
    Milestone,
    Release,
    ReleaseState,
    Verdict,
)
from include.settings import Settings

if TYPE_CHECKING:
    from include.registry.registry import Registry

__all__ = [
    "Attempt",
    "Claim",
    "Decision",
    "DecisionRow",
    "DeliveryRow",
    "Document",
    "Entitlement",
    "LoadReport",
    "LogRow",
    "Milestone",
    "Registry",
    "Release",
    "ReleaseState",
    "Verdict",
    "open_registry",
]


def open_registry(settings: Settings) -> Registry:
    """The registry that the settings name, its folder made and its schema brought up to date.

    Raises: ContractError "registry-url", "registry-newer"; RegistryError.
    """
    from include.registry.registry import Registry

    password = settings.registry_password()
    registry = Registry(settings.registry_url(), password.get_secret_value() if password else None)
    registry.migrate()
    return registry


def __getattr__(name: str) -> object:
    """`Registry` on demand, for those who name the class at run time."""
    if name != "Registry":
        raise AttributeError(name)
    from include.registry.registry import Registry

    return Registry
