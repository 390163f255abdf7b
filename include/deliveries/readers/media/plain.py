"""Texts as items: one text a file, its encoding decided on all of its bytes, its characters counted.

Characters are Unicode code points of the text as it stands, line ends included, a byte order mark not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import MIB
from include.deliveries.readers.codes import CODES
from include.deliveries.readers.media.base import Broken, ItemReader, Sample, item_options
from include.deliveries.readers.text import ENCODING_OPTION, decide_encoding


class TextReader(ItemReader):
    """One text a file."""

    format: ClassVar[str] = "text"
    options: ClassVar[Mapping[str, Any]] = item_options(encoding=ENCODING_OPTION)

    def fill(self, sample: Sample, path: Path, spec: ObjectSpec) -> Iterator[tuple[str, str]]:
        """See ItemReader."""
        state = sha256()
        with path.open("rb") as file:
            while data := file.read(MIB):
                state.update(data)
        sample.sha256 = state.hexdigest()
        codec = decide_encoding(path, sample.path or "", spec.reader.get("encoding"))
        if isinstance(codec, Defect):
            raise Broken(codec.code, codec.message.removeprefix(CODES[codec.code].en).removeprefix(": "))
        sample.media_type = "text/plain"
        sample.attributes = json.dumps({"encoding": codec.removesuffix("-sig")})
        sample.chars = 0
        with path.open(encoding=codec, newline="") as text:
            while piece := text.read(MIB):
                sample.chars += len(piece)
        yield from ()
