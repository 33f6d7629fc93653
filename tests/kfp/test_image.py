"""The names of images: which are taken, and what is said of the others."""

import pytest

from kubeflow.compiling.image import image_problem


@pytest.mark.parametrize(
    "image",
    [
        "triptych:0.1.0",
        "team/triptych:V1_a.b-c",
        "localhost/triptych:1",
        "registry.example.com/some-team/tri__ptych:0.1.0",
        "Registry.Example:5000/triptych:1",  # a host, in which case does not matter
        "registry.example:5000/lab/triptych@sha256:0123abcd",
        "triptych:1@sha256:0123abcd",
    ],
)
def test_a_name_that_a_cluster_can_pull(image: str) -> None:
    assert image_problem(image) == ""


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("REGISTRY/triptych:0.1.0", "in 'REGISTRY': put the address of your registry there, such"),
        ("registry.example/REPOSITORY/triptych:1", "in 'REPOSITORY': image names are lower case"),
        ("registry.example:5000/Triptych:1", "capital letters in 'Triptych': image names are"),
        ("Triptych:1", "capital letters in 'Triptych': image names are lower case"),
        ("triptych", "has no tag: add one, such as :0.1.0, or a digest"),
        ("registry.example:5000/triptych", "has no tag"),
        ("registry.example/triptych:latest", "give it a tag other than latest"),
        *((name, "is not an image name such as") for name in ("", "tri ptych:1", "a:1:2", "a/:1")),
        *((name, "is not an image name such as") for name in ("/a:1", "a//b:1", "_a:1", "a:1@")),
        ("https://registry.example/triptych:1", "is not an image name such as"),
        ("-registry.example/triptych:1", "is not an image name such as"),
    ],
)
def test_any_other_is_refused_with_what_to_do(image: str, words: str) -> None:
    problem = image_problem(image)
    assert problem.startswith(f"'{image}' ") and words in problem and "\n" not in problem
