"""What is tried in turn where the memory is too small, with the same result of each step."""

from collections.abc import Iterator

from accelerate.utils.memory import should_reduce_batch_size


def memory_steps(batch: int) -> Iterator[tuple[int, bool]]:
    """Examples at once, halved down to one; and at last whether activations are computed anew in place of being kept."""
    while batch > 1:
        yield batch, False
        batch //= 2
    yield 1, False
    yield 1, True


def reduces(problem: Exception) -> bool:
    """Whether less at once is worth a try."""
    return isinstance(problem, MemoryError) or should_reduce_batch_size(problem)
