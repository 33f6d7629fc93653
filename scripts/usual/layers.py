"""Attention as tutorials write it, in NumPy, beside the layers of modules/networks/attention.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from modules.networks.attention import (
    EncoderLayer,
    MultiHeadAttention,
    scaled_dot_product_attention,
)
from scripts.usual.table import Row

BATCH, QUERIES, KEYS, WIDTH, HEADS, HIDDEN = 2, 5, 7, 12, 3, 20
LOST = 1  # the query that may look nowhere


def usual_attention(query: Any, key: Any, value: Any, hidden: Any = None) -> tuple[Any, Any]:
    """softmax(Q K^T / sqrt(d)) V; `hidden` is 1 where a query may not look, and takes 1e9 off."""
    scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1]).astype(query.dtype)
    if hidden is not None:
        scores = scores + np.asarray(hidden, query.dtype) * np.asarray(-1e9, query.dtype)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights @ value, weights


def usual_heads(layer: MultiHeadAttention, query: Any, value: Any, hidden: Any) -> tuple[Any, Any]:
    """Multi-head attention with the weights of a layer, a head at a time."""
    said = [
        np.asarray(one @ dense.kernel + dense.bias)
        for dense, one in (
            (layer.query_dense, query),
            (layer.key_dense, value),
            (layer.value_dense, value),
        )
    ]
    each = [
        usual_attention(
            *(part[..., head * layer.key_dim :][..., : layer.key_dim] for part in said), hidden
        )
        for head in range(layer.num_heads)
    ]
    mixed = np.concatenate([one for one, _ in each], axis=-1)
    output = np.asarray(mixed @ layer.output_dense.kernel + layer.output_dense.bias)
    return output, np.stack([weights for _, weights in each], axis=1)


def usual_layer(layer: EncoderLayer, tokens: Any, hidden: Any) -> tuple[Any, Any]:
    """An encoder layer with the weights of another: each part, its residual, then the norm."""
    mixed, weights = usual_heads(layer.attention, tokens, tokens, hidden)
    tokens = _normed(tokens + mixed)
    inner = np.maximum(tokens @ layer.hidden_dense.kernel + layer.hidden_dense.bias, 0.0)
    return _normed(tokens + inner @ layer.output_dense.kernel + layer.output_dense.bias), weights


def attention() -> list[Row]:
    """Scaled dot-product attention with a mask."""
    query, key, value = _drawn(QUERIES), _drawn(KEYS), _drawn(KEYS)
    rows = _rows(
        lambda mask: usual_attention(query, key, value, ~mask),
        lambda mask: scaled_dot_product_attention(query, key, value, mask),
        _mask(QUERIES, KEYS),
    )
    halves = [one.astype(np.float16) for one in (query, key, value)]
    with np.errstate(all="ignore"):
        mask = _mask(QUERIES, KEYS)
        usual, _ = usual_attention(*halves, ~mask)
        ours, _ = scaled_dot_product_attention(*halves, mask)
    cells = (float(np.isnan(np.asarray(one)).mean()) for one in (usual, ours))
    return [
        *rows,
        Row("in float16: part that is NaN", dict(zip(("usual", "ours"), cells, strict=True))),
    ]


def multi_head() -> list[Row]:
    """Multi-head self-attention with a mask."""
    tokens, layer = _drawn(KEYS), MultiHeadAttention(HEADS, WIDTH // HEADS)
    layer(tokens)
    return _rows(
        lambda mask: usual_heads(layer, tokens, tokens, ~mask),
        lambda mask: layer(tokens, mask=mask, return_weights=True),
        _mask(KEYS, KEYS),
    )


def cross_attention() -> list[Row]:
    """Attention of some tokens to others, of another number and another width."""
    tokens, others = _drawn(QUERIES), _drawn(KEYS, WIDTH + 4)
    layer = MultiHeadAttention(HEADS, WIDTH // HEADS)
    layer(tokens, others)
    return _rows(
        lambda mask: usual_heads(layer, tokens, others, ~mask),
        lambda mask: layer(tokens, others, mask=mask, return_weights=True),
        _mask(QUERIES, KEYS),
    )


def encoder_layer() -> list[Row]:
    """A layer of the encoder with a mask."""
    tokens, layer = _drawn(KEYS), EncoderLayer(HEADS, HIDDEN)
    layer(tokens)
    return _rows(
        lambda mask: usual_layer(layer, tokens, ~mask),
        lambda mask: layer(tokens, mask=mask, return_weights=True),
        _mask(KEYS, KEYS),
    )


Both = Callable[[np.ndarray], tuple[Any, Any]]


def _rows(usual: Both, ours: Both, mask: np.ndarray) -> list[Row]:
    """What both give with a mask of which query LOST may look nowhere, and without that query."""
    seen = mask.copy()
    seen[LOST, 0] = True
    (first, _), (second, _) = usual(seen), ours(seen)
    apart = float(np.abs(first - np.asarray(second)).max())
    weights = {"usual": usual(mask)[1], "ours": ours(mask)[1]}
    lost = {
        name: float(np.asarray(one)[..., LOST, :].sum(axis=-1).mean())
        for name, one in weights.items()
    }
    return [
        Row(
            f"what comes out, {np.shape(first)}: greatest difference", {"usual": "-", "ours": apart}
        ),
        Row("weight that a query gives away which may look nowhere", lost),
    ]


def _drawn(tokens: int, width: int = WIDTH) -> np.ndarray:
    return (
        np.random.default_rng(tokens + width).normal(size=(BATCH, tokens, width)).astype("float32")
    )


def _mask(queries: int, keys: int) -> np.ndarray:
    mask = np.random.default_rng(1).random((queries, keys)) < 0.6
    mask[:, 0], mask[LOST] = True, False
    return mask


def _normed(tokens: Any) -> np.ndarray:
    tokens = np.asarray(tokens)
    spread = np.sqrt(tokens.var(axis=-1, keepdims=True) + 1e-6)
    normed: np.ndarray = (tokens - tokens.mean(axis=-1, keepdims=True)) / spread
    return normed
