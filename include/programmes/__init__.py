"""The voucher programmes' profiles."""
