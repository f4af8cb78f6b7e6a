"""Ways to compute causal attention of many heads to one key and value head, and which of them is the fastest here."""

import time
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

#: query [batch, heads, length, size], key and value [batch, 1, length, size] -> as the query.
Attend = Callable[[Tensor, Tensor, Tensor], Tensor]

BLOCK = 128
TIMED_ROWS, TIMED_RUNS = 16, 10


def in_blocks(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """A block of queries of all heads is one matrix, and sees no keys after its end: on a CPU a step of training takes about a
    tenth less time so than with scaled_dot_product_attention, which treats each head apart."""
    batch, heads, length, size = query.shape
    key, value = key[:, 0], value[:, 0]
    mixed = []
    for start in range(0, length, BLOCK):
        end = min(start + BLOCK, length)
        block = query[:, :, start:end].reshape(batch, -1, size)
        scores = (block @ key[:, :end].transpose(1, 2)).view(batch, heads, end - start, end).float() * size**-0.5
        is_later = torch.ones(end - start, end, dtype=torch.bool, device=query.device).triu(start + 1)
        shares = scores.masked_fill(is_later, -torch.inf).softmax(-1).to(value.dtype)
        mixed.append((shares.view(batch, -1, end) @ value[:, :end]).view(batch, heads, end - start, size))
    return torch.cat(mixed, dim=2)


def shared(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """By PyTorch's kernel, which reads the one key and value for all heads."""
    return F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)


def repeated(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """By PyTorch's kernel, with a key and a value for each head."""
    heads = query.shape[1]
    key, value = key.expand(-1, heads, -1, -1), value.expand(-1, heads, -1, -1)
    return F.scaled_dot_product_attention(query, key, value, is_causal=True)


def allow_kernel(kernel: str) -> None:
    """Leaves PyTorch one kernel to choose from, so that what is timed is what trains: "cudnn", "flash" or "math"."""
    torch.backends.cuda.enable_cudnn_sdp(kernel == "cudnn")
    torch.backends.cuda.enable_flash_sdp(kernel == "flash")
    torch.backends.cuda.enable_mem_efficient_sdp(False)
    torch.backends.cuda.enable_math_sdp(kernel == "math")


class Way:
    """A way of attention by name; `prepare` is called before it is used."""

    def __init__(self, name: str, attend: Attend, prepare: Callable[[], None] = lambda: None) -> None:
        self.name, self.attend, self.prepare = name, attend, prepare


def ways_for(device: torch.device) -> list[Way]:
    if device.type != "cuda":
        return [Way("in blocks", in_blocks)]
    kernels = [
        Way(f"{kernel}, {attend.__name__}", attend, partial(allow_kernel, kernel))
        for kernel in ("cudnn", "flash")
        for attend in (shared, repeated)
    ]
    return [*kernels, Way("math, repeated", repeated, partial(allow_kernel, "math"))]


def fastest_first(ways: list[Way], heads: int, length: int, device: torch.device, dtype: torch.dtype) -> list[Way]:
    """Those that work, forwards and backwards."""
    if len(ways) == 1:
        return ways
    seconds: dict[Way, float] = {}
    for way in ways:
        try:
            seconds[way] = seconds_of(way, heads, length, device, dtype)
            print(f"attention {way.name}: {seconds[way] * 1e3:.2f} ms", flush=True)
        # PyTorch's kernels say so where a device or a shape is none of theirs.
        except RuntimeError as problem:
            print(f"attention {way.name} fails: {str(problem)[:160]}", flush=True)
    if not seconds:
        raise SystemExit("no way of attention works on this device")
    return sorted(seconds, key=seconds.__getitem__)


def seconds_of(way: Way, heads: int, length: int, device: torch.device, dtype: torch.dtype) -> float:
    """Of one pass forwards and backwards, after three to warm up."""
    way.prepare()
    x = torch.randn(TIMED_ROWS, length, heads + 2, 64, device=device, dtype=dtype, requires_grad=True)
    gradient = torch.randn(TIMED_ROWS, heads, length, 64, device=device, dtype=dtype)
    for run in range(3 + TIMED_RUNS):
        if run == 3:
            synchronize(device)
            began = time.perf_counter()
        parts = x.transpose(1, 2)
        way.attend(parts[:, :heads], parts[:, heads : heads + 1], parts[:, heads + 1 :]).backward(gradient)
        x.grad = None
    synchronize(device)
    return (time.perf_counter() - began) / TIMED_RUNS


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
