"""The input of suite T from a seed: Parquet files of 250,000-row groups, with a few planted faults to be found."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GROUP = 250_000
FAULTS = {"duplicates": 3, "range": 7, "pattern": 5, "set": 2}
"""Faulty records, all in the first row group."""

TEXT = pa.string()
SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("text", TEXT),
        ("score", pa.float64()),
        ("split", TEXT),
        ("a", TEXT),
        ("b", TEXT),
        ("c", TEXT),
    ]
)
WORDS = np.array(
    [
        "the",
        "item",
        "of",
        "a",
        "set",
        "was",
        "seen",
        "by",
        "three",
        "people",
        "and",
        "one",
        "more",
        "looked",
        "at",
        "what",
        "they",
        "had",
        "said",
    ]
)


def make(folder: Path, rows: int, files: int = 4) -> None:
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    bounds = [rows * i // files for i in range(files + 1)]
    for number, (first, stop) in enumerate(itertools.pairwise(bounds)):
        with pq.ParquetWriter(folder / f"part-{number}.parquet", SCHEMA, compression="zstd") as writer:
            for start in range(first, stop, GROUP):
                writer.write_table(group(rng, start, min(GROUP, stop - start)))


def group(rng: np.random.Generator, start: int, n: int) -> pa.Table:
    labels, splits = np.array(["w", "x", "y", "z"]), np.array(["train", "validation", "test"])
    ids = np.arange(start, start + n)
    gold = rng.choice(4, n, p=[0.27, 0.25, 0.25, 0.23])
    raters = [labels[np.where(rng.random(n) < 0.95, gold, rng.integers(0, 4, n))] for _ in range(3)]
    score, split = rng.random(n), splits[rng.choice(3, n, p=[0.8, 0.1, 0.1])]
    words = WORDS[rng.integers(0, len(WORDS), (n, 6))]
    text = [" ".join(row) + f" {i}" for row, i in zip(words.tolist(), ids.tolist(), strict=True)]
    if start == 0:
        ids[10 : 10 + FAULTS["duplicates"]] = ids[100 : 100 + FAULTS["duplicates"]]
        score[200 : 200 + FAULTS["range"]] = 1.5
        text[300 : 300 + FAULTS["pattern"]] = ["NOT LIKE THIS!"] * FAULTS["pattern"]
        split = split.astype(object)
        split[400 : 400 + FAULTS["set"]] = "elsewhere"
    scores = pa.array(score, mask=rng.random(n) < 0.01)
    return pa.table([pa.array(ids), pa.array(text), scores, pa.array(split), *map(pa.array, raters)], schema=SCHEMA)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
