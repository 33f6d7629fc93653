"""The crash sweep: a small run of each family is killed at every durable step, and resumed."""
