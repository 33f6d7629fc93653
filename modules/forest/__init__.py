"""A random forest: how it grows, how it is kept, how it answers."""
