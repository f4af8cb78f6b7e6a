"""Reads a model: a run's checkpoint, a folder in Hugging Face's form, or a GGUF file of the form that export.py writes."""

from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models
from torch import Tensor
from transformers import FalconForCausalLM

from model import falcon_config
from paths import RUNS, TOKENIZER
from tokenizer import SPECIAL_TOKENS, falcon_pre_tokenizer, load_tokenizer

EMBEDDING = "transformer.word_embeddings.weight"


def checkpoint_path(run: str) -> Path:
    return RUNS / run / "checkpoint.pt"


def load(source: str) -> tuple[FalconForCausalLM, Tokenizer]:
    """The model in Transformers' class, in 32 bits, and its tokenizer. `source` names a run or a path."""
    path = Path(source)
    if checkpoint_path(source).exists():
        return to_transformers(torch.load(checkpoint_path(source), mmap=True)["model"]), load_tokenizer(TOKENIZER)
    if path.is_dir():
        model = FalconForCausalLM.from_pretrained(path, dtype=torch.float32)
        return model.eval(), load_tokenizer(path / "tokenizer.json")
    if path.suffix == ".gguf" and path.exists():
        return load_gguf(path)
    raise SystemExit(f"{source} is neither a run in {RUNS} nor a folder or GGUF file: train it, or name another")


def to_transformers(weights: dict[str, Tensor]) -> FalconForCausalLM:
    """The weights in Transformers' class; their shapes say how many layers there are and how wide they are."""
    vocabulary, width = weights[EMBEDDING].shape
    layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("transformer.h."))
    model = FalconForCausalLM(falcon_config(layers=layers, width=width, vocabulary=vocabulary))
    model.load_state_dict(
        {name: weight.float() for name, weight in weights.items()} | {"lm_head.weight": weights[EMBEDDING]}
    )
    return model.eval()


def load_gguf(path: Path) -> tuple[FalconForCausalLM, Tokenizer]:
    """Quantized weights as the numbers that they stand for."""
    reader = gguf.GGUFReader(path)

    def field(name: str) -> object:
        return reader.fields[name].contents()

    tensors = {each.name: gguf.quants.dequantize(each.data, each.tensor_type) for each in reader.tensors}
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.FALCON, field("falcon.block_count"))
    vocabulary, width = tensors["token_embd.weight"].shape
    config = falcon_config(layers=field("falcon.block_count"), width=width, vocabulary=vocabulary)
    # With one key and value head, GGUF's order of rows is Transformers' own.
    wanted = [name for name in FalconForCausalLM(config).state_dict() if name != "lm_head.weight"]
    stored = {name: tensors[names.get_name(name, try_suffixes=(".weight", ".bias"))] for name in wanted}
    model = to_transformers({name: torch.from_numpy(np.array(weight)) for name, weight in stored.items()})
    merges = [tuple(merge.split(" ")) for merge in field("tokenizer.ggml.merges")]
    numbers = {token: number for number, token in enumerate(field("tokenizer.ggml.tokens"))}
    tokenizer = Tokenizer(models.BPE(numbers, merges))
    tokenizer.pre_tokenizer, tokenizer.decoder = falcon_pre_tokenizer(), decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    tokenizer.encode_special_tokens = True
    return model, tokenizer
