"""Where the recipe keeps what is too large for the repository, and how it is written: whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources.txt"
#: What the shipped model was made of.
SHIPPED_MANIFEST = HERE / "manifest.tsv"

CACHE = Path(os.environ.get("FALCON_TRAINING_CACHE") or Path.home() / ".cache" / "falcon-training")
ARCHIVES = CACHE / "archives"
MANIFEST = CACHE / "manifest.tsv"
CORPUS = CACHE / "corpus.jsonl"
TOKENIZER = CACHE / "tokenizer.json"
TOKENS = CACHE / "tokens"
RUNS = CACHE / "runs"
EXPORT = CACHE / "export"
CASES = EXPORT / "cases.jsonl"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` once all is written: what was ended half-way leaves no file that a
    later step would trust."""
    new = path.with_name(path.name + ".new")
    new.parent.mkdir(parents=True, exist_ok=True)
    yield new
    new.replace(path)
