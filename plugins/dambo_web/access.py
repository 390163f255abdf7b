"""Who may read these pages: a logged-in user whom Airflow lets read the runs of verify_delivery.

The one place that touches Airflow's internal security module. Plugin routes are public unless they say otherwise, so
the whole app depends on `reader`, and a test asks every route without a login.
"""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag

reader = requires_access_dag(method="GET", access_entity=DagAccessEntity.RUN, param_dag_id="verify_delivery")
"""FastAPI dependency: 401 without a valid login, 403 without the right to read."""
