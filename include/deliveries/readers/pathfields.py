"""Fields that stand in a file's path: `raters/{annotator}/**` says that the folder below `raters` names the annotator.

A template is a glob as the contract writes it elsewhere, in which one `{name}` stands for a folder or file name, or for
a part of one. Paths are compared in NFC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from include.deliveries.globs import compiled

FIELD: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "pattern": r"^[^{}]*\{[a-z]+\}[^{}]*$"},
        "values": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["path"],
    "additionalProperties": False,
}
"""JSON Schema of a field in a path: the template, and what its values mean (others stay as they are)."""

_PLACE = re.compile(r"\{[a-z]+\}")
_MARK = "\N{SYMBOL FOR UNIT SEPARATOR}"


@lru_cache(maxsize=256)
def _expression(template: str) -> re.Pattern[str]:
    text = compiled(_PLACE.sub(_MARK, unicodedata.normalize("NFC", template))).pattern
    return re.compile(text.replace(re.escape(_MARK), "([^/]+?)"), re.DOTALL)


def field_of(path: str, field: Mapping[str, Any]) -> str | None:
    """The field's value in the path of a file; None where the template does not fit."""
    found = _expression(field["path"]).fullmatch(unicodedata.normalize("NFC", path))
    if found is None:
        return None
    value = found.group(1)
    known: Mapping[str, str] = field.get("values", {})
    return known.get(value, value)
