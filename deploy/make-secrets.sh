#!/bin/sh
# Makes every secret that docker-compose.yaml names, as files under deploy/secrets/. What is there stays as it is.
# The folder is closed to others; the files are readable, because containers read them as users of their own.
set -eu
cd "$(dirname "$0")/secrets"
chmod 0700 .
umask 0222
keep() { [ -e "$1" ] || cat > "$1"; }
word() { openssl rand -hex 24 | tr -d '\n'; }
for name in admin_password airflow_database_password api_secret_key celery_database_password key_passphrase \
    postgres_password redis_password registry_password s3_access_key s3_secret_key; do
    word | keep "$name"
done
openssl rand -hex 64 | tr -d '\n' | keep jwt_secret
openssl rand -base64 32 | tr '+/' '-_' | tr -d '\n' | keep fernet_key
printf 'postgresql+psycopg2://airflow:%s@postgres/airflow' "$(cat airflow_database_password)" | keep airflow_database_url
printf 'db+postgresql+psycopg2://celery:%s@postgres/celery' "$(cat celery_database_password)" | keep celery_result_backend
printf 'redis://:%s@redis:6379/0' "$(cat redis_password)" | keep celery_broker_url
