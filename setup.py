"""Metadata of the package. Tool settings are in pyproject.toml, exact versions in configs/constraints.txt."""

import pathlib
import re

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "bert_tf/__init__.py").read_text()).group(1)
DEMO = "bert_tf.checkpoints.demo"

setup(
    name="bert_tf",
    version=VERSION,
    description="Fine-tune BERT on TensorFlow 2 and Keras 3, by the workflow of google-research/bert",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.13",
    # The demo's checkpoint lies beside the package in a checkout and inside it in a wheel: see bert_tf/config/paths.py.
    packages=[*find_packages(include=["bert_tf", "bert_tf.*"]), DEMO],
    package_dir={DEMO: "checkpoints/demo"},
    package_data={"bert_tf": ["py.typed", "*.pyi"], DEMO: ["*"]},
    # Ranges that are tested. Without them pip picks releases that exclude each other and gives up after minutes.
    install_requires=[
        "absl-py>=1.4,<3",
        "importlib_resources>=6,<8",  # Imported by tensorflow-datasets, which does not ask for it.
        "keras>=3.10,<3.16",
        "keras-nlp>=0.21,<0.33",  # Nothing imports it yet: see CONTRIBUTING.md.
        "matplotlib>=3.10,<3.12",  # Draws the charts of a report.
        "numpy>=2.0,<3",
        "tensorflow>=2.20,<2.21",
        "tensorflow-datasets>=4.9.9,<4.10",
        "tensorflow-text>=2.20,<2.21",
        "tf-models-official>=2.20,<2.21",
    ],
    extras_require={
        "parquet": ["pyarrow>=15"],
        "peers": [
            "accelerate>=1.15,<2 ; python_version >= '3.11'",
            "torch>=2.13,<2.14 ; python_version >= '3.11'",
            "transformers>=5.23,<5.24 ; python_version >= '3.11'",
        ],
        "test": [
            "mypy>=2.4,<3",
            "pandas>=2.3,<4",
            "pytest>=9,<10",
            "pytest-xdist>=3.8,<4",
            "ruff>=0.17,<0.18",
            "scikit-learn>=1.7,<2",
            "scipy>=1.15,<2",
            "setuptools>=70.1",  # Builds the wheel that a test installs.
        ],
    },
    entry_points={"console_scripts": ["bert-tf = bert_tf.cli.main:run"]},
)
