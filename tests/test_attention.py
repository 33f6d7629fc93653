"""The attention layers give what Keras's own layers give with the same weights."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from modules.networks.attention import (
    EncoderLayer,
    MultiHeadAttention,
    scaled_dot_product_attention,
)

HEADS, KEY_DIM, WIDTH = 3, 5, 8
CLOSE = {"rtol": 1e-5, "atol": 2e-6}


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def random_mask(*shape: int, seed: int = 1) -> np.ndarray:
    mask = np.random.default_rng(seed).random(shape) < 0.6
    mask[..., 0] = True  # every query may look somewhere
    return mask


def randomise(layer: keras.layers.Layer, seed: int = 7) -> None:
    """Gives every weight, the biases and gains too, a value that a mix-up would show."""
    generator = np.random.default_rng(seed)
    layer.set_weights([generator.normal(0.5, 0.5, w.shape) for w in layer.get_weights()])


def copy_to_keras(own: MultiHeadAttention, theirs: keras.layers.MultiHeadAttention) -> None:
    """Keras keeps (D, H, d) kernels and an (H, d, D) kernel for the output."""
    heads = (own.num_heads, own.key_dim)
    values = []
    for dense in (own.query_dense, own.key_dense, own.value_dense):
        kernel, bias = dense.get_weights()
        values += [kernel.reshape(-1, *heads), bias.reshape(heads)]
    kernel, bias = own.output_dense.get_weights()
    theirs.set_weights([*values, kernel.reshape(*heads, -1), bias])


def pair(query: np.ndarray, value: np.ndarray, key: np.ndarray | None = None) -> tuple:
    own = MultiHeadAttention(HEADS, KEY_DIM)
    own(query, value, key)
    randomise(own)
    theirs = keras.layers.MultiHeadAttention(HEADS, KEY_DIM)
    theirs(query, value, key)
    copy_to_keras(own, theirs)
    return own, theirs


def test_one_query_by_hand() -> None:
    query = np.array([[[1.0, 0.0]]], "float32")
    key = np.array([[[2.0, 0.0], [0.0, 3.0]]], "float32")
    value = np.array([[[1.0, 10.0], [3.0, 30.0]]], "float32")
    out, weights = scaled_dot_product_attention(query, key, value)
    first = 1 / (1 + np.exp(-2 / np.sqrt(2)))
    np.testing.assert_allclose(weights, [[[first, 1 - first]]], rtol=1e-6)
    wanted = [[[first + 3 * (1 - first), 10 * first + 30 * (1 - first)]]]
    np.testing.assert_allclose(out, wanted, rtol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_scaled_dot_product_equals_keras(masked: bool) -> None:
    query, key, value = normal(2, 4, 6, 5), normal(2, 4, 7, 5, seed=2), normal(2, 4, 7, 5, seed=3)
    mask = random_mask(2, 1, 6, 7) if masked else None
    out, _ = scaled_dot_product_attention(query, key, value, mask)
    tokens_first = [ops.transpose(x, (0, 2, 1, 3)) for x in (query, key, value)]
    wanted = ops.dot_product_attention(*tokens_first, mask=mask)
    np.testing.assert_allclose(ops.transpose(out, (0, 2, 1, 3)), wanted, **CLOSE)


def test_a_query_that_may_look_nowhere_gets_zeros_and_a_finite_gradient() -> None:
    import tensorflow as tf

    query = tf.constant(normal(1, 2, 4))
    mask = np.array([[[False] * 3, [True] * 3]])
    with tf.GradientTape() as tape:
        tape.watch(query)
        out, weights = scaled_dot_product_attention(query, normal(1, 3, 4), normal(1, 3, 4), mask)
        total = tf.reduce_sum(out)
    np.testing.assert_array_equal(weights[0, 0], 0.0)
    np.testing.assert_array_equal(out[0, 0], 0.0)
    np.testing.assert_allclose(np.sum(weights[0, 1]), 1.0, rtol=1e-6)
    assert np.isfinite(tape.gradient(total, query)).all()


@pytest.mark.parametrize("masked", [False, True])
def test_self_attention_equals_keras(masked: bool) -> None:
    tokens = normal(2, 6, WIDTH)
    mask = random_mask(2, 6, 6) if masked else None
    own, theirs = pair(tokens, tokens)
    out, weights = own(tokens, mask=mask, return_weights=True)
    wanted, scores = theirs(tokens, tokens, attention_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(out, wanted, **CLOSE)
    np.testing.assert_allclose(weights, scores, **CLOSE)
    np.testing.assert_allclose(own(tokens, mask=mask), wanted, **CLOSE)


@pytest.mark.parametrize("masked", [False, True])
def test_cross_attention_equals_keras(masked: bool) -> None:
    query, value, key = normal(2, 4, WIDTH), normal(2, 7, 9, seed=2), normal(2, 7, 6, seed=3)
    mask = random_mask(2, 4, 7) if masked else None
    own, theirs = pair(query, value, key)
    out, weights = own(query, value, key, mask=mask, return_weights=True)
    wanted, scores = theirs(query, value, key, attention_mask=mask, return_attention_scores=True)
    assert out.shape == (2, 4, WIDTH) and weights.shape == (2, HEADS, 4, 7)
    np.testing.assert_allclose(out, wanted, **CLOSE)
    np.testing.assert_allclose(weights, scores, **CLOSE)


def test_the_mask_hides_tokens() -> None:
    tokens = normal(1, 4, WIDTH)
    causal = np.tril(np.ones((4, 4), bool))
    own, theirs = pair(tokens, tokens)
    changed = tokens.copy()
    changed[0, 3] += 5.0
    before, after = own(tokens, mask=causal), own(changed, mask=causal)
    np.testing.assert_allclose(before[0, :3], after[0, :3], **CLOSE)
    assert np.abs(before[0, 3] - after[0, 3]).max() > 1e-2
    np.testing.assert_allclose(before, theirs(tokens, tokens, use_causal_mask=True), **CLOSE)


def test_attention_dropout_acts_in_training_only() -> None:
    layer = MultiHeadAttention(HEADS, KEY_DIM, dropout=0.5)
    tokens = normal(2, 6, WIDTH)
    calm, again = layer(tokens), layer(tokens, training=False)
    np.testing.assert_array_equal(calm, again)
    assert np.abs(calm - layer(tokens, training=True)).max() > 1e-4


def keras_encoder(own: EncoderLayer, tokens: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """The same layer, composed of Keras's own layers with the weights of ours."""
    width = tokens.shape[-1]
    attention = keras.layers.MultiHeadAttention(own.num_heads, width // own.num_heads)
    attention(tokens, tokens)
    copy_to_keras(own.attention, attention)

    def like(layer: keras.layers.Layer, made: keras.layers.Layer, size: int) -> keras.layers.Layer:
        made.build((None, None, size))
        made.set_weights(layer.get_weights())
        return made

    norms = [
        like(norm, keras.layers.LayerNormalization(epsilon=1e-6), width)
        for norm in (own.attention_norm, own.hidden_norm)
    ]
    hidden = like(
        own.hidden_dense, keras.layers.Dense(own.hidden, activation=own.activation), width
    )
    output = like(own.output_dense, keras.layers.Dense(width), own.hidden)
    if own.pre_norm:
        normed = norms[0](tokens)
        tokens = tokens + attention(normed, normed, attention_mask=mask)
        return tokens + output(hidden(norms[1](tokens)))
    tokens = norms[0](tokens + attention(tokens, tokens, attention_mask=mask))
    return norms[1](tokens + output(hidden(tokens)))


@pytest.mark.parametrize("pre_norm", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_encoder_layer_equals_keras_layers(pre_norm: bool, masked: bool) -> None:
    tokens = normal(2, 6, WIDTH)
    mask = random_mask(2, 6, 6) if masked else None
    layer = EncoderLayer(num_heads=2, hidden=11, pre_norm=pre_norm, activation="gelu")
    layer(tokens)
    randomise(layer)
    wanted = keras_encoder(layer, tokens, mask)
    np.testing.assert_allclose(layer(tokens, mask=mask), wanted, rtol=1e-4, atol=1e-5)


def test_the_encoder_layer_is_post_norm_by_default() -> None:
    layer = EncoderLayer(num_heads=2, hidden=16)
    out = np.asarray(layer(3.0 + 10.0 * normal(2, 6, WIDTH)))
    np.testing.assert_allclose(out.mean(-1), 0.0, atol=1e-5)
    np.testing.assert_allclose(out.std(-1), 1.0, atol=1e-3)


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="a width of 8 cannot be divided among 3 heads"):
        EncoderLayer(num_heads=3, hidden=16)(normal(1, 2, 8))


@pytest.mark.parametrize("pre_norm", [False, True])
def test_layers_save_and_load(tmp_path: Path, pre_norm: bool) -> None:
    tokens, memory = keras.Input((6, WIDTH)), keras.Input((5, 9))
    mixed = MultiHeadAttention(HEADS, KEY_DIM, dropout=0.1)(tokens, memory)
    out = EncoderLayer(2, 16, dropout=0.1, pre_norm=pre_norm, activation="gelu")(mixed)
    model = keras.Model([tokens, memory], out)
    randomise(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = [normal(2, 6, WIDTH), normal(2, 5, 9)]
    np.testing.assert_allclose(
        loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0), rtol=1e-6
    )
    for ours, theirs in zip(model.layers, loaded.layers, strict=True):
        assert theirs.get_config() == ours.get_config()
