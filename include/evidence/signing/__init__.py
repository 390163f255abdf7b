"""The signer: it holds the keys, reaches again what it is asked to sign, and signs and logs in one call."""
