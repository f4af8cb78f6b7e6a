"""What the tests share: a cache of their own, and the steps of the recipe before the training, from installed packages."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# What reads the path is imported after this.
os.environ["FALCON_TRAINING_CACHE"] = tempfile.mkdtemp(prefix="falcon-training-")
# The C++ compiler takes longer than a toy run. A test of its own covers that compiling fails.
os.environ["TORCHDYNAMO_DISABLE"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

from fetch import archive_folder
from paths import CACHE, HERE

#: Installed with the requirements, and on the list of sources; the last one is held out.
PACKAGES = ("jinja2", "fsspec", "networkx", "pyyaml")


def python(*words: str) -> str:
    """Runs a step; its output."""
    done = subprocess.run([sys.executable, *words], cwd=HERE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make_archive(name: str, folder: Path) -> None:
    """A wheel of an installed package."""
    folder.mkdir(parents=True, exist_ok=True)
    version = importlib.metadata.version(name)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for file in importlib.metadata.files(name) or []:
            if file.suffix in (".py", "") and ".." not in file.parts and file.locate().is_file():
                archive.write(file.locate(), file.as_posix())


@pytest.fixture(scope="session")
def corpus() -> Iterator[None]:
    """What the steps before the training make."""
    for name in PACKAGES:
        make_archive(name, archive_folder("pypi", name))
    for step in ("collect", "tokenizer", "instruct"):
        python(f"training/{step}.py")
    yield
    shutil.rmtree(CACHE)
