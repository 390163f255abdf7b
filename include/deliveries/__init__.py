"""What was delivered: marker, manifest, intake, shards."""
