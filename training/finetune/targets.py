"""Which matrices of each architecture get an adapter: those that PEFT changes and llama.cpp runs with one."""

from typing import Any

from fault import Fault

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
FEED_FORWARD = ["gate_proj", "up_proj", "down_proj"]

#: By the `model_type` of a model's config.
TARGETS = {
    # Falcon-7B, 40B, 180B, Falcon2, and the bundled model.
    "falcon": ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"],
    # Falcon3.
    "llama": [*ATTENTION, *FEED_FORWARD],
    # The kernels of the state's part read the weights of `conv1d` and `out_proj` past any adapter.
    "falcon_h1": [*ATTENTION, *FEED_FORWARD],
    # Here they read those of `x_proj` and `dt_proj`, too.
    "falcon_mamba": ["in_proj"],
}

#: What stays in 16 bits beside weights in 4, since its weights are read past the quantized layer.
NOT_QUANTIZED = {"falcon_h1": ["out_proj", "lm_head"], "falcon_mamba": ["out_proj", "x_proj", "dt_proj", "lm_head"]}


def targets_of(config: Any) -> list[str]:
    if config.model_type not in TARGETS:
        raise Fault(
            "base",
            f"The base is of the architecture “{config.model_type}”, and adapters are trained for "
            f"{', '.join(TARGETS)}. Give the folder of a Falcon's original weights.",
        )
    if config.model_type == "falcon" and (config.alibi or config.bias or not config.parallel_attn):
        raise Fault(
            "base", "The base is a Falcon-RW model, which llama.cpp does not run. Give another Falcon's folder."
        )
    if getattr(config, "quantization_config", None):
        raise Fault("base", "The base's weights are quantized already. Give the folder of its original weights.")
    return TARGETS[config.model_type]
