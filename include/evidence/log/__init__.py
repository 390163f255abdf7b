"""The transparency log of statements: C2SP tlog-tiles, checkpoints, cosignatures and proofs over RFC 6962 hashing.

`tree`, `note`, `checkpoint`, `cosignature`, `entry`, `prooffile`, `tiles` and `inclusion` are the verifying half: standard
library, `cryptography` and `rfc8785` alone, no input or output. `writer`, `publishing`, `prover`, `audit` and `witness`
work on the registry and storage and are imported by name.
"""
