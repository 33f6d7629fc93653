"""What the libraries are told before they are imported."""

import os

import pytest

from modules.util import environment

TOLD = ("KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL")


def test_what_the_user_has_set_stays_but_for_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(TOLD, ("jax", "0", "3"), strict=True):
        monkeypatch.setenv(name, value)
    environment.configure("1")
    assert [os.environ[name] for name in TOLD] == ["tensorflow", "0", "3"]


def test_what_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TOLD:
        monkeypatch.setenv(name, "")  # to be undone afterwards
        monkeypatch.delenv(name)
    environment.configure("1")
    assert [os.environ[name] for name in TOLD] == ["tensorflow", "1", "1"]
