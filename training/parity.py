"""Writes the reference that the engine is held against: test/fixtures/parity.

Small models of every Falcon architecture, with seeded random weights, run by Transformers in float32: for each token of
some texts, its log-likelihood after the tokens before it. Each model is also written as GGUF, which the engine runs.
`python training/parity.py` writes the same numbers again on the same versions of torch and Transformers, which
parity.json records.
"""

import json
import math
from pathlib import Path

import gguf
import tokenizers
import torch
import transformers
from tokenizers import pre_tokenizers
from torch import Tensor

from gguf_write import Vocabulary, write_adapter, write_model
from parity_models import MODELS, build_model

FIXTURES = Path(__file__).parent.parent / "test/fixtures"

# Falcon-7B's first tokens: the special ones, the bytes of UTF-8, and the first merges.
VOCABULARY_SIZE = 384
FIRST_MERGE = 240
END_OF_TEXT = 11
CONTROL = gguf.TokenType.CONTROL

# Nats. A weight without which no log-likelihood changed by so much would be no part of the comparison, whose tolerance
# is less than a tenth of it.
LEAST_EFFECT = 0.1

PROSE = (
    "The lighthouse keeper's log for 14 March 1987 has one line: “Fog; 3 ships, none lost.” He wrote 1234567 such "
    "lines, or so they'd say in the harbour — and we've never counted them.\n\nNobody knew why he stopped."
)
CODE = """\
export function berths(boats: readonly Boat[], length = 12.5): Map<string, number> {
  const free = new Map<string, number>();
  for (const { name, beam } of boats) {
    if (beam > length * 0.25 || !name?.trim()) continue; // too wide
    free.set(name, (free.get(name) ?? 0) + 1);
  }
  return free;
}

test("a boat that is too wide has no berth", () => {
\tassert.deepEqual([...berths([{ name: "Näher", beam: 4 }], 10)], []);
});
"""
LANGUAGES = "Perché no? Ça va: «déjà vu», größer als 100 %.\r\n  Привет, 世界! 👋🏽 <|im_end|> [1,2,3]"
TEXTS = (PROSE, CODE, LANGUAGES)

# The adapter: which weights of falcon7b's layers it changes, and its rank and alpha.
ADAPTED = ("self_attention.query_key_value", "self_attention.dense", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h")
RANK = 4
ALPHA = 8.0


def main() -> None:
    folder = FIXTURES / "parity"
    folder.mkdir(exist_ok=True)
    records = []
    for seed, (name, (config, pre, special)) in enumerate(MODELS.items()):
        vocabulary = read_vocabulary(pre, special)
        config.vocab_size = len(vocabulary.tokens)
        model = build_model(config, seed)
        encode = encoder(vocabulary)
        texts = [{"text": text, "tokens": encode(text)} for text in TEXTS]
        check_every_weight_counts(model, texts[0]["tokens"])
        write_model(folder / f"{name}.gguf", f"Parity {name}", model, vocabulary)
        record = {"name": name, "class": type(model).__name__, "texts": [scored(model, text) for text in texts]}
        if name == "falcon7b":
            merge_adapter(folder / "falcon7b-adapter.gguf", model)
            record["adapted"] = [scored(model, text) for text in texts]
        records.append(record)
    versions = {module.__name__: module.__version__ for module in (torch, transformers, tokenizers)}
    text = json.dumps({"versions": versions, "models": records}, ensure_ascii=False)
    (folder / "parity.json").write_text(text + "\n", encoding="utf-8")


def read_vocabulary(pre: str, special: list[str]) -> Vocabulary:
    tokenizer = json.loads((FIXTURES / "falcon-tokenizer-2048.json").read_text(encoding="utf-8"))
    return Vocabulary(
        pre=pre,
        tokens=tokenizer["tokens"][:VOCABULARY_SIZE] + special,
        types=tokenizer["types"][:VOCABULARY_SIZE] + [CONTROL] * len(special),
        merges=tokenizer["merges"][: VOCABULARY_SIZE - FIRST_MERGE],
        end_of_text=END_OF_TEXT,
    )


def encoder(vocabulary: Vocabulary):
    """Special tokens in a text have no meaning."""
    tokenizer, start = build_tokenizer(vocabulary)
    return lambda text: ([] if start is None else [vocabulary.end_of_text]) + tokenizer.encode(text).ids


def build_tokenizer(vocabulary: Vocabulary) -> tuple[tokenizers.Tokenizer, str | None]:
    """The tokenizer of the family, from the same vocabulary, and the token that each text of the later families begins with."""
    ids = {token: id for id, token in enumerate(vocabulary.tokens)}
    merges = [tuple(merge.split(" ")) for merge in vocabulary.merges]
    is_falcon = vocabulary.pre == "falcon"
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(ids, merges, ignore_merges=not is_falcon))
    tokenizer.pre_tokenizer = falcon_splits() if is_falcon else falcon3_splits()
    return tokenizer, None if is_falcon else vocabulary.tokens[vocabulary.end_of_text]


def falcon_splits():
    """As in tiiuae/falcon-7b's tokenizer.json."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Punctuation("contiguous"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
            pre_tokenizers.Digits(individual_digits=False),
            pre_tokenizers.Split(tokenizers.Regex("[0-9][0-9][0-9]"), "isolated"),
        ]
    )


def falcon3_splits():
    """Llama 3's, by which llama.cpp splits the text of Falcon3 and Falcon-H1."""
    words = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    rest = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(f"{words}|{rest}"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def scored(model: torch.nn.Module, text: dict) -> dict:
    likelihoods = log_likelihoods(model, text["tokens"])
    return {**text, "logLikelihoods": [round(value, 6) for value in likelihoods.tolist()]}


@torch.no_grad()
def log_likelihoods(model: torch.nn.Module, tokens: list[int]) -> Tensor:
    """Of each token but the first."""
    ids = torch.tensor([tokens])
    logits = model(ids, use_cache=False).logits[0, :-1]
    return logits.log_softmax(-1).gather(-1, ids[0, 1:, None])[:, 0]


@torch.no_grad()
def check_every_weight_counts(model: torch.nn.Module, tokens: list[int]) -> None:
    complete = log_likelihoods(model, tokens)
    for name, weight in model.named_parameters():
        kept = weight.clone()
        weight.zero_()
        effect = (log_likelihoods(model, tokens) - complete).abs().max().item()
        weight.copy_(kept)
        if effect < LEAST_EFFECT:
            raise ValueError(f"without {name} nothing changes by more than {effect:.3f} nat")


@torch.no_grad()
def merge_adapter(path: Path, model: torch.nn.Module) -> None:
    """Writes a random LoRA adapter, and merges it into the model: weight + alpha / rank · B · A."""
    pairs = {}
    for name, weight in model.named_parameters():
        if not name.endswith(tuple(f"{layer}.weight" for layer in ADAPTED)):
            continue
        rows, columns = weight.shape
        a, b = torch.randn(RANK, columns) / math.sqrt(columns), 0.1 * torch.randn(rows, RANK)
        pairs[name] = (a, b)
        weight += ALPHA / RANK * b @ a
    write_adapter(path, model, ALPHA, pairs)


if __name__ == "__main__":
    main()
