"""Writes a model as GGUF, in 32 bits and quantized, and what the engine is held against: python training/export.py [MODEL]

MODEL is a run, or a folder in Hugging Face's form. `node training/checkExport.ts` then compares the engine with Transformers.
"""

import json
import random
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import FalconForCausalLM

from checkpoint import load
from gguf_write import Vocabulary, add_hyperparameters, add_vocabulary, gguf_tensors, save
from paths import EXPORT
from tokenizer import END_OF_TEXT, MIDDLE, PREFIX, SPECIAL_TOKENS, SUFFIX, read_corpus

NAME = "Falcon Tiny Demo"
DESCRIPTION = (
    "A demonstration model of the Falcon architecture with {millions} million parameters, trained from nothing on permissively "
    "licensed packages of npm and PyPI. It completes simple code. It is no model of the Technology Innovation Institute."
)
FORMS = {
    "F32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "Q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "Q5_0": (gguf.GGMLQuantizationType.Q5_0, gguf.LlamaFileType.MOSTLY_Q5_0),
    "Q4_0": (gguf.GGMLQuantizationType.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0),
}
SNIPPETS, SCORED = 2000, 120
SEED = 7


def vocabulary_of(tokenizer: Tokenizer) -> Vocabulary:
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    types = [gguf.TokenType.CONTROL if token in SPECIAL_TOKENS else gguf.TokenType.NORMAL for token in tokens]
    return Vocabulary("falcon", tokens, types, [" ".join(pair) for pair in model["merges"]], END_OF_TEXT)


def write_form(path: Path, form: str, model: FalconForCausalLM, vocabulary: Vocabulary) -> None:
    """Matrices in the form's type, what is a vector in 32 bits."""
    tensor_type, file_type = FORMS[form]
    writer = gguf.GGUFWriter(path, "falcon")
    writer.add_name(NAME)
    millions = round(sum(parameter.numel() for parameter in model.parameters()) / 1e6)
    writer.add_description(DESCRIPTION.format(millions=millions))
    # The product labels it by this.
    writer.add_tags(["demonstration"])
    writer.add_license("apache-2.0")
    writer.add_file_type(file_type)
    add_hyperparameters(writer, model.config)
    add_vocabulary(writer, vocabulary)
    for key, token in (("FIM_PRE_ID", PREFIX), ("FIM_SUF_ID", SUFFIX), ("FIM_MID_ID", MIDDLE)):
        writer.add_uint32(getattr(gguf.Keys.Tokenizer, key), token)
    for name, tensor in gguf_tensors(model):
        # The output shares the embedding.
        if name == "output.weight":
            continue
        data = tensor.contiguous().numpy()
        if data.ndim == 1:
            writer.add_tensor(name, data)
        else:
            writer.add_tensor(name, gguf.quants.quantize(data, tensor_type), raw_dtype=tensor_type)
    save(writer)


def snippets() -> list[str]:
    """Random pieces of the held-out files, each as likely to be of any file."""
    chosen = random.Random(SEED)
    texts = [file["text"] for file in read_corpus() if file["split"] == "held-out"]
    cuts = [
        (text := chosen.choice(texts), start := chosen.randrange(len(text)), start + chosen.randint(1, 600))
        for _ in range(SNIPPETS)
    ]
    return [text[start:end] for text, start, end in cuts]


@torch.no_grad()
def reference(model: FalconForCausalLM, tokenizer: Tokenizer) -> list[dict]:
    """Texts with their tokens; the first ones with the log-likelihood of each token but the first, in nats."""
    records = []
    for text in snippets():
        tokens = tokenizer.encode(text).ids
        records.append({"text": text, "tokens": tokens})
    for record in records[:SCORED]:
        ids = torch.tensor([record["tokens"]])
        logits = model(ids, use_cache=False).logits[0, :-1]
        likelihoods = logits.log_softmax(-1).gather(-1, ids[0, 1:, None])[:, 0]
        record["logLikelihoods"] = np.round(likelihoods.numpy().astype(float), 6).tolist()
    return records


def main() -> None:
    model, tokenizer = load(sys.argv[1] if len(sys.argv) > 1 else "main")
    EXPORT.mkdir(parents=True, exist_ok=True)
    for form in FORMS:
        path = EXPORT / f"falcon-tiny-demo-{form}.gguf"
        write_form(path, form, model, vocabulary_of(tokenizer))
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")
    (EXPORT / "reference.json").write_text(json.dumps(reference(model, tokenizer)))


if __name__ == "__main__":
    main()
