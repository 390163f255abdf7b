"""A delivery as AI Hub's are: small photos and label documents in six trees, with known defects and where each must be found.

Everything follows from the numbers of the photos: the same call makes the same bytes. No part of it is anybody's data.
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

from PIL import Image

WIDTH, HEIGHT = 96, 64
CLASSES = ("canker", "scab", "normal")
KEYPOINTS = 5
AT = "/learning_data_info/annotation"

CONTRACT = f"""\
apiVersion: v3.1.0
kind: DataContract
id: 1-014-046-CV
version: 1.0.0
status: active
name: 감귤 병해 이미지
customProperties:
  - {{property: programme, value: ai-data-processing-voucher}}
  - {{property: closed, value: true}}
schema:
  - name: items
    physicalType: image
    physicalName: "**/*.jpg"
  - name: annotations
    physicalType: aihub
    physicalName: "**/*.json"
    customProperties:
      - property: reader
        value:
          item: /source_data_info/source_data_ID
          width: "#/source_data_info/width"
          height: "#/source_data_info/height"
          objects: {AT}
          label: /class_id
          geometry:
            - {{pointer: /bounding_box, form: xywh}}
            - {{pointer: /polygon, form: polygon}}
            - {{pointer: /keypoints, form: keypoints}}
      - {{property: pairing, value: {{rule: ai-hub}}}}
    quality:
      - id: label-validity
        type: custom
        engine: dambo
        implementation: {{check: label-validity, classes: [{", ".join(CLASSES)}], keypoints: {{count: {KEYPOINTS}}}, mustBe: 1}}
""".encode()


class Finding(NamedTuple):
    """One thing that must be found: by which rules, in which list, by which code, in which file and where in it."""

    rule: Literal["files", "items", "labels", "pairing"]
    list: str
    code: str
    file: str
    pointer: str = ""


@dataclass(frozen=True)
class Tree:
    """Where one tree keeps samples and labels: folders, or archives if they end so."""

    items: str
    labels: str

    def path(self, side: str, name: str) -> str:
        """The path of a file in the delivery."""
        return f"{side}!/{name}" if _packed(side) else f"{side}/{name}"


TREES = (
    Tree("감귤/Training/01.원천데이터/TS_병해", "감귤/Training/02.라벨링데이터/TL_병해"),
    Tree("귤/1.Training/원천데이터/TS1.감귤", "귤/1.Training/라벨링데이터/TL1.감귤"),
    Tree("귤/2.Validation/원천데이터/VS1", "귤/2.Validation/라벨링데이터/VL1"),
    Tree(
        "3.개방데이터/1.데이터/Training/01.원천데이터/TS.zip", "3.개방데이터/1.데이터/Training/02.라벨링데이터/TL.zip"
    ),
    Tree("[원천]사과.zip", "[라벨]사과.zip"),
    Tree("배/[원천]배_1.tar", "배/[라벨]배_1.tar.gz"),
)


@dataclass
class Sample:
    """A photo and its document on their way into a tree; a file that is None is not delivered."""

    stem: str
    tree: Tree
    document: dict[str, Any]
    photo: bytes | None
    text: bytes | None = None
    findings: list[Finding] = field(default_factory=list)
    also: dict[str, bytes] = field(default_factory=dict)

    @property
    def item(self) -> str:
        """The photo's path."""
        return self.tree.path(self.tree.items, f"{self.stem}.jpg")

    @property
    def label(self) -> str:
        """The document's path."""
        return self.tree.path(self.tree.labels, f"{self.stem}.json")

    @property
    def annotations(self) -> list[dict[str, Any]]:
        """The document's label objects: boxes, then a polygon, then keypoints."""
        found: list[dict[str, Any]] = self.document["learning_data_info"]["annotation"]
        return found

    def wrong(self, code: str, pointer: str, which: str = "structure") -> None:
        """A fault that must be found in the document."""
        self.findings.append(Finding("labels", which, code, self.label, pointer))

    def written(self) -> bytes:
        """The document's bytes."""
        return json.dumps(self.document, ensure_ascii=False, indent=1).encode()


def sample(number: int, tree: Tree) -> Sample:
    """A photo of noise in one colour and a right document for it."""
    random = Random(number)
    stem = f"IMG_{number:06d}"
    picture = Image.new("RGB", (WIDTH, HEIGHT), tuple(random.randrange(40, 220) for _ in range(3)))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=60)
    boxes = [_box(random) for _ in range(random.randrange(1, 4))]
    polygon = {"class_id": random.choice(CLASSES), "polygon": [10, 10, 40 + number % 20, 12, 50, 40, 20, 50]}
    points = {
        "class_id": "normal",
        "keypoints": [v for i in range(KEYPOINTS) for v in (5 + 9 * i, 7 + number % 9, i % 3)],
    }
    document = {
        "raw_data_info": {"copyrighter": "만든 자료", "date": "2026-11-21"},
        "source_data_info": {"source_data_ID": stem, "file_extension": "jpg", "width": WIDTH, "height": HEIGHT},
        "learning_data_info": {"annotation": [*boxes, polygon, points]},
    }
    return Sample(stem, tree, document, out.getvalue())


def _box(random: Random) -> dict[str, Any]:
    x, y = random.randrange(WIDTH - 20), random.randrange(HEIGHT - 20)
    size = [random.randrange(4, 20) + random.random(), random.randrange(4, 20)]
    return {"class_id": random.choice(CLASSES), "class_name": "병", "bounding_box": [x, y, *size]}


# ---- the defects: each changes a sample and says what must be found --------------------------------------------


def _class_absent(s: Sample) -> None:
    s.annotations[0]["class_id"] = ""
    s.wrong("class-absent", f"{AT}/0")


def _class_unknown(s: Sample) -> None:
    s.annotations[0]["class_id"] = "배꼽썩음"
    s.wrong("class-unknown", f"{AT}/0")


def _box_empty(s: Sample) -> None:
    s.annotations[0]["bounding_box"][2] = 0
    s.wrong("box-empty", f"{AT}/0")


def _box_inverted(s: Sample) -> None:
    s.annotations[0]["bounding_box"] = [50, 40, -10, 8]
    s.wrong("box-inverted", f"{AT}/0")


def _outside(s: Sample) -> None:
    s.annotations[0]["bounding_box"] = [90, 10, 6.5, 10]
    s.wrong("outside-image", f"{AT}/0")


def _two_points(s: Sample) -> None:
    s.annotations[-2]["polygon"] = [10, 10, 20, 20, 20, 20]
    s.wrong("too-few-points", f"{AT}/{len(s.annotations) - 2}")


def _crossing(s: Sample) -> None:
    s.annotations[-2]["polygon"] = [10, 10, 40, 40, 40, 10, 10, 40]
    s.wrong("polygon-crossing", f"{AT}/{len(s.annotations) - 2}")


def _odd(s: Sample) -> None:
    s.annotations[-2]["polygon"].pop()
    s.wrong("coordinate-count", f"{AT}/{len(s.annotations) - 2}/polygon")


def _keypoint_count(s: Sample) -> None:
    del s.annotations[-1]["keypoints"][-3:]
    s.wrong("keypoint-count", f"{AT}/{len(s.annotations) - 1}")


def _visibility(s: Sample) -> None:
    s.annotations[-1]["keypoints"][2] = 3
    s.wrong("keypoint-visibility", f"{AT}/{len(s.annotations) - 1}")


def _twice(s: Sample) -> None:
    s.annotations.append(dict(s.annotations[0]))
    s.wrong("duplicate-label", f"{AT}/{len(s.annotations) - 1}")


def _size(s: Sample) -> None:
    s.document["source_data_info"]["width"] = WIDTH * 2
    s.wrong("item-size-differs", f"{AT}/0")


def _no_item(s: Sample) -> None:
    s.document["source_data_info"]["source_data_ID"] = ""
    del s.annotations[1:]
    s.wrong("item-absent", f"{AT}/0")


def _key_absent(s: Sample) -> None:
    del s.annotations[0]["class_id"]
    s.wrong("key-absent", f"{AT}/0/class_id")


def _wrong_type(s: Sample) -> None:
    s.annotations[0]["bounding_box"][1] = "12"
    s.wrong("wrong-type", f"{AT}/0/bounding_box/1")


def _duplicate_key(s: Sample) -> None:
    s.text = s.written().replace(b'"class_id": ', b'"class_id": "scab", "class_id": ', 1)
    s.wrong("duplicate-key", f"{AT}/0/class_id", "format")


def _nan(s: Sample) -> None:
    s.annotations[0]["bounding_box"][0] = float("nan")
    s.wrong("not-a-number", f"{AT}/0/bounding_box/0", "format")


def _broken(s: Sample) -> None:
    s.text = s.written().replace(b'"learning_data_info":', b'"learning_data_info"', 1)
    line = s.text[: s.text.index(b'"learning_data_info"')].count(b"\n") + 1
    s.wrong("invalid-json", f"line {line}", "format")


def _cut(s: Sample) -> None:
    s.text = s.written()[:-30]
    s.wrong("truncated", f"line {s.text.count(10) + 1}", "file")


def _empty_label(s: Sample) -> None:
    s.text = b""
    s.wrong("empty-file", "", "file")
    s.findings += _zero(s.label)


def _empty_photo(s: Sample) -> None:
    s.photo = b""
    s.findings += [Finding("items", "file", "empty-file", s.item), *_zero(s.item)]


def _zero(path: str) -> Iterator[Finding]:
    """An empty file is told as a file of the delivery too."""
    yield Finding("pairing", "file", "zero-bytes", path)
    yield Finding("files", "file", "zero-bytes", path)


def _corrupt_photo(s: Sample) -> None:
    assert s.photo is not None
    s.photo = s.photo[: len(s.photo) // 2]
    s.findings.append(Finding("items", "file", "image-corrupt", s.item))


def _no_photo(s: Sample) -> None:
    s.photo = None
    s.findings.append(Finding("pairing", "file", "label-without-item", s.label))


def _no_label(s: Sample) -> None:
    s.document = {}
    s.findings.append(Finding("pairing", "file", "item-without-label", s.item))


def _moved(s: Sample) -> None:
    """The document lies in a folder that no rule leads to."""
    astray = f"보완/{s.stem}.json"
    s.also[astray] = s.written()
    s.document = {}
    s.findings.append(Finding("pairing", "structure", "wrong-folder", astray))


def _second_photo(s: Sample) -> None:
    assert s.photo is not None
    again = f"보완/{s.stem}.jpg"
    s.also[again] = s.photo
    s.findings.append(Finding("pairing", "file", "duplicate-stem", again))


DEFECTS: tuple[Callable[[Sample], None], ...] = (
    _class_absent, _class_unknown, _box_empty, _box_inverted, _outside, _two_points, _crossing, _odd, _keypoint_count,
    _visibility, _twice, _size, _no_item, _key_absent, _wrong_type, _duplicate_key, _nan, _broken, _cut, _empty_label,
    _empty_photo, _corrupt_photo, _no_photo, _no_label, _moved, _second_photo,
)  # fmt: skip


# ---- the delivery ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """What was written: label objects in readable documents, files of both sides, and what must be found."""

    photos: int
    documents: int
    findings: tuple[Finding, ...]


def write(home: Path, images: int = 1000, *, of_each: int = 1, trees: tuple[Tree, ...] = TREES) -> Delivery:
    """A delivery of so many photos below `home`, with `of_each` of every defect in each tree."""
    samples = [sample(number, trees[number % len(trees)]) for number in range(images)]
    for tree in trees:
        own = [s for s in samples if s.tree is tree]
        if len(own) < of_each * len(DEFECTS):
            raise ValueError("there are more defects than photos")
        for i, spoil in enumerate(DEFECTS * of_each):
            spoil(own[i * len(own) // (of_each * len(DEFECTS))])
    photos = {s.item: s.photo for s in samples if s.photo is not None}
    documents = {s.label: s.written() if s.text is None else s.text for s in samples if s.document}
    also = {path: data for s in samples for path, data in s.also.items()}
    _put(home, {**photos, **documents, **also})
    count = {end: sum(path.endswith(end) for path in also) for end in (".jpg", ".json")}
    findings = tuple(finding for s in samples for finding in s.findings)
    return Delivery(len(photos) + count[".jpg"], len(documents) + count[".json"], findings)


def _packed(side: str) -> bool:
    return side.endswith((".zip", ".tar", ".tar.gz"))


def _put(home: Path, files: dict[str, bytes]) -> None:
    """Files into folders, members into archives."""
    archives: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        archive, mark, member = path.partition("!/")
        if mark:
            archives.setdefault(archive, {})[member] = data
            continue
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(data)
    for path, members in archives.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (_zip if path.endswith(".zip") else _tar)(home / path, members)


def _zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)


def _tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz" if path.name.endswith(".gz") else "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
