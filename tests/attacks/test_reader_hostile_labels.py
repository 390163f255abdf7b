"""Label files made to exhaust: lines and texts without end, a million of the smallest things, nesting, laughs, bombs of runs.

Each is read by a process of its own, so that its peak memory is its own; the bound is the design's 512 MiB for the whole
process, Python and Arrow included.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BOUND_MIB = 512
MIB = 1 << 20
ROOT = Path(__file__).parents[2]

READ_APART = """
import resource, sys
from collections import Counter
from pathlib import Path
from include.contracts.model import ObjectSpec
from include.deliveries.readers import reader_for
fmt, path = sys.argv[1], Path(sys.argv[2])
options = {"objects": "/a", "label": "/l", "geometry": {"pointer": "/b", "form": "xywh"}} if fmt == "aihub" else {}
rows, codes = 0, Counter()
for item in reader_for(fmt).read(path, path.name, ObjectSpec("annotations", fmt, "**", (), options)):
    if hasattr(item, "table"):
        rows += item.table.num_rows
    else:
        codes[item.code] += 1
used = resource.getrusage(resource.RUSAGE_SELF)
peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024
print(rows, peak, round(used.ru_utime + used.ru_stime, 1), ",".join(sorted(codes)))
"""


def read_apart(fmt: str, path: Path) -> tuple[int, int, set[str]]:
    """Labels, peak MiB, and the codes of the defects."""
    command = [sys.executable, "-c", READ_APART, fmt, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True, cwd=ROOT)
    rows, peak, _, codes = (run.stdout.rstrip("\n") + " ").split(" ", 3)
    return int(rows), int(peak), {code for code in codes.strip().split(",") if code}


def filled(path: Path, head: str, filling: str, size: int, tail: str = "") -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        block = filling * (MIB // len(filling) + 1)
        for _ in range(size // len(block) + 1):
            file.write(block)
        file.write(tail)
    return path


COCO = '{"images":[{"id":1,"file_name":"a.jpg"}],"categories":[{"id":1,"name":"x"}],"annotations":['
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 20)) + "]>"
)

# name: format, file name, beginning, what fills 100 MiB (or less, where that takes long), its size, end, expected codes
ATTACKS: dict[str, tuple[str, str, str, str, int, str, set[str]]] = {
    "aihub one line": ("aihub", "a.json", '{"a":"', "x ", 100 * MIB, '"}', {"too-large"}),
    "aihub small arrays": ("aihub", "a.json", '{"x":[', "[],", 3 * MIB, '0],"a":[{}]}', {"key-absent"}),
    "aihub small objects": ("aihub", "a.json", '{"a":[', "{},", MIB, '{"l":"c","b":[1,2,3,4]}]}', {"key-absent"}),
    "aihub nesting": ("aihub", "a.json", '{"a":', "[", MIB // 2, "", {"truncated"}),
    "labelme one line": ("labelme", "a.json", '{"imagePath":"', "x", 100 * MIB, '"}', {"too-large"}),
    "labelme web tool": ("labelme", "a.xml", "<annotation><object><name>", "x ", 100 * MIB, "", {"too-large"}),
    "coco one annotation": ("coco", "a.json", COCO + '{"caption":"', "x ", 100 * MIB, '"}]}', {"too-large"}),
    "coco many annotations": ("coco", "a.json", COCO, '{"image_id":1,"category_id":1,"bbox":[0,0,1,1]},', 6 * MIB, "0]}", {"wrong-type"}),
    "coco long polygons": ("coco", "a.json", COCO, '{"image_id":1,"category_id":1,"segmentation":[[' + "1.5,2.5," * 5000 + "1,2]]},", 40 * MIB, "0]}", {"wrong-type"}),
    "coco long runs": ("coco", "a.json", COCO + '{"image_id":1,"category_id":1,"segmentation":{"size":[9,9],"counts":[', "1,", 5 * MIB, "1]}}]}", {"bad-mask"}),
    "voc one text": ("voc", "a.xml", "<annotation><object><name>", "x ", 100 * MIB, "", {"too-large"}),
    "voc small elements": ("voc", "a.xml", "<annotation><object>", "<a/>", 100 * MIB, "", {"too-large"}),
    "voc many objects": ("voc", "a.xml", "<annotation><filename>a</filename>", "<object/>", 100 * MIB, "</annotation>", {"too-large"}),
    "voc laughs": ("voc", "a.xml", LAUGHS + "<annotation>&a19;</annotation>", " ", MIB, "", {"xml-entity"}),
    "voc nesting": ("voc", "a.xml", "<annotation>", "<a>", 10 * MIB, "", {"too-deep"}),
    "cvat many tags": ("cvat", "a.xml", "<annotations>", '<image name="a"><tag label="x"/></image>', 6 * MIB, "</annotations>", set()),
    "cvat one image": ("cvat", "a.xml", '<annotations><image name="a">', '<tag label="x"/>', 100 * MIB, "", {"too-large"}),
    "cvat one mask": ("cvat", "a.xml", '<annotations><image name="a" width="20000" height="20000"><mask label="x" left="0" top="0" width="20000" height="20000" rle="', "0,", MIB, '400000000"/></image></annotations>', {"bad-mask"}),
    "yolo one line": ("yolo", "a.txt", "0 ", "0.5 ", 100 * MIB, "", {"too-large"}),
    "yolo many lines": ("yolo", "a.txt", "", "0 0.5 0.5 1 1\n", 4 * MIB, "", set()),
    "openimages one line": ("openimages", "a.csv", "ImageID,LabelName\n", "a,", 100 * MIB, "", {"too-large"}),
    "openimages one header": ("openimages", "a.csv", "", "a,", 14 * MIB, "", {"key-absent", "duplicate-column"}),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_ends_in_a_finding_within_the_bound(tmp_path, attack):
    fmt, name, head, filling, size, tail, expected = ATTACKS[attack]
    rows, peak, codes = read_apart(fmt, filled(tmp_path / name, head, filling, size, tail))
    assert codes == expected
    assert rows or codes
    assert peak < BOUND_MIB


def test_every_label_format_is_attacked():
    from checks.streams import STREAM_OF
    from include.deliveries.readers import FORMATS

    here = {fmt for fmt in FORMATS if STREAM_OF.get(fmt) == "annotations"}
    assert here - {attack[0] for attack in ATTACKS.values()} <= {"image-folder", "transcript", "ner", "conll"}
