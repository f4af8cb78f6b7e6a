"""Trains the tokenizer and tokenizes the corpus with it: python training/tokenizer.py

Byte-level BPE with the pre-tokenization that llama.cpp applies where `tokenizer.ggml.pre` is "falcon"
(src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_FALCON), and Falcon-7B's twelve special tokens at the ids 0 to 11.
"""

import json
from collections.abc import Iterator
from itertools import islice

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from paths import CORPUS, TOKENIZER, TOKENS

VOCABULARY = 4096
#: Merges are counted in a part of the files, which gives the same ones sooner.
TRAINED_ON_EVERY = 3
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
    texts = (file["text"] for file in read_corpus() if file["split"] == "training")
    tokenizer.train_from_iterator(islice(texts, 0, None, TRAINED_ON_EVERY), trainer)
    return tokenizer


def load_tokenizer() -> Tokenizer:
    """Special tokens are never made of text."""
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.encode_special_tokens = True
    return tokenizer


def tokenize_split(tokenizer: Tokenizer, split: str) -> None:
    """tokens/<split>.npy, all texts on end, and tokens/<split>.json: for each file its package, path, language, number of
    tokens and of bytes, and the tokens of the line that names its path."""
    files = [file for file in read_corpus() if file["split"] == split]
    texts = [encoding.ids for encoding in tokenizer.encode_batch([file["text"] for file in files])]
    paths = [encoding.ids for encoding in tokenizer.encode_batch([file["path"] + "\n" for file in files])]
    np.save(TOKENS / f"{split}.npy", np.concatenate([np.array(ids, dtype=np.uint16) for ids in texts]))
    index = [
        {
            **{key: file[key] for key in ("package", "path", "language")},
            "tokens": len(ids),
            "bytes": len(file["text"].encode()),
            "path_tokens": path,
        }
        for file, ids, path in zip(files, texts, paths, strict=True)
    ]
    (TOKENS / f"{split}.json").write_text(json.dumps(index))
    tokens, size = sum(map(len, texts)), sum(file["bytes"] for file in index)
    print(f"{split}: {len(files)} files, {tokens / 1e6:.2f} M tokens, {size / tokens:.3f} bytes per token")


def main() -> None:
    TOKENS.mkdir(parents=True, exist_ok=True)
    if not TOKENIZER.exists():
        train_tokenizer().save(str(TOKENIZER))
    tokenizer = load_tokenizer()
    for split in ("held-out", "training"):
        tokenize_split(tokenizer, split)


if __name__ == "__main__":
    main()
