"""What several tests share: a small world with a registry, storage, contract and deliveries."""
