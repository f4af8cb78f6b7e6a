"""Muon (Jordan 2024): momentum, made orthogonal. As torch.optim.Muon with adjust_lr_fn="match_rms_adamw" (Liu et al. 2025), but
in single precision on a CPU, since many multiply bfloat16 fifty times slower, and with matrices of one shape together."""

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    def __init__(self, matrices: list[Tensor], lr: float, weight_decay: float, momentum: float) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            same_shape: dict[torch.Size, list[Tensor]] = {}
            for matrix in group["params"]:
                same_shape.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in same_shape.items():
                updates = torch.stack([self.momentum(matrix, group["momentum"]) for matrix in matrices])
                rate = group["lr"] * 0.2 * max(shape) ** 0.5
                for matrix, update in zip(matrices, orthogonal(updates).float(), strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-rate)

    def momentum(self, matrix: Tensor, share: float) -> Tensor:
        """Nesterov's: the gradient drawn towards the mean that it moves."""
        mean = self.state[matrix].setdefault("mean", torch.zeros_like(matrix))
        mean.lerp_(matrix.grad, 1 - share)
        return matrix.grad.lerp(mean, share)


def orthogonal(matrices: Tensor) -> Tensor:
    """[count, rows, columns] -> the same with singular values near 1 (Newton-Schulz iteration)."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x.to(torch.bfloat16 if x.is_cuda else torch.float32)
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x
