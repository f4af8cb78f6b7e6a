"""Trains the tokenizer and tokenizes the corpus with it: python training/tokenizer.py

Byte-level BPE with the pre-tokenization that llama.cpp applies where `tokenizer.ggml.pre` is "falcon"
(src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_FALCON), and Falcon-7B's twelve special tokens at the ids 0 to 11.
"""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from paths import CORPUS, TOKENIZER, TOKENS, whole

VOCABULARY = 8192
#: Merges are counted in every so manieth file of a language: of the rarer ones in more, so that they get tokens of their own.
TRAINED_ON_EVERY = {"python": 12, "typescript": 7, "javascript": 7, "markdown": 3, "css": 2, "json": 2, "html": 1}
#: Files that are in memory at once.
BATCH = 2000
SPECIAL_TOKENS = [
    ">>TITLE<<",
    ">>ABSTRACT<<",
    ">>INTRODUCTION<<",
    ">>SUMMARY<<",
    ">>COMMENT<<",
    ">>ANSWER<<",
    ">>QUESTION<<",
    ">>DOMAIN<<",
    ">>PREFIX<<",
    ">>SUFFIX<<",
    ">>MIDDLE<<",
    "<|endoftext|>",
]
PREFIX, SUFFIX, MIDDLE, END_OF_TEXT = 8, 9, 10, 11
PATTERNS = [
    r"[\p{P}\$\+<=>\^~\|`]+",
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)",
    r"[0-9][0-9][0-9]",
]


def falcon_pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in PATTERNS]
    return pre_tokenizers.Sequence([*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def read_corpus() -> Iterator[dict[str, str]]:
    with CORPUS.open() as file:
        yield from map(json.loads, file)


def train_tokenizer() -> Tokenizer:
    """On the training split alone; a mark in a text that is spelled like a special token stays plain text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = falcon_pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=24,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts_to_count(), trainer)
    return tokenizer


def texts_to_count() -> Iterator[str]:
    seen: Counter[str] = Counter()
    for file in read_corpus():
        language = file["language"]
        if file["split"] == "training":
            if seen[language] % TRAINED_ON_EVERY[language] == 0:
                yield file["text"]
            seen[language] += 1


def load_tokenizer(path: Path = TOKENIZER) -> Tokenizer:
    """Special tokens are never made of text."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.encode_special_tokens = True
    return tokenizer


def tokenize_split(tokenizer: Tokenizer, split: str) -> None:
    """tokens/<split>.npy, all texts on end, and tokens/<split>.json: for each file its package, path, language, number of
    tokens and of bytes, and the tokens of the line that names its path."""
    index, parts = [], []
    corpus = (file for file in read_corpus() if file["split"] == split)
    while files := list(islice(corpus, BATCH)):
        texts = tokenizer.encode_batch_fast([file["text"] for file in files])
        paths = tokenizer.encode_batch_fast([file["path"] + "\n" for file in files])
        for file, text, path in zip(files, texts, paths, strict=True):
            parts.append(np.array(text.ids, dtype=np.uint16))
            known = {key: file[key] for key in ("package", "path", "language")}
            size = len(file["text"].encode())
            index.append({**known, "tokens": len(text.ids), "bytes": size, "path_tokens": path.ids})
    if not parts:
        raise SystemExit(f"the corpus has no files of the split {split}: fetch.py and collect.py make it")
    with whole(TOKENS / f"{split}.npy") as new, new.open("wb") as file:
        np.save(file, np.concatenate(parts))
    with whole(TOKENS / f"{split}.json") as new:
        new.write_text(json.dumps(index))
    tokens, size = sum(map(len, parts)), sum(file["bytes"] for file in index)
    print(f"{split}: {len(index)} files, {tokens / 1e6:.2f} M tokens, {size / tokens:.3f} bytes per token")


def main() -> None:
    if not TOKENIZER.exists():
        trained = train_tokenizer()
        with whole(TOKENIZER) as new:
            trained.save(str(new))
    tokenizer = load_tokenizer()
    for split in ("held-out", "training"):
        tokenize_split(tokenizer, split)


if __name__ == "__main__":
    main()
