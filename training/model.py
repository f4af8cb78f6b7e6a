"""The model, a Falcon of the 7B form (multi-query attention, attention and MLP in parallel, rotary positions), written out
so that it compiles well; its parameters have the names of Transformers' FalconForCausalLM, which it must equal."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import FalconConfig

ROTARY_BASE = 10_000.0
ATTENTION_BLOCK = 128


def falcon_config(layers: int = 6, width: int = 256, vocabulary: int = 4096, context: int = 2048) -> FalconConfig:
    return FalconConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        num_kv_heads=1,
        multi_query=True,
        parallel_attn=True,
        new_decoder_architecture=False,
        alibi=False,
        # As llama.cpp computes it; tiiuae/falcon-7b has the exact one.
        activation="gelu_pytorch_tanh",
        bias=False,
        max_position_embeddings=context,
        rope_parameters={"rope_type": "default", "rope_theta": ROTARY_BASE},
        bos_token_id=11,
        eos_token_id=11,
        tie_word_embeddings=True,
    )


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head_size = heads, width // heads
        self.query_key_value = nn.Linear(width, width + 2 * self.head_size, bias=False)
        self.dense = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x [batch, length, width] -> the same."""
        batch, length, width = x.shape
        heads = self.query_key_value(x).view(batch, length, self.heads + 2, self.head_size).transpose(1, 2)
        rotated = rotate(heads[:, : self.heads + 1], cos, sin)
        mixed = attend(rotated[:, : self.heads], rotated[:, self.heads], heads[:, self.heads + 1])
        return self.dense(mixed.transpose(1, 2).reshape(batch, length, width))


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Causal attention of [batch, heads, length, size] to one key and value for all heads, [batch, length, size].

    A block of queries of all heads is one matrix, and sees no keys after its end: on a CPU a step of training takes about a
    tenth less time so than with scaled_dot_product_attention, which treats each head apart.
    """
    batch, heads, length, size = query.shape
    mixed = []
    for start in range(0, length, ATTENTION_BLOCK):
        end = min(start + ATTENTION_BLOCK, length)
        block = query[:, :, start:end].reshape(batch, -1, size)
        scores = (block @ key[:, :end].transpose(1, 2)).view(batch, heads, end - start, end).float() * size**-0.5
        is_later = torch.ones(end - start, end, dtype=torch.bool, device=query.device).triu(start + 1)
        shares = scores.masked_fill(is_later, -torch.inf).softmax(-1).to(value.dtype)
        mixed.append((shares.view(batch, -1, end) @ value[:, :end]).view(batch, heads, end - start, size))
    return torch.cat(mixed, dim=2)


class Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense_h_to_4h = nn.Linear(width, 4 * width, bias=False)
        self.dense_4h_to_h = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.dense_4h_to_h(F.gelu(self.dense_h_to_4h(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.input_layernorm = nn.LayerNorm(width)
        self.self_attention = Attention(width, heads)
        self.mlp = Mlp(width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        normed = self.input_layernorm(x)
        return x + self.self_attention(normed, cos, sin) + self.mlp(normed)


class Transformer(nn.Module):
    def __init__(self, config: FalconConfig) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.h = nn.ModuleList(
            Block(config.hidden_size, config.num_attention_heads) for _ in range(config.num_hidden_layers)
        )
        self.ln_f = nn.LayerNorm(config.hidden_size)


class Falcon(nn.Module):
    def __init__(self, config: FalconConfig) -> None:
        super().__init__()
        self.transformer = Transformer(config)
        cos, sin = rotary_tables(config.max_position_embeddings, config.hidden_size // config.num_attention_heads)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        deviation = config.initializer_range
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                # What is added to the residual stream starts small (GPT-2).
                shrink = (2 * config.num_hidden_layers) ** -0.5 if "dense.weight" in name or "4h_to_h" in name else 1.0
                nn.init.normal_(parameter, std=deviation * shrink)

    def hidden(self, tokens: Tensor) -> Tensor:
        """tokens [batch, length] -> [batch, length, width] before the output embedding."""
        cos, sin = self.cos[: tokens.shape[1]], self.sin[: tokens.shape[1]]
        x = self.transformer.word_embeddings(tokens)
        for block in self.transformer.h:
            x = block(x, cos, sin)
        return self.transformer.ln_f(x)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens [batch, length] -> logits [batch, length, vocabulary]."""
        return F.linear(self.hidden(tokens), self.transformer.word_embeddings.weight)

    def loss(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Mean negative log-likelihood in nats; both [batch, length]."""
        return F.cross_entropy(self(tokens).flatten(0, 1).float(), targets.flatten())


def autocast() -> torch.autocast:
    """Bfloat16 where the processor multiplies it; elsewhere it takes fifty times as long as single precision."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def rotary_tables(length: int, size: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines, [length, size] each, the two halves of a head alike (Su et al. 2021, GPT-NeoX order)."""
    angles = torch.arange(length)[:, None] * ROTARY_BASE ** (-torch.arange(0, size, 2) / size)[None, :]
    return angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [batch, heads, length, size]."""
    left, right = x.chunk(2, dim=-1)
    return (x * cos + torch.cat((-right, left), dim=-1) * sin).to(x.dtype)
