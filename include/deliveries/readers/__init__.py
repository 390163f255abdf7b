"""One format a module: files to record batches and defects."""
