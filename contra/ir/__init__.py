"""`ProductGraph` -> switch programs that know nothing of v1model."""
