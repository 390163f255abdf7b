"""The voucher programmes' profiles: what a programme demands of contracts and of the gate, as data."""

from __future__ import annotations

from include.programmes.loader import load_programme, parse_programme, programme_data, programme_ids
from include.programmes.model import Cap, Programme, Retention, Words

__all__ = [
    "Cap",
    "Programme",
    "Retention",
    "Words",
    "load_programme",
    "parse_programme",
    "programme_data",
    "programme_ids",
]
