"""A part of the document with its path. What is absent or of another type (told elsewhere) reads as not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from include.contracts.problems import Path
from include.contracts.yaml import Value


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping at a place."""

    value: Mapping[str, Value]
    path: Path

    def at(self, *keys: str | int) -> Path:
        """The path of something inside."""
        return (*self.path, *keys)

    def text(self, key: str) -> str | None:
        """A text, None for anything else."""
        found = self.value.get(key)
        return found if isinstance(found, str) else None

    def flag(self, key: str) -> bool:
        """Is it true?"""
        return self.value.get(key) is True

    def mapping(self, key: str) -> Node:
        """A mapping inside; empty for anything else."""
        found = self.value.get(key)
        return Node(found if isinstance(found, dict) else {}, self.at(key))

    def each(self, key: str) -> Iterator[Node]:
        """The mappings of a list inside."""
        found = self.value.get(key)
        for i, item in enumerate(found if isinstance(found, list) else []):
            if isinstance(item, dict):
                yield Node(item, self.at(key, i))
