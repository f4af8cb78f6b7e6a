"""Reads a run's last checkpoint."""

from pathlib import Path

import torch
from transformers import FalconForCausalLM

from model import Falcon, falcon_config
from paths import RUNS


def checkpoint_path(run: str) -> Path:
    return RUNS / run / "checkpoint.pt"


def load_model(run: str) -> Falcon:
    state = torch.load(checkpoint_path(run), mmap=True)
    vocabulary = len(state["model"]["transformer.word_embeddings.weight"])
    model = Falcon(falcon_config(layers=state["layers"], vocabulary=vocabulary))
    model.load_state_dict(state["model"])
    return model.eval()


def to_transformers(model: Falcon) -> FalconForCausalLM:
    """The same weights in Transformers' class."""
    weights = model.state_dict()
    vocabulary = len(weights["transformer.word_embeddings.weight"])
    other = FalconForCausalLM(falcon_config(layers=len(model.transformer.h), vocabulary=vocabulary))
    other.load_state_dict(weights | {"lm_head.weight": weights["transformer.word_embeddings.weight"]})
    return other.eval()
