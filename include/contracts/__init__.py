"""The data contract (ODCS): read, validated, compiled to checks."""

from __future__ import annotations

from include.contracts.lint import InvalidContractError, lint, load
from include.contracts.model import ColumnSpec, Contract, NotChecked, ObjectSpec
from include.contracts.problems import Problem
from include.contracts.vocabulary import contract_schema

__all__ = [
    "ColumnSpec",
    "Contract",
    "InvalidContractError",
    "NotChecked",
    "ObjectSpec",
    "Problem",
    "contract_schema",
    "lint",
    "load",
]
