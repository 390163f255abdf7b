"""Image folders: a file's class is the folder that it is in. The file itself is not opened; the item readers do that."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.codes import defect
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.pathfields import FIELD, field_of


class ImageFolderReader(LabelReader):
    """One label a file."""

    format = "image-folder"
    options: ClassVar[Mapping[str, Any]] = label_options(
        label={**FIELD, "description": "Which part of the path is the class; the file's own folder without it."},
    )

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:  # noqa: ARG002 - see LabelReader
        """See LabelReader. A path that names no class is a defect."""
        option = spec.reader.get("label")
        found = _folder(name) if option is None else field_of(name, option)
        if found is None:
            yield defect(name, "path-mismatch", row=0)
        yield Label(pointer="", row=0, kind="class", label=found)


def _folder(name: str) -> str | None:
    """The folder that a file is in; of an archive's member, also the archive, by its name without extension."""
    folders = unicodedata.normalize("NFC", name).split("/")[:-1]
    if not folders:
        return None
    last = folders[-1]
    return last.removesuffix("!").rpartition(".")[0] if last.endswith("!") else last
