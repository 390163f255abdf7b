"""Our words under `customProperties`: known ones by level, everything else ignored aloud (or refused as a misspelling)."""

from __future__ import annotations

from collections.abc import Collection

from include.contracts.node import Node
from include.contracts.problems import Path, Problems, closest
from include.contracts.yaml import Value

CONTRACT = ("programme", "closed")
OBJECT = ("reader", "columns", "pairing")


def customs(node: Node, known: Collection[str], problems: Problems) -> dict[str, tuple[Value, Path]]:
    """Our properties of `node`: value and the value's path by word."""
    found: dict[str, tuple[Value, Path]] = {}
    for item in node.each("customProperties"):
        word = item.text("property")
        if word is None or (word not in known and "vendor" in item.value):
            continue
        where = item.at("property")
        if word not in known:
            _unknown(word, known, where, problems)
        elif word in found:
            problems.add(where, "custom-twice", word=word)
        else:
            found[word] = (item.value.get("value"), item.at("value"))
    return found


def _unknown(word: str, known: Collection[str], where: Path, problems: Problems) -> None:
    if closest(word, known):
        problems.unknown(where, "custom-misspelt", word, known)
    else:
        problems.add(where, "custom-unknown", word=word, known=", ".join(known) or "-")
