"""Relationships: foreign keys between the contract's schema objects, as ODCS writes them: `from: a.x, to: b.y`.

Names are the shorthand of the standard, `object.property`, with `from` in the object where it stands. References by id
or into other files are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.columns import Col
from include.contracts.draft import Draft
from include.contracts.node import Node
from include.contracts.objects import Object
from include.contracts.problems import Path, Problems

SEGMENT = "foreignKey"
"""The rule's last segment, unless the relationship has an id."""


def of_relationships(found: Object, objects: Sequence[Object], problems: Problems) -> Iterator[Draft]:
    """The foreign keys that an object and its properties declare."""
    for node in found.node.each("relationships"):
        yield from _draft(found, objects, node, _listed(node, "from"), problems)
    for item in found.properties:
        for node in item.node.each("relationships"):
            yield from _draft(found, objects, node, [f"{found.spec.name}.{item.name}"], problems)


def _listed(node: Node, key: str) -> list[str]:
    value = node.value.get(key)
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)]


def _draft(found: Object, objects: Sequence[Object], node: Node, own: list[str], problems: Problems) -> Iterator[Draft]:
    path = node.at("from") if "from" in node.value else node.path
    columns = [_resolved([found], name, path, problems) for name in own]
    key = [_resolved(objects, name, node.at("to"), problems) for name in _listed(node, "to")]
    if len(columns) != len(key):
        problems.report(node.at("to"), "misdeclared", {"why": "`from` and `to` name different numbers of columns"})
        return
    mine, theirs = [c for c in columns if c is not None], [c for c in key if c is not None]
    if len(mine) < len(columns) or len(theirs) < len(key) or not key:
        return
    others = {name for name, _ in theirs}
    if len(others) > 1:
        problems.report(node.at("to"), "misdeclared", {"why": "a key is of one schema object"})
        return
    if mine == theirs:
        problems.report(node.at("to"), "misdeclared", {"why": "what refers to itself is always there"})
        return
    names = [col.name for _, col in mine]
    yield Draft(
        found.spec.name,
        node.text("id") or SEGMENT,
        "foreign-key",
        node.path,
        node.path,
        column=names[0] if len(names) == 1 else None,
        params={"columns": names, "object": others.pop(), "key": [col for _, col in theirs]},
    )


def _resolved(objects: Sequence[Object], name: str, path: Path, problems: Problems) -> tuple[str, Col] | None:
    """The schema object and the column that `object.property` means."""
    for found in objects:
        own = found.spec.name
        for spec in found.spec.columns:
            if name == f"{own}.{spec.col.name}":
                return own, spec.col
    known = [f"{o.spec.name}.{c.col.name}" for o in objects for c in o.spec.columns][:20]
    why = f"{name!r} is no column that can stand here"
    problems.report(path, "misdeclared", {"why": why}, hint=f"write object.property: {', '.join(known)}")
    return None
