"""What somebody would write: raters' labels from Parquet as codes, and a library's coefficient: `user.py FILE.parquet COEFFICIENT`."""

import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from libraries import BEST

names = pq.ParquetFile(sys.argv[1]).schema_arrow.names
table = pq.read_table(sys.argv[1], read_dictionary=names).unify_dictionaries()
words = sorted({word for name in names for word in table[name].chunk(0).dictionary.to_pylist()})
place = {word: code for code, word in enumerate(words)}
codes = []
for name in names:
    column = table[name]
    lookup = np.array([place[word] for word in column.chunk(0).dictionary.to_pylist()] + [-1], dtype=np.int8)
    indices = pa.chunked_array([chunk.indices for chunk in column.chunks]).fill_null(-1)
    codes.append(lookup.take(indices.to_numpy()))
print(json.dumps({"value": float(BEST[sys.argv[2]](np.stack(codes)))}))
