"""A seeded random application: schemas, rows, transactions, and the ledger of what it committed."""
