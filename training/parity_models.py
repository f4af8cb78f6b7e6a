"""The models of the reference: small, of every Falcon architecture, with seeded random weights."""

import math

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, FalconConfig, FalconH1Config, FalconMambaConfig, LlamaConfig

SMALL = {
    "hidden_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 96,
    "tie_word_embeddings": False,
}

# The numbers of tiiuae/Falcon-H1-0.5B: what its multipliers and its other settings are in real files.
FALCON_H1 = {
    "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e11},
    "mamba_conv_bias": True,
    "mamba_chunk_size": 128,
    "attention_in_multiplier": 1.0,
    "attention_out_multiplier": 0.9375,
    "embedding_multiplier": 5.656854249492381,
    "key_multiplier": 0.39062499999999994,
    "lm_head_multiplier": 0.0390625,
    "mlp_multipliers": [0.8838834764831844, 0.5859375],
    "ssm_in_multiplier": 1.25,
    "ssm_multipliers": [0.3535533905932738, 0.25, 0.3535533905932738, 0.5, 0.3535533905932738],
    "ssm_out_multiplier": 0.23570226039551587,
}
FALCON_H1_STATE = {"mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 16}

# The configuration of each model, llama.cpp's name of its text splitting, and its special tokens beyond Falcon-7B's.
MODELS = {
    "falcon7b": (
        FalconConfig(hidden_size=48, num_hidden_layers=2, num_attention_heads=3, tie_word_embeddings=False),
        "falcon",
        [],
    ),
    "falcon40b": (
        FalconConfig(
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_kv_heads=2,
            new_decoder_architecture=True,
            tie_word_embeddings=False,
        ),
        "falcon",
        [],
    ),
    "falcon3": (
        LlamaConfig(**SMALL, rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 1_000_042}),
        "falcon3",
        ["<|system|>", "<|user|>", "<|assistant|>"],
    ),
    "falconH1": (
        FalconH1Config(**SMALL, **FALCON_H1, **FALCON_H1_STATE, mamba_n_groups=1, mamba_rms_norm=False),
        "falcon-h1",
        ["<|im_start|>", "<|im_end|>"],
    ),
    # What Falcon-H1's architecture has besides, and llama.cpp runs: groups of heads, and a norm behind the gate.
    "falconH1Norm": (
        FalconH1Config(
            **SMALL,
            **{**FALCON_H1, "attention_in_multiplier": 1.5},
            **FALCON_H1_STATE,
            mamba_n_groups=2,
            mamba_rms_norm=True,
            mamba_norm_before_gate=False,
        ),
        "falcon-h1",
        ["<|im_start|>", "<|im_end|>"],
    ),
    "falconMamba": (
        FalconMambaConfig(hidden_size=48, num_hidden_layers=2, state_size=16, tie_word_embeddings=False),
        "falcon",
        ["<|im_start|>", "<|im_end|>"],
    ),
}


def build_model(config, seed: int) -> torch.nn.Module:
    """A model whose weights are random, and so large that each counts."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(random_weight(name, weight, config))
    return model


def random_weight(name: str, weight: Tensor, config) -> Tensor:
    noise = torch.randn_like(weight)
    # Falcon-H1's multipliers make its embeddings larger and its output smaller, as its weights were trained to suit.
    if "embed" in name:
        return noise / getattr(config, "embedding_multiplier", 1)
    if "lm_head" in name:
        return 0.7 * noise / math.sqrt(config.hidden_size) / getattr(config, "lm_head_multiplier", 1)
    if name.endswith("A_log"):
        # A state loses from 1 to 30 percent in a whole time step.
        return torch.log(torch.logspace(-2, -0.5, weight.shape[-1]).expand_as(weight)) + 0.1 * noise
    if name.endswith(("dt_bias", "dt_proj.bias")):
        # The softplus of it is a time step from 0.03 to 1.
        return torch.log(torch.expm1(torch.logspace(-1.5, 0, weight.numel())))
    if name.endswith(".bias"):
        return 0.3 * noise
    if weight.dim() == 1:
        return 1 + 0.3 * noise
    # So that a layer adds about as much as comes into it; more to a state, whose norms hide what is small.
    gain = 1.5 if "mixer." in name or "mamba." in name else 0.8
    return gain * noise / math.sqrt(weight[0].numel())
