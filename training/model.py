"""The model, a Falcon of the 7B form (multi-query attention, attention and MLP in parallel, rotary positions), written out
so that it compiles well; its parameters have the names of Transformers' FalconForCausalLM, which it must equal."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import FalconConfig

from attention import Attend, in_blocks

ROTARY_BASE = 10_000.0
CONTEXT = 2048
#: A target that is not learned.
IGNORED = -100


def falcon_config(layers: int, width: int, vocabulary: int) -> FalconConfig:
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
        max_position_embeddings=CONTEXT,
        rope_parameters={"rope_type": "default", "rope_theta": ROTARY_BASE},
        bos_token_id=11,
        eos_token_id=11,
        tie_word_embeddings=True,
    )


class Linear(nn.Linear):
    """Multiplies in the type of what comes in; the weight stays in 32 bits."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.to(x.dtype))


class Norm(nn.LayerNorm):
    """In 32 bits, whatever comes in."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float()).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head_size = heads, width // heads
        self.query_key_value = Linear(width, width + 2 * self.head_size, bias=False)
        self.dense = Linear(width, width, bias=False)
        self.attend: Attend = in_blocks

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x [batch, length, width] -> the same."""
        batch, length, width = x.shape
        heads = self.query_key_value(x).view(batch, length, self.heads + 2, self.head_size).transpose(1, 2)
        rotated = rotate(heads[:, : self.heads + 1], cos, sin)
        mixed = self.attend(rotated[:, : self.heads], rotated[:, self.heads :], heads[:, self.heads + 1 :])
        return self.dense(mixed.transpose(1, 2).reshape(batch, length, width))


class Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense_h_to_4h = Linear(width, 4 * width, bias=False)
        self.dense_4h_to_h = Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.dense_4h_to_h(F.gelu(self.dense_h_to_4h(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.input_layernorm = Norm(width)
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
        self.ln_f = Norm(config.hidden_size)


class Falcon(nn.Module):
    """Its weights are in 32 bits; what flows through the blocks is of `dtype`."""

    def __init__(self, config: FalconConfig, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.dtype = dtype
        self.run_block, self.run_head = run_block, run_head
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

    def use(self, attend: Attend, is_compiled: bool) -> None:
        """How attention is computed, and whether what is trained is compiled: each block by itself, which takes seconds."""
        for block in self.transformer.h:
            block.self_attention.attend = attend
        # What was compiled for another kernel of PyTorch's attention would be taken again.
        torch.compiler.reset()
        compiled = partial(torch.compile, fullgraph=True, dynamic=False) if is_compiled else lambda function: function
        self.run_block, self.run_head = compiled(run_block), compiled(run_head)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens [batch, length] -> logits [batch, length, vocabulary]; never compiled, so that any shape will do."""
        return logits_of(self.hidden(tokens, run_block), self.transformer)

    def loss(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """The sum of the negative log-likelihoods in nats, of the targets that are not IGNORED; both [batch, length]."""
        return self.run_head(self.hidden(tokens, self.run_block), self.transformer, targets)

    def hidden(self, tokens: Tensor, run: Callable[[Block, Tensor, Tensor, Tensor], Tensor]) -> Tensor:
        """tokens [batch, length] -> [batch, length, width] after the blocks."""
        cos, sin = self.cos[: tokens.shape[1]], self.sin[: tokens.shape[1]]
        x = self.transformer.word_embeddings(tokens).to(self.dtype)
        for block in self.transformer.h:
            x = run(block, x, cos, sin)
        return x


def run_block(block: Block, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return block(x, cos, sin)


def logits_of(x: Tensor, transformer: Transformer) -> Tensor:
    """In 32 bits."""
    return F.linear(transformer.ln_f(x), transformer.word_embeddings.weight.to(x.dtype)).float()


def run_head(x: Tensor, transformer: Transformer, targets: Tensor) -> Tensor:
    logits = logits_of(x, transformer).flatten(0, 1)
    return F.cross_entropy(logits, targets.flatten(), ignore_index=IGNORED, reduction="sum")


def rotary_tables(length: int, size: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines, [length, size] each, the two halves of a head alike (Su et al. 2021, GPT-NeoX order)."""
    angles = torch.arange(length)[:, None] * ROTARY_BASE ** (-torch.arange(0, size, 2) / size)[None, :]
    return angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [batch, heads, length, size]."""
    left, right = x.float().chunk(2, dim=-1)
    return (x.float() * cos + torch.cat((-right, left), dim=-1) * sin).to(x.dtype)
