"""Pure quality checks: Arrow record batches in, verdicts out. No airflow, storage, network, clock or randomness."""
