"""Progress: what is counted, what is said of it in both languages, how often, and from threads and processes."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.world import contract, jsonl, records

from include.assessment import Source, assess
from include.deliveries.progress import (
    EVERY,
    LARGE,
    Far,
    HashMeter,
    Lines,
    Meter,
    Slots,
    Together,
    Told,
    Words,
    duration,
    expected_rows,
)
from include.deliveries.readers import Part
from include.deliveries.shards import Piece, Shard
from include.settings import Settings


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_one_line_says_files_rows_bytes_and_time_left() -> None:
    far = Far(3, 8, 25 << 20, 100 << 20, 20.0, rows=1_234_567)
    assert far.words() == Words(
        "파일 3/8, 1,234,567행, 25.0/100.0 MiB, 약 60초 남음",
        "3/8 files, 1,234,567 rows, 25.0/100.0 MiB, about 60 s left",
    )
    done = Far(8, 8, 100 << 20, 100 << 20, 80.0, rows=9)
    assert (done.left, done.share) == (0.0, 1.0)
    assert done.words().en == "8/8 files, 9 rows, 100.0/100.0 MiB"
    assert Far(0, 2, 0, 10, 5.0).left is None  # nothing to go by yet
    assert Far(1, 2, 5, 10, 5.0, hashing=True).words() == Words(
        "해시 계산: 파일 1/2, 0.0/0.0 MiB, 약 5초 남음", "hashed 1/2 files, 0.0/0.0 MiB, about 5 s left"
    )


@pytest.mark.parametrize(
    ("seconds", "en", "ko"),
    [(0.2, "1 s", "1초"), (119, "119 s", "119초"), (150, "2 min", "2분"), (7140, "119 min", "119분"), (12_000, "3 h 20 min", "3시간 20분")],
)  # fmt: skip
def test_a_duration_as_people_say_it(seconds: float, en: str, ko: str) -> None:
    assert (duration(seconds), duration(seconds, korean=True)) == (en, ko)


def test_lines_are_spaced_out_but_words_and_the_end_are_not() -> None:
    clock, written = Clock(), list[str]()
    lines = Lines(written.append, korean=True, clock=clock)
    for second in range(12):
        clock.now = 1000.0 + second
        lines(Far(second, 12, second, 12, float(second)))
    assert [line.split(",")[0] for line in written] == ["파일 5/12", "파일 10/12"]
    lines(Words("말", "words"))
    lines(Far(12, 12, 12, 12, 12.0))
    assert written[2:] == ["말", "파일 12/12, 0행, 0.0/0.0 MiB"]
    assert EVERY == 5.0


def told_of(pieces: list[Piece], sizes: dict[str, int], read: Callable[[Meter, Clock], None]) -> list[Far]:
    clock, told = Clock(), list[Told]()
    read(Meter(pieces, sizes, told.append, clock=clock), clock)
    return [far for far in told if isinstance(far, Far)]


def test_rows_within_one_large_file_move_the_time_left(tmp_path: Path) -> None:
    local = tmp_path / "a.csv"
    local.write_bytes(b"id,text\n" + b"1,abcdefghijkl\n" * 1_000_000)
    size = local.stat().st_size
    assert size >= LARGE
    piece = Piece("o", "a.csv")

    def read(meter: Meter, clock: Clock) -> None:
        meter.begin(piece, local, "csv")
        for _ in range(10):
            clock.now += 1
            meter.rows(100_000)
        meter.end()
        meter.file()

    *within, last = told_of([piece], {"a.csv": size}, read)
    assert [far.rows for far in within] == [100_000 * n for n in range(1, 11)]
    lefts = [far.left for far in within[:9]]
    assert all(abs(left - (9 - n)) < 0.2 for n, left in enumerate(lefts))  # ten seconds in all, at an even pace
    assert within[-1].bytes < size  # not done before it is
    assert (last.bytes, last.files, last.done) == (size, 1, True)


def test_a_small_file_counts_when_it_is_done(tmp_path: Path) -> None:
    pieces = [Piece("o", name) for name in ("a", "b")]

    def read(meter: Meter, clock: Clock) -> None:
        for piece in pieces:
            meter.begin(piece, tmp_path / "is-not-opened", "csv")
            clock.now += 1
            meter.rows(5)
            meter.end()
            meter.file()

    told = told_of(pieces, {"a": 10, "b": 30}, read)
    assert [(far.files, far.rows, far.bytes) for far in told] == [(0, 5, 0), (1, 10, 10), (2, 10, 40)]


def test_rows_expected_of_files(tmp_path: Path) -> None:
    lines = tmp_path / "a.jsonl"
    lines.write_bytes(jsonl(records(3000)))
    assert abs(expected_rows(lines, Piece("o", "a"), "jsonl") - 3000) < 60
    table = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": list(range(10))}), table, row_group_size=4)
    assert expected_rows(table, Piece("o", "a"), "parquet") == 10
    assert expected_rows(table, Piece("o", "a", Part(1, 3, 4, 99)), "parquet") == 6
    assert expected_rows(lines, Piece("o", "a"), "json") == 0
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert expected_rows(empty, Piece("o", "a"), "csv") == 0


@pytest.mark.parametrize("fmt", ["parquet", "csv"])
def test_a_broken_file_is_not_the_meters_business(tmp_path: Path, fmt: str) -> None:
    broken = tmp_path / "b"
    broken.write_bytes(b"PAR1 not really PAR1")
    assert expected_rows(broken, Piece("o", "b"), fmt) == 0
    assert expected_rows(tmp_path / "missing", Piece("o", "b"), fmt) == 0


def test_a_file_cut_over_shards_is_one_file_and_done_with_its_last_part() -> None:
    cut = [Piece("o", "big", Part(n, n + 1, 0, 50)) for n in range(2)]
    shards = [Shard((Piece("o", "a"), cut[0])), Shard((cut[1], Piece("o", "z")))]
    told: list[Told] = []
    together = Together(shards, {"a": 10, "big": 100, "z": 20}, told.append)
    first, second = together.part(0), together.part(1)
    first(Far(2, 2, 60, 60, 1.0, rows=6))
    second(Far(1, 2, 50, 70, 1.0, rows=5))
    second(Far(2, 2, 70, 70, 2.0, rows=7))
    second(Words("말", "words"))
    assert [(f.files, f.of_files, f.bytes, f.of_bytes, f.rows) for f in told[:3]] == [
        (1, 3, 60, 130, 6), (2, 3, 110, 130, 11), (3, 3, 130, 130, 13),
    ]  # fmt: skip
    assert told[3] == Words("말", "words")


def test_slots_carry_figures_and_no_words() -> None:
    slots = Slots(2)
    slots.part(1)(Far(1, 2, 3 << 40, 4 << 40, 5.0, rows=6_000_000_000))
    slots.part(0)(Words("말", "words"))
    found = slots.far()
    assert (found[1].files, found[1].bytes, found[1].rows) == (1, 3 << 40, 6_000_000_000)
    assert (found[0].files, found[0].rows) == (0, 0)


def test_hashing_tells_its_end() -> None:
    told: list[Told] = []
    meter = HashMeter([5, 7], told.append)
    meter.file(5)
    meter.file(7)
    assert (told[-1].files, told[-1].bytes, told[-1].done) == (2, 12, True)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_check_ends_at_all_files_rows_and_bytes(tmp_path: Path, jobs: int) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    for n in range(6):
        (folder / f"{n}.jsonl").write_bytes(jsonl(records()[n * 10 : n * 10 + 10]))
    size = sum(path.stat().st_size for path in folder.iterdir())
    told: list[Told] = []
    config = Settings(home=tmp_path / "home", shard_bytes=1, jobs=jobs)
    assess(Source(folder.as_uri()), contract(), config, told.append)
    read = [f for f in told if not f.hashing]
    assert told[: len(read)] == read, "hashing goes on beside reading, and is told of only after it"
    assert all(f.done for f in told[-1:])
    assert (read[-1].files, read[-1].of_files, read[-1].rows, read[-1].bytes) == (6, 6, 60, size)
    assert all(a.rows <= b.rows and a.files <= b.files for a, b in pairwise(read))


def test_threads_over_row_groups_end_at_all_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    wide = {name: [r[name] for r in records(20_000)] for name in ("id", "text", "rater1", "rater2")}
    wide["text"] = [os.urandom(1200).hex() for _ in range(20_000)]
    pq.write_table(pa.table(wide), folder / "a.parquet", row_group_size=2_500)
    properties = json.loads(contract())["schema"][0]["properties"]
    agreed = contract(20_000, physicalType="parquet", physicalName="*.parquet", properties=properties)
    told: list[Told] = []
    config = Settings(home=tmp_path / "home", shard_bytes=1, jobs=2)
    assess(Source(folder.as_uri()), agreed, config, told.append)
    read = [f for f in told if not f.hashing]
    assert (read[-1].files, read[-1].of_files, read[-1].rows) == (1, 1, 20_000)
    assert read[0].of_bytes == read[-1].of_bytes == read[-1].bytes


SLOW = """
import sys, time
import include.deliveries.scan as scan
real = scan._read
def slow(*args):
    time.sleep({pause})
    yield from real(*args)
scan._read = slow
import include.deliveries.progress as progress
progress.Lines.__init__.__kwdefaults__["every"] = 0.05
sys.argv[0] = "dambo"
from include.cli import main
main()
"""


def check_command(tmp_path: Path, pause: float) -> list[str]:
    folder = tmp_path / "d"
    folder.mkdir()
    for n in range(6):
        (folder / f"{n}.jsonl").write_bytes(jsonl(records()[n * 10 : n * 10 + 10]))
    (tmp_path / "c.yaml").write_bytes(contract())
    program = SLOW.format(pause=pause)
    args = ["check", str(folder), "-c", str(tmp_path / "c.yaml"), "-o", str(tmp_path / "o"), "--jobs", "1"]
    return [sys.executable, "-c", program, *args]


@pytest.mark.parametrize(("lang", "last"), [("ko", "파일 6/6, 60행"), ("en", "6/6 files, 60 rows")])
def test_plain_lines_where_there_is_no_terminal(tmp_path: Path, lang: str, last: str) -> None:
    env = {**os.environ, "DAMBO_HOME": str(tmp_path / "home"), "DAMBO_LANG": lang}
    done = subprocess.run(
        check_command(tmp_path, 0.25), env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "MiB" in line]
    assert "\x1b" not in done.stderr
    assert len(lines) >= 4
    assert lines[-1].startswith(last)
    assert any(("남음" if lang == "ko" else " left") in line for line in lines)


def in_a_terminal(command: list[str], env: dict[str, str]) -> tuple[int, str]:
    """Runs a command whose stderr is a terminal; exit code and what it was shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = io.BytesIO()
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:  # Linux says so when the last one has closed the other end
            break
        if not block:
            break
        shown.write(block)
    os.close(ours)
    return process.wait(60), shown.getvalue().decode("utf-8", "replace")


@pytest.mark.parametrize(("lang", "words"), [("ko", r"파일 \d/6, [\d,]+행"), ("en", r"\d/6 files, [\d,]+ rows")])
def test_a_live_bar_in_a_terminal(tmp_path: Path, lang: str, words: str) -> None:
    env = {**os.environ, "DAMBO_HOME": str(tmp_path / "home"), "DAMBO_LANG": lang, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    code, shown = in_a_terminal(check_command(tmp_path, 0.3), env)
    assert code == 0, shown
    states = list(dict.fromkeys(re.findall(words, shown)))
    assert len(states) >= 3
    assert "\x1b[2K" in shown  # the line is drawn anew, not added
    assert "━" in shown


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    env = {**os.environ, "DAMBO_HOME": str(tmp_path / "home"), "DAMBO_LANG": "en", "TERM": "dumb"}
    code, shown = in_a_terminal(check_command(tmp_path, 0.0), env)
    assert code == 0, shown
    assert "\x1b" not in shown
    assert "6/6 files, 60 rows" in shown


def test_no_progress_says_nothing(tmp_path: Path) -> None:
    env = {**os.environ, "DAMBO_HOME": str(tmp_path / "home"), "DAMBO_LANG": "en"}
    done = subprocess.run(
        [*check_command(tmp_path, 0.0), "--no-progress"], env=env, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
    assert done.returncode == 0
    assert "files" not in done.stderr
