"""JSON Schemas (2020-12) of the signed documents: read at run time, shown in the docs, usable by anyone's validator."""
