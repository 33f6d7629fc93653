"""The project's packages as a source distribution, which Beam builds for its workers.

Beam runs ``python setup.py sdist`` on what ``--setup_file`` names; pyproject.toml says the rest.
"""

from setuptools import setup

setup(
    package_data={
        "": ["*.j2", "templates/*.j2", "*.npz", "*.pbtxt", "keras_home/*.json", "compiling/*.json"]
    }
)
