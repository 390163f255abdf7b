"""Dambo's pages inside Airflow: what was delivered, what became of it, and the reports. Nothing here changes state."""
