# The S3 gateway on a local folder, without rights: its own image runs as root and has no /data with an owner.
FROM versity/versitygw:v1.8.0@sha256:30292fc2eeacc67a36993b01f7a7a5e3361a19cced0e80c1d71cfa2a4b0a2499
RUN adduser -D -H -u 10002 objects && mkdir -p /data/buckets/dambo /data/versions && chown -R objects /data
USER objects
# Its keys come from files: it reads them from the environment alone, which this shell sets for it and for nobody else.
ENTRYPOINT ["/bin/sh", "-c", "ROOT_ACCESS_KEY=$(cat /run/secrets/s3_access_key) ROOT_SECRET_KEY=$(cat /run/secrets/s3_secret_key) exec /usr/local/bin/versitygw --port :7070 posix --versioning-dir /data/versions /data/buckets"]
