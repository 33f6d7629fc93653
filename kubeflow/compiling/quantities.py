"""Kubernetes' quantities as numbers, of those forms that kfp accepts."""

from __future__ import annotations

_SIZES = "KMGTPE"


def cores(quantity: str) -> float:
    """The cores that a quantity such as 500m or 2 stands for."""
    return float(quantity.removesuffix("m")) / (1000 if quantity.endswith("m") else 1)


def bytes_of(quantity: str) -> float:
    """The bytes that a quantity such as 1500Mi or 8G stands for."""
    number = float(quantity.rstrip(f"{_SIZES}i"))
    unit = quantity.removesuffix("i")[-1]
    base = 1024.0 if quantity.endswith("i") else 1000.0
    return number * (base ** (_SIZES.index(unit) + 1) if unit in _SIZES else 1)
