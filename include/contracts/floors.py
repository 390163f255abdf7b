"""What a programme asks of a contract: floors per (check, measure) and families. A profile adds no rules of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from include.contracts.compile import Compiled
from include.contracts.draft import Draft
from include.contracts.problems import Path, Problems
from include.contracts.ranges import measure_of, range_of
from include.contracts.targets import OPERATORS, demands, show
from include.contracts.vocabulary import METRICS, Catalogue, vocabulary
from include.contracts.yaml import Value
from include.errors import ContractError

if TYPE_CHECKING:
    from include.programmes import Programme


def check_programme(
    compiled: Compiled, document: Mapping[str, Value], catalogue: Catalogue, problems: Problems
) -> None:
    """Tell `problems` where the contract stays below its programme."""
    from include.programmes import load_programme, programme_ids  # it reads its profiles by our YAML

    word = compiled.contract.programme
    if not word:
        if not problems.broken(("customProperties",)):
            problems.add((), "programme-missing", known=" | ".join(programme_ids()))
        return
    try:
        programme = load_programme(word)
    except ContractError:
        problems.unknown(_place(document), "programme-unknown", word, programme_ids())
        return
    for draft in compiled.drafts:
        _floor(draft, programme, problems)
    if problems.broken(("schema",)):
        return  # the rule that covers a family may be the very one that is wrong
    blocking = {check.family for check in compiled.contract.checks if check.rule.blocking}
    for family in programme.required_families:
        if family not in blocking:
            usable = (*vocabulary(catalogue), *METRICS.values())
            names = [c for c in usable if c in catalogue and catalogue[c].family == family]
            problems.add(_place(document), "family-missing", programme=word, word=family, checks=", ".join(names))


def _floor(draft: Draft, programme: Programme, problems: Problems) -> None:
    measure = measure_of(draft.params, draft.unit)
    least = programme.floors.get((draft.check, measure))
    if least is None or draft.target is None:
        return
    if not demands(draft.target, least, range_of(draft.check, measure)):
        word = next(word for word, op in OPERATORS.items() if op == draft.target.op)
        problems.add(
            draft.at(word),
            "below-floor",
            target=show(draft.target),
            floor=show(least),
            what=f"{draft.check} ({measure})",
            programme=programme.id,
        )


def _place(document: Mapping[str, Value]) -> Path:
    """Where the programme is named."""
    listed = document.get("customProperties")
    for i, item in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(item, dict) and item.get("property") == "programme":
            return ("customProperties", i, "value")
    return ()
