"""Object storage: a local folder and S3 behind one port."""
