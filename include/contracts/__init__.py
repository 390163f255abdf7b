"""The data contract (ODCS): read, validated, compiled to checks."""
