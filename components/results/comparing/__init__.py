"""Two runs beside each other: what differs, and whether it is more than noise.

Imported by `python -m components.results --compare` alone.
"""
