"""The batches of a Parquet file, opened anew for each row group as the reader of deliveries does: so memory is given back."""

from collections.abc import Iterator

import pyarrow.parquet as pq

from checks.batch import Batch


def batches(path: str, name: str = "f") -> Iterator[Batch]:
    """In order, 65,536 records each."""
    metadata = pq.read_metadata(path)
    row = 0
    for group in range(metadata.num_row_groups):
        file = pq.ParquetFile(path, metadata=metadata)
        for batch in file.iter_batches(65_536, row_groups=[group], use_threads=False):
            yield Batch(name, batch, first_row=row)
            row += batch.num_rows
