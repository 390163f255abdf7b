#!/bin/sh
# Airflow's tables and its first admin; safe to repeat. Dambo's own tables come with the first use of the registry.
set -eu
airflow db migrate
airflow users create --role Admin --username admin --firstname Dambo --lastname Admin \
    --email admin@localhost --password "$(cat /run/secrets/admin_password)"
