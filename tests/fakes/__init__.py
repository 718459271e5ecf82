"""What tests use in place of the outside and that nothing else needs; the in-memory storage is in functions/storage."""
