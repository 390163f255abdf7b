"""Airflow on embedded defaults, as child processes of a `dambo` command: one machine, one folder, loopback only."""
