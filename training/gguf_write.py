"""Writes Transformers models of the Falcon families as GGUF, in the layout of llama.cpp's own conversion.

Formats: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and, for the layout of each architecture's tensors,
https://github.com/ggml-org/llama.cpp/tree/master/conversion
"""

from dataclasses import dataclass
from pathlib import Path

import gguf
import torch
from torch import Tensor

ARCHITECTURES = {
    "falcon": gguf.MODEL_ARCH.FALCON,
    "llama": gguf.MODEL_ARCH.LLAMA,
    "falcon_h1": gguf.MODEL_ARCH.FALCON_H1,
    "falcon_mamba": gguf.MODEL_ARCH.MAMBA,
}


@dataclass(frozen=True)
class Vocabulary:
    """A byte-level BPE vocabulary. `pre` is llama.cpp's name of the rules that split text before merges."""

    pre: str
    tokens: list[str]
    types: list[int]
    merges: list[str]
    end_of_text: int


def write_model(path: Path, name: str, model: torch.nn.Module, vocabulary: Vocabulary) -> None:
    """Writes a model whose weights are all 32-bit floats."""
    architecture = ARCHITECTURES[model.config.model_type]
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[architecture])
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    add_hyperparameters(writer, model.config)
    add_vocabulary(writer, vocabulary)
    for tensor_name, tensor in gguf_tensors(model):
        writer.add_tensor(tensor_name, tensor.contiguous().numpy())
    save(writer)


def write_adapter(path: Path, base: torch.nn.Module, alpha: float, pairs: dict[str, tuple[Tensor, Tensor]]) -> None:
    """Writes a LoRA adapter: for names of the base model's parameters, A (rank × input) and B (output × rank)."""
    architecture = ARCHITECTURES[base.config.model_type]
    names = gguf.get_tensor_name_map(architecture, base.config.num_hidden_layers)
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[architecture])
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    for parameter, (a, b) in pairs.items():
        name = names.get_name(parameter, try_suffixes=(".weight",))
        writer.add_tensor(f"{name}.lora_a", a.contiguous().numpy())
        # What reorders the rows of a weight reorders those of B.
        writer.add_tensor(f"{name}.lora_b", rearranged(parameter, b, base.config).contiguous().numpy())
    save(writer)


def save(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_tensors(model: torch.nn.Module) -> list[tuple[str, Tensor]]:
    """The model's weights by their GGUF names, in GGUF's layout."""
    config = model.config
    names = gguf.get_tensor_name_map(ARCHITECTURES[config.model_type], config.num_hidden_layers)
    tensors = []
    for parameter, tensor in model.state_dict().items():
        parameter = parameter.replace(".dt_bias", ".dt_proj.bias")
        name = names.get_name(parameter, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise ValueError(f"{parameter} has no name in GGUF")
        tensors.append((name, rearranged(parameter, tensor.float(), config)))
    return tensors


def rearranged(parameter: str, tensor: Tensor, config) -> Tensor:
    """A weight as GGUF has it: other orders of rows, multipliers multiplied in, the state's decay as it is used."""
    if parameter.endswith(".A_log"):
        tensor = -torch.exp(tensor)
    if parameter.endswith("conv1d.weight"):
        tensor = tensor.squeeze(1)
    if config.model_type == "falcon" and "query_key_value" in parameter:
        return ungrouped(tensor, config)
    if config.model_type == "llama" and "q_proj" in parameter:
        return interleaved(tensor, config.num_attention_heads)
    if config.model_type == "llama" and "k_proj" in parameter:
        return interleaved(tensor, config.num_key_value_heads)
    if config.model_type == "falcon_h1":
        return multiplied(parameter, tensor, config)
    return tensor


def ungrouped(qkv: Tensor, config) -> Tensor:
    """From groups of query heads, each with its key and its value, to all queries, all keys, all values."""
    kv_heads = config.num_kv_heads if config.new_decoder_architecture else 1
    grouped = qkv.view(kv_heads, config.num_attention_heads // kv_heads + 2, config.head_dim, -1)
    parts = (grouped[:, :-2], grouped[:, -2:-1], grouped[:, -1:])
    return torch.cat([part.reshape(-1, grouped.shape[-1]) for part in parts])


def interleaved(weight: Tensor, heads: int) -> Tensor:
    """Rotary pairs as neighbours, where Transformers has them half a head apart."""
    return weight.view(heads, 2, -1, weight.shape[-1]).transpose(1, 2).reshape(weight.shape)


def multiplied(parameter: str, tensor: Tensor, config) -> Tensor:
    """Falcon-H1's multipliers, which Transformers applies to activations, in the weights before or behind them."""
    scalar = {
        "embed_tokens.weight": config.embedding_multiplier,
        "lm_head.weight": config.lm_head_multiplier,
        "q_proj.weight": config.attention_in_multiplier,
        "k_proj.weight": config.attention_in_multiplier * config.key_multiplier,
        "v_proj.weight": config.attention_in_multiplier,
        "o_proj.weight": config.attention_out_multiplier,
        "mamba.out_proj.weight": config.ssm_out_multiplier,
        "gate_proj.weight": config.mlp_multipliers[0],
        "down_proj.weight": config.mlp_multipliers[1],
    }
    for ending, factor in scalar.items():
        if parameter.endswith(ending):
            return tensor * factor
    if parameter.endswith("mamba.in_proj.weight"):
        # Its rows are gate, input, B, C and time step, each with a multiplier.
        groups = config.mamba_n_groups * config.mamba_d_state
        rows = torch.tensor([config.mamba_d_ssm, config.mamba_d_ssm, groups, groups, config.mamba_n_heads])
        factors = torch.tensor(config.ssm_multipliers) * config.ssm_in_multiplier
        return tensor * factors.repeat_interleave(rows).unsqueeze(1)
    if parameter.endswith(("mamba.A_log", "mamba.D")):
        return tensor.unsqueeze(1)
    if parameter.endswith("mamba.norm.weight"):
        return tensor.view(config.mamba_n_groups, -1)
    return tensor


def add_hyperparameters(writer: gguf.GGUFWriter, config) -> None:
    writer.add_context_length(2048)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    if config.model_type == "falcon":
        writer.add_feed_forward_length(config.ffn_hidden_size)
        writer.add_head_count(config.num_attention_heads)
        writer.add_head_count_kv(config.num_kv_heads if config.new_decoder_architecture else 1)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
        writer.add_tensor_data_layout("jploski")
    elif config.model_type == "falcon_mamba":
        # llama.cpp asks for these two though there is neither attention nor a feed-forward network.
        writer.add_feed_forward_length(0)
        writer.add_head_count(0)
        writer.add_layer_norm_rms_eps(config.layer_norm_epsilon)
        writer.add_ssm_conv_kernel(config.conv_kernel)
        writer.add_ssm_inner_size(config.intermediate_size)
        writer.add_ssm_state_size(config.state_size)
        writer.add_ssm_time_step_rank(config.time_step_rank)
        writer.add_ssm_dt_b_c_rms(True)
    else:
        writer.add_vocab_size(config.vocab_size)
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count(config.num_attention_heads)
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if config.model_type == "llama":
        writer.add_rope_dimension_count(config.head_dim)
    if config.model_type == "falcon_h1":
        writer.add_ssm_conv_kernel(config.mamba_d_conv)
        writer.add_ssm_inner_size(config.mamba_d_ssm)
        writer.add_ssm_state_size(config.mamba_d_state)
        writer.add_ssm_time_step_rank(config.mamba_n_heads)
        writer.add_ssm_group_count(config.mamba_n_groups)


def add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.end_of_text)
    writer.add_eos_token_id(vocabulary.end_of_text)
