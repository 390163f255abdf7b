"""The catalogue: check id -> class, an explicit table. Validation, report rows, docs and law tests derive from it."""

from __future__ import annotations

from collections.abc import Mapping

from checks.agreement.label_accuracy import LabelAccuracy
from checks.agreement.label_agreement import LabelAgreement
from checks.agreement.rater_quality import RaterQuality
from checks.balance.bin_shares import BinShares
from checks.balance.class_balance import ClassBalance
from checks.balance.histograms import Histograms
from checks.completeness.delivered_count import DeliveredCount
from checks.completeness.missing import MissingValues, NullValues, Required
from checks.completeness.pairing import Pairing
from checks.completeness.row_count import RowCount
from checks.expectations.check import (
    CompletenessExpectation,
    SchemaExpectation,
    UniquenessExpectation,
    ValidityExpectation,
)
from checks.kernel import Check
from checks.schema.columns import Columns
from checks.schema.delivered_files import DeliveryFiles, UnclaimedFiles
from checks.schema.readable import Readable
from checks.schema.types import Type
from checks.uniqueness.foreign_key import ForeignKey
from checks.uniqueness.unique import DuplicateValues, Unique
from checks.validity.bounds import ExclusiveMaximum, ExclusiveMinimum, Maximum, Minimum, MultipleOf
from checks.validity.label_validity import LabelValidity
from checks.validity.texts import FormatRule, MaxLength, MinLength, PatternRule
from checks.validity.value_set import Enum, InvalidValues

_ALL: tuple[type[Check], ...] = (
    DeliveryFiles,
    UnclaimedFiles,
    Readable,
    Columns,
    Type,
    Required,
    NullValues,
    MissingValues,
    RowCount,
    DeliveredCount,
    Pairing,
    Unique,
    DuplicateValues,
    ForeignKey,
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
    MultipleOf,
    MinLength,
    MaxLength,
    PatternRule,
    FormatRule,
    Enum,
    InvalidValues,
    LabelValidity,
    LabelAgreement,
    LabelAccuracy,
    RaterQuality,
    ClassBalance,
    BinShares,
    Histograms,
    SchemaExpectation,
    CompletenessExpectation,
    UniquenessExpectation,
    ValidityExpectation,
)

CATALOGUE: Mapping[str, type[Check]] = {check.id: check for check in _ALL}

VOCABULARY: tuple[str, ...] = (
    "label-agreement",
    "label-accuracy",
    "rater-quality",
    "label-validity",
    "class-balance",
    "distribution",
    "delivered-count",
)
"""What a contract may name under `engine: dambo`; the rest is derived or ODCS's own library."""
