"""Where a label file's sample is to be found: the folder that a rule demands, as a key that both sides have in common.

The rules know nothing of extensions: the two files of a pair have one stem. `ai-hub` knows the trees of AI Hub: TS_ and
TL_, VS_ and VL_, 원천데이터 and 라벨링데이터 with or without numbers before them, [원천] and [라벨]; folders or archives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

RuleName = Literal["ai-hub", "stem", "path"]

ARCHIVE = re.compile(r"(?i)\.(zip|tar|tar\.gz|tgz)!?$")
"""The end of a folder that is an archive."""

_NUMBERED = re.compile(r"^\d{1,3}[._\- ]+(?=\D)")
_DATA = re.compile(r"(원천|라벨링|라벨)[ _]?데이터")
_BRACKET = re.compile(r"^\[(원천|라벨링|라벨)(데이터)?\]")
_SPLIT = re.compile(r"^([TV])[SL](?=[\d_.\- ]|$)")

_OUTER = r"(?i)\.(?:jpe?g|png|webp|tiff?|bmp|gif|wav|flac|mp3|ogg|m4a|pcm|mp4|avi|mov|mkv|txt)$"
"""The sample's own extension inside a label file's name, as in `0001.jpg.json`."""


@dataclass(frozen=True, slots=True)
class PairingRule:
    """`name`, and of rule `path` the folder of labels and the folder of samples that takes its place."""

    name: RuleName
    source: str = ""
    target: str = ""

    def folders(self) -> tuple[Callable[[str], str], Callable[[str], str]]:
        """Of a label's folder and of a sample's: the key of the folder; both files of a pair have the same."""
        if self.name == "stem":
            return cache(lambda _: ""), cache(lambda _: "")
        if self.name == "ai-hub":
            return cache(ai_hub), cache(ai_hub)
        return cache(self._moved), cache(_plain)

    def _moved(self, folder: str) -> str:
        """The folder with `source` replaced by `target`, where it first stands."""
        found = f"/{_plain(folder)}/".replace(f"/{self.source}/", f"/{self.target}/".replace("//", "/"), 1)
        return found.strip("/")


def _plain(folder: str) -> str:
    return unicodedata.normalize("NFC", folder).strip("/")


def ai_hub(folder: str) -> str:
    """The folder without what tells labels from samples."""
    return "/".join(_part(part) for part in _plain(folder).split("/"))


def _part(part: str) -> str:
    part = ARCHIVE.sub("", part)
    bare = _NUMBERED.sub("", part)
    if _DATA.search(bare):
        return _DATA.sub("@", bare)
    if _BRACKET.match(part):
        return _BRACKET.sub("@", part)
    return _SPLIT.sub(r"\1@", part)


def split(paths: pa.LargeStringArray, labels: np.ndarray) -> tuple[pa.LargeStringArray, pa.LargeStringArray]:
    """Folders and stems of files in NFC. `labels`, bool [n]: label files, whose stem is without the sample's extension."""
    composed = pc.utf8_normalize(paths, form="NFC")
    parts = pc.extract_regex(composed, r"(?s)^(?:(?P<folder>.*)/)?(?P<name>[^/]*)$")
    name = parts.field("name")
    bare = pc.extract_regex(name, r"(?s)^(?P<stem>.+)\.[^.]*$").field("stem")
    stems = pc.if_else(pc.equal(pc.fill_null(bare, ""), ""), name, bare)
    without = pc.replace_substring_regex(stems, _OUTER, "")
    return parts.field("folder"), pc.if_else(pa.array(labels), without, stems)
