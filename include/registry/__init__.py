"""The registry database: vouchers, attempts, documents, decisions, releases."""
