"""How many classes a sampler knows."""

import numpy as np
import pytest

from modules.networks.known_classes import KnownClasses


def known(read: list[int], trained: list[int]) -> float:
    """Of samples of which so many each were read as a class, after so many each in training."""
    classes = len(read)
    which = np.repeat(np.arange(classes), read)
    logits = np.random.default_rng(1).permutation(np.eye(classes, dtype=np.float32)[which])
    metric = KnownClasses(classes, "classes")
    for start in range(0, len(logits), 300):
        metric.update_state(logits[start : start + 300], np.array(trained, np.float32))
    return float(metric.result())


def test_digits_are_counted_from_two_in_a_hundred() -> None:
    read = [200, 200, 200, 200, 100, 50, 20, 19, 11, 0]
    assert sum(read) == 1000
    # MNIST's own shares: even its rarest digit has to be there as often as any other.
    mnist = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    for trained in (mnist, [100] * 10):
        assert known(read, trained) == 7
    assert known(read[::-1], mnist) == 7


@pytest.mark.parametrize(("classes", "least"), [(2, 100), (4, 50), (20, 10), (100, 2)])
def test_many_classes_need_not_be_as_frequent_as_few(classes: int, least: int) -> None:
    others = (1000 - least) // (classes - 1)
    enough = [least, *[others] * (classes - 2)]
    enough.append(1000 - sum(enough))
    assert known(enough, [1] * classes) == classes
    assert known([least - 1, *enough[1:-1], enough[-1] + 1], [1] * classes) == classes - 1


def test_a_class_that_is_rare_in_training_may_be_rare_in_samples() -> None:
    trained = [4900, 5000, 100]
    assert known([497, 500, 3], trained) == 3
    assert known([498, 500, 2], trained) == 2
    assert known([500, 500, 0], [5000, 5000, 0]) == 2


def test_a_generator_that_makes_one_class_knows_one() -> None:
    assert known([1000, 0, 0], [1, 1, 1]) == 1
