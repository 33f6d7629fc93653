"""Attention as Keras 3 layers: Vaswani et al. 2017, "Attention Is All You Need".

Shapes are written (B, T, D): batch, tokens, width. S is the number of tokens that are attended
to, H the number of heads and d the width of one head.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from modules.networks.dropout import Dropout
from modules.networks.live import plain


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, mask: Any = None
) -> tuple[Any, Any]:
    """softmax(Q K^T / sqrt(d)) V: Vaswani et al. 2017, equation 1.

    Args:
        query: float, (..., T, d).
        key: float, (..., S, d).
        value: float, (..., S, e).
        mask: bool, broadcastable to (..., T, S): True where a query may look at a key. A query
            that may look nowhere gets zeros. None: every query looks at every key.

    Returns:
        The mixed values (..., T, e), and the weights (..., T, S), whose rows add up to 1.
    """
    scale = query.shape[-1] ** -0.5
    scores = ops.matmul(query * scale, ops.swapaxes(key, -1, -2))  # (..., T, S)
    if mask is None:
        weights = ops.softmax(scores, axis=-1)
    else:
        mask = ops.cast(mask, "bool")
        # A finite number: a row of -inf alone would be NaN, and so would its gradient.
        weights = ops.softmax(ops.where(mask, scores, -3e4), axis=-1)
        weights = ops.where(mask, weights, 0.0)
    return ops.matmul(weights, value), weights


def dense_2d(layer: keras.layers.Dense, tokens: Any) -> Any:
    """Applies a dense layer to every token, as ONE product of two matrices.

    Keras multiplies a (B, T, D) tensor by a general contraction, which costs more on a CPU.

    Args:
        layer: a built or unbuilt dense layer with E units.
        tokens: float, (B, T, D), T and D known.

    Returns:
        float, (B, T, E).
    """
    _, length, width = tokens.shape
    flat = layer(ops.reshape(tokens, (-1, width)))  # (B, T, D) -> (B*T, E)
    return ops.reshape(flat, (-1, length, flat.shape[-1]))  # (B, T, E)


@keras.saving.register_keras_serializable(package="triptych")
class MultiHeadAttention(keras.layers.Layer):
    """Multi-head attention, for self- and cross-attention: Vaswani et al. 2017, section 3.2.2.

    Args:
        num_heads: H, how many heads look at once.
        key_dim: d, the width of one head.
        dropout: the part of the attention weights that training leaves out; may be live.
    """

    def __init__(self, num_heads: int, key_dim: int, dropout: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if num_heads < 1 or key_dim < 1:
            raise ValueError(f"num_heads and key_dim must be positive: {num_heads}, {key_dim}")
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.dropout = dropout
        self.query_dense = keras.layers.Dense(num_heads * key_dim, name="query")
        self.key_dense = keras.layers.Dense(num_heads * key_dim, name="key")
        self.value_dense = keras.layers.Dense(num_heads * key_dim, name="value")
        self.drop = Dropout(dropout)

    def build(
        self,
        query_shape: tuple[int | None, ...],
        value_shape: tuple[int | None, ...] | None = None,
        key_shape: tuple[int | None, ...] | None = None,
    ) -> None:
        value_shape = value_shape or query_shape
        self.query_dense.build((None, query_shape[-1]))
        self.key_dense.build((None, (key_shape or value_shape)[-1]))
        self.value_dense.build((None, value_shape[-1]))
        # The output has the query's width, so that it can be added to it.
        self.output_dense = keras.layers.Dense(query_shape[-1], name="output")
        self.output_dense.build((None, self.num_heads * self.key_dim))

    def call(
        self,
        query: Any,
        value: Any = None,
        key: Any = None,
        mask: Any = None,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Any:
        """Lets each query token gather from the value tokens.

        Args:
            query: float, (B, T, D).
            value: float, (B, S, E); None means self-attention: the query's own tokens.
            key: float, (B, S, F); None means the value.
            mask: bool, (B, T, S) or (T, S): True where a query may look at a key.
            return_weights: whether to return the attention weights as well.
            training: whether to drop attention weights.

        Returns:
            float, (B, T, D); with return_weights also the weights, (B, H, T, S).
        """
        value = query if value is None else value
        key = value if key is None else key
        heads_query = self._split(dense_2d(self.query_dense, query))
        heads_key = self._split(dense_2d(self.key_dense, key))
        heads_value = self._split(dense_2d(self.value_dense, value))
        if mask is not None and len(mask.shape) == 3:
            mask = ops.expand_dims(mask, 1)  # (B, 1, T, S): the same for every head
        mixed, weights = scaled_dot_product_attention(heads_query, heads_key, heads_value, mask)
        if self.dropout and training:
            mixed = ops.matmul(self.drop(weights, training=True), heads_value)
        # (B, H, T, d) -> (B, T, H, d) -> (B, T, H*d)
        mixed = ops.reshape(
            ops.transpose(mixed, (0, 2, 1, 3)),
            (-1, query.shape[1], self.num_heads * self.key_dim),
        )
        output = dense_2d(self.output_dense, mixed)
        return (output, weights) if return_weights else output

    def _split(self, tokens: Any) -> Any:
        heads = ops.reshape(tokens, (-1, tokens.shape[1], self.num_heads, self.key_dim))
        return ops.transpose(heads, (0, 2, 1, 3))  # (B, T, H*d) -> (B, H, T, d)

    def compute_output_shape(
        self, query_shape: tuple[int | None, ...], *_: Any
    ) -> tuple[int | None, ...]:
        return query_shape

    def get_config(self) -> dict[str, Any]:
        own = {"num_heads": self.num_heads, "key_dim": self.key_dim}
        return {**super().get_config(), **own, "dropout": plain(self.dropout)}


@keras.saving.register_keras_serializable(package="triptych")
class EncoderLayer(keras.layers.Layer):
    """One layer of the encoder: Vaswani et al. 2017, section 3.1.

    Self-attention and a two-layer network, each with a residual connection. The layer norm comes
    after each addition, as in the paper, or before each part (Xiong et al. 2020, "On Layer
    Normalization in the Transformer Architecture"), which learns without a careful warm-up.

    Args:
        num_heads: how many attention heads; must divide the width of the tokens.
        hidden: the units between the two dense layers.
        dropout: the part that training leaves out of each part's output; may be live.
        pre_norm: whether to normalise before each part instead of after it.
        activation: between the two dense layers.
    """

    def __init__(
        self,
        num_heads: int,
        hidden: int,
        dropout: Any = 0.0,
        pre_norm: bool = False,
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.hidden = hidden
        self.dropout = dropout
        self.pre_norm = pre_norm
        self.activation = activation
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-6, name="attention_norm")
        self.hidden_norm = keras.layers.LayerNormalization(epsilon=1e-6, name="hidden_norm")
        self.hidden_dense = keras.layers.Dense(hidden, activation=activation, name="hidden")
        self.drop = Dropout(dropout)

    def build(self, shape: tuple[int | None, ...]) -> None:
        width = shape[-1]
        if width is None or width % self.num_heads:
            raise ValueError(f"a width of {width} cannot be divided among {self.num_heads} heads")
        self.attention = MultiHeadAttention(
            self.num_heads, width // self.num_heads, name="attention"
        )
        self.output_dense = keras.layers.Dense(width, name="output")
        self.attention.build(shape)
        self.attention_norm.build(shape)
        self.hidden_norm.build(shape)
        self.hidden_dense.build((None, width))
        self.output_dense.build((None, self.hidden))

    def call(
        self,
        tokens: Any,
        mask: Any = None,
        training: bool | None = None,
        return_weights: bool = False,
    ) -> Any:
        """Encodes the tokens.

        Args:
            tokens: float, (B, T, D).
            mask: bool, (B, T, T) or (T, T): True where a token may look at another.
            training: whether to drop.
            return_weights: whether to return the attention weights as well.

        Returns:
            float, (B, T, D); with return_weights also the weights, (B, H, T, T).
        """
        seen = self.attention_norm(tokens) if self.pre_norm else tokens
        mixed = self.attention(seen, mask=mask, training=training, return_weights=return_weights)
        mixed, weights = mixed if return_weights else (mixed, None)
        tokens = tokens + self._drop(mixed, training)
        if self.pre_norm:
            tokens = tokens + self._drop(self._feed_forward(self.hidden_norm(tokens)), training)
        else:
            tokens = self.attention_norm(tokens)
            tokens = tokens + self._drop(self._feed_forward(tokens), training)
            tokens = self.hidden_norm(tokens)
        return (tokens, weights) if return_weights else tokens

    def _feed_forward(self, tokens: Any) -> Any:
        return dense_2d(self.output_dense, dense_2d(self.hidden_dense, tokens))

    def _drop(self, tokens: Any, training: bool | None) -> Any:
        return self.drop(tokens, training=training) if self.dropout else tokens

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_heads": self.num_heads,
            "hidden": self.hidden,
            "dropout": plain(self.dropout),
            "pre_norm": self.pre_norm,
            "activation": self.activation,
        }
        return {**super().get_config(), **own}
