"""The translated expectations: GX's name -> translation, an explicit table. Validation, docs and tests derive from it."""

from __future__ import annotations

from collections.abc import Mapping

from checks.expectations import aggregates, column_maps, distinct, record_maps, tables, types, uniqueness
from checks.expectations.translation import Translation

_ALL: tuple[type[Translation], ...] = (
    tables.ColumnExists,
    tables.ColumnsOrdered,
    tables.ColumnsSet,
    tables.ColumnCountEqual,
    tables.ColumnCountBetween,
    tables.RowCountEqual,
    tables.RowCountBetween,
    column_maps.NotNull,
    column_maps.Null,
    uniqueness.UniqueValues,
    uniqueness.CompoundUnique,
    record_maps.UniqueWithinRecord,
    column_maps.InSet,
    column_maps.NotInSet,
    column_maps.Between,
    column_maps.LengthBetween,
    column_maps.LengthEqual,
    column_maps.MatchRegex,
    column_maps.NotMatchRegex,
    column_maps.MatchRegexList,
    column_maps.NotMatchRegexList,
    column_maps.Strftime,
    column_maps.DateutilParseable,
    column_maps.JsonParseable,
    column_maps.JsonSchema,
    types.OfType,
    types.InTypeList,
    aggregates.MinBetween,
    aggregates.MaxBetween,
    aggregates.SumBetween,
    aggregates.MeanBetween,
    aggregates.StdevBetween,
    distinct.MedianBetween,
    distinct.QuantilesBetween,
    distinct.UniqueCountBetween,
    distinct.UniqueProportionBetween,
    distinct.NonNullProportionBetween,
    distinct.DistinctInSet,
    distinct.DistinctEqualSet,
    distinct.DistinctContainSet,
    distinct.MostCommonInSet,
    record_maps.PairEqual,
    record_maps.PairGreater,
    record_maps.PairSet,
    record_maps.SumEqual,
    record_maps.ValuesEqual,
)

TRANSLATED: Mapping[str, type[Translation]] = {kind.name: kind for kind in _ALL}
