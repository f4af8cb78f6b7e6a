"""Where the recipe keeps what is too large for the repository."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources.txt"
MANIFEST = HERE / "manifest.tsv"

CACHE = Path.home() / ".cache" / "falcon-training"
ARCHIVES = CACHE / "archives"
CORPUS = CACHE / "corpus.jsonl"
TOKENIZER = CACHE / "tokenizer.json"
TOKENS = CACHE / "tokens"
RUNS = CACHE / "runs"
EXPORT = CACHE / "export"
CASES = EXPORT / "cases.jsonl"
