#!/bin/sh
# On the first start: one database and one user each for Airflow, for Celery's results and for Dambo's registry. None
# sees another's.
set -eu
for name in airflow celery dambo; do
    case $name in
        airflow) password=$(cat /run/secrets/airflow_database_password) ;;
        celery) password=$(cat /run/secrets/celery_database_password) ;;
        dambo) password=$(cat /run/secrets/registry_password) ;;
    esac
    psql --set ON_ERROR_STOP=1 --set name="$name" --set password="$password" --dbname postgres <<'SQL'
CREATE USER :"name" PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
