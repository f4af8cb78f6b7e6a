"""pytest training: the parts whose faults would show only after hours of training."""

import csv

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from checkpoint import to_transformers
from duplicates import NearDuplicates
from fetch import read_sources
from files import clean, is_metadata
from functions import python_functions, script_functions
from infill import score
from instruct import explanation
from licences import is_permissive
from model import Falcon, falcon_config
from ngram import NGram
from pack import CUT, Split, Vocabulary, pack, rearrange
from paths import SHIPPED_MANIFEST
from tokenizer import END_OF_TEXT, MIDDLE, PREFIX, SPECIAL_TOKENS, SUFFIX, falcon_pre_tokenizer

TEXT = "def add(a, b):\n    total = a + b\n    return total\n\n\nprint(add(1, 2))\n" * 30


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """Bytes and a few merges."""
    tokens = {token: number for number, token in enumerate([*SPECIAL_TOKENS, *pre_tokenizers.ByteLevel.alphabet()])}
    merges = [("Ġ", "Ġ"), ("ĠĠ", "Ġ"), ("Ċ", "ĠĠĠ"), ("d", "d"), ("t", "o"), ("to", "t"), ("Ġ", "tot")]
    for left, right in merges:
        tokens[left + right] = len(tokens)
    tokenizer = Tokenizer(models.BPE(tokens, merges))
    tokenizer.pre_tokenizer = falcon_pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    return Vocabulary.of(tokenizer)


def text_of(tokens, vocabulary: Vocabulary) -> str:
    return "".join(vocabulary.texts[token] for token in tokens if token > END_OF_TEXT)


def split_of(texts: list[str], vocabulary: Vocabulary) -> Split:
    tokens = [vocabulary.encode(text) for text in texts]
    files = [
        {
            "package": "a",
            "path": f"{i}.py",
            "language": "css",
            "tokens": len(ids),
            "path_tokens": vocabulary.encode("p\n"),
        }
        for i, ids in enumerate(tokens)
    ]
    starts = np.cumsum([0] + [len(ids) for ids in tokens])
    return Split(np.concatenate(tokens).astype(np.uint16), files, starts)


def test_model_equals_transformers() -> None:
    torch.manual_seed(1)
    model = Falcon(falcon_config(layers=2, width=256, vocabulary=300)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, mean=1.0 if parameter.dim() == 1 else 0.0, std=0.1)
    tokens = torch.randint(300, (2, 90))
    with torch.no_grad():
        difference = (model(tokens) - to_transformers(model.state_dict())(tokens).logits).abs().max()
    assert difference < 1e-4


def test_rearranged_text_is_the_text(vocabulary: Vocabulary) -> None:
    tokens = np.array(vocabulary.encode(TEXT[:700]))
    for seed in range(200):
        piece = rearrange(tokens, [], False, vocabulary, np.random.default_rng(seed)).tolist()
        assert piece[:2] == [PREFIX, SUFFIX]
        middle = piece.index(MIDDLE)
        assert text_of(piece[middle:] + piece[:middle], vocabulary) == TEXT[:700]
        stops_early = middle > 2
        assert piece[-1] == (END_OF_TEXT if stops_early else CUT)


def test_rows_hold_every_token_once(vocabulary: Vocabulary) -> None:
    texts = [TEXT, "x = 1\n" * 50]
    rows = pack(split_of(texts, vocabulary), vocabulary, 128, (1,), infill_share=0)
    path = text_of(vocabulary.encode("p\n"), vocabulary)
    whole = "".join(text_of(row, vocabulary) for row in rows).replace(path, "")
    # What is left over at the end of an epoch does not fill a row.
    missing = len("".join(texts)) - len(whole)
    assert 0 <= missing < 129 * 4
    assert whole.count("print(add(1") == pytest.approx(30, abs=3)


def test_rows_depend_on_the_seed_alone(vocabulary: Vocabulary) -> None:
    split = split_of([TEXT], vocabulary)
    first, again, other = (pack(split, vocabulary, 128, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_likelihoods_of_the_ngram_sum_to_one() -> None:
    random = np.random.default_rng(1)
    tokens = random.integers(6, size=400) ** 2 % 6
    ngram = NGram(tokens, 6)
    for context in (tokens[:3], tokens[50:54], np.array([5, 5, 5, 5])):
        ends = np.array([ngram.likelihoods(np.append(context, token))[-1] for token in range(6)])
        assert ends.sum() == pytest.approx(1)
        assert ngram.next_token(context) == ends.argmax()


def test_ngrams_of_a_large_vocabulary_are_told_apart() -> None:
    """Five tokens of 8,192 do not fit 64 bits: contexts that differ in the first bit of the first token alone."""
    one, other = [5, 1, 2, 3], [5 + 4096, 1, 2, 3]
    ngram = NGram(np.array(([*one, 8000] * 3 + [*other, 8001] * 2) * 2), 8192)
    assert (ngram.next_token(np.array(one)), ngram.next_token(np.array(other))) == (8000, 8001)
    likelihoods = [[ngram.likelihoods(np.array([*each, token]))[-1] for token in (8000, 8001)] for each in (one, other)]
    assert likelihoods[0][0] > 0.8 and likelihoods[1][1] > 0.8
    assert likelihoods[0][1] < 0.2 and likelihoods[1][0] < 0.2


def test_near_duplicates() -> None:
    known = NearDuplicates()
    words = [f"word{i}" for i in range(300)]
    assert known.add(" ".join(words))
    assert not known.add(" ".join([*words[:150], "changed", *words[151:]]))
    assert known.add(" ".join(reversed(words)))


def test_files_and_licences() -> None:
    source = "/* Copyright (c) 2020 Someone. MIT License. */\n" + "export const answer = compute(6, 7); // why\n\n" * 3
    source += "function compute(a, b) {\n  return a * b;\n}\n\nexport class Thing {\n  constructor(a) {\n    this.a = a;\n  }\n}\n"
    assert clean("src/a.js", source.encode()).startswith("export const")
    assert clean("src/a.js", ("// @generated\n" + source).encode()) is None
    assert clean("src/a.js", source.replace("\n", " ").encode()) is None
    assert is_metadata("bleach-6.2.0.dist-info/METADATA")
    assert not is_metadata("setuptools/_vendor/zipp-3.23.0.dist-info/METADATA")
    assert is_permissive("MIT OR Apache-2.0")
    assert not is_permissive("MIT OR GPL-3.0")
    assert (
        is_permissive("(MIT AND Zlib)")
        and is_permissive("ISC License (ISCL)")
        and is_permissive("Apache Software License")
    )
    # The Repoze licence is BSD's with a further condition, and packages under it have other terms for their documentation.
    for derived in (
        "LicenseRef-Repoze-BSD-derived",
        "BSD-derived (http://www.repoze.org/LICENSE.txt)",
        "Apache modified",
    ):
        assert not is_permissive(derived)
    assert not is_permissive("")


def test_every_package_of_the_list_has_a_permissive_licence() -> None:
    with SHIPPED_MANIFEST.open() as file:
        licences = {(row["registry"], row["package"]): row["licence"] for row in csv.DictReader(file, delimiter="\t")}
    known = [source for source in read_sources() if source in licences]
    assert len(known) > 2000
    assert [source for source in known if not is_permissive(licences[source])] == []


def test_what_is_said_of_functions_is_true() -> None:
    python = 'def halve(value, by=2):\n    """Divide a value by two or more. Fast."""\n    if not by:\n        raise ValueError(by)\n    return int(value / by)\n'
    [function] = python_functions(python)
    assert "docstring" not in function.source and "Divide" not in function.source
    assert explanation(function) == (
        "`halve`: Divide a value by two or more. It takes `value` and `by`. It calls `int`. It raises `ValueError`."
    )
    script = "/**\n * Adds the numbers of a list.\n * @param {number[]} list\n */\nexport function sum(list) {\n  if (!list) throw new TypeError(list);\n  return reduce(list);\n}\n"
    [function] = script_functions(script, "javascript")
    assert (function.name, function.parameters, function.calls, function.raises) == (
        "sum",
        ("list",),
        ("reduce",),
        ("TypeError",),
    )


def test_scores() -> None:
    assert score("return x", "return x").exact == 1
    assert score("return y;", "return x;").kept == pytest.approx(7 / 9)
    assert score("return y;", "return x;").similarity == pytest.approx(8 / 9)
