"""The training of a toy model on the CPU, what may go wrong on the way, and the model that the engine runs in the end."""

import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

import attention
from checkpoint import load
from conftest import python
from optimization import Training, rate_share
from pack import Vocabulary
from paths import EXPORT, HERE, RUNS, TOKENS
from tokenizer import load_tokenizer
from train import arguments

pytestmark = pytest.mark.usefixtures("corpus")

TOY = ["--layers", "2", "--width", "128", "--row-length", "128", "--rows", "8", "--micro-rows", "4"]
CPU = torch.device("cpu")


def training_of(run: str, *words: str) -> Training:
    torch.manual_seed(1)
    (RUNS / run).mkdir(parents=True, exist_ok=True)
    options = arguments(CPU, ["--run", run, "--steps", "12", *TOY, *words])
    return Training(options, CPU, Vocabulary.of(load_tokenizer()))


def test_rate_rises_stays_and_falls_to_nothing() -> None:
    assert rate_share(0) == pytest.approx(0.02)
    assert rate_share(0.1) == rate_share(0.75) == 1
    assert rate_share(0.75 + 0.25 / 4) == pytest.approx(0.5)
    assert rate_share(1) == rate_share(1.2) == 0


def test_run_that_was_ended_goes_on_where_it_was() -> None:
    whole_run, ended = training_of("whole"), training_of("ended")
    losses = [whole_run.advance().item() for _ in range(12)]
    whole_run.rows.close()
    for step in range(5):
        assert ended.advance().item() == pytest.approx(losses[step], rel=1e-5)
    ended.save()
    ended.rows.close()
    resumed = training_of("ended")
    assert resumed.step == 5
    assert [resumed.advance().item() for _ in range(7)] == pytest.approx(losses[5:], rel=1e-3)
    assert resumed.progress == 1
    resumed.rows.close()


def test_out_of_memory_leads_to_smaller_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    training = training_of("memory", "--micro-rows", "8")
    rows = training.next_rows()
    whole_loss = training.gradients(rows).item()
    expected = [parameter.grad.clone() for parameter in training.model.parameters()]
    training.clear_gradients()
    compute = training.model.loss

    def of_little_memory(tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if len(tokens) > 2:
            raise torch.OutOfMemoryError("too little")
        return compute(tokens, targets)

    monkeypatch.setattr(training.model, "loss", of_little_memory)
    assert training.gradients(rows).item() == pytest.approx(whole_loss, rel=1e-2)
    assert training.micro_rows == 2
    assert "out of memory: 2 rows at once" in capsys.readouterr().out
    for parameter, gradient in zip(training.model.parameters(), expected, strict=True):
        assert (parameter.grad - gradient).norm() <= 0.05 * gradient.norm() + 1e-6
    training.rows.close()


def test_what_cannot_be_compiled_runs_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", lambda _function, **_options: fail)
    training = training_of("compiled")
    assert np.isfinite(training.advance().item())
    printed = capsys.readouterr().out
    assert "no compiler" in printed and "not compiled" in printed
    training.rows.close()


def test_attention_that_works_fastest_comes_first() -> None:
    def slow(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        for _ in range(50):
            attention.repeated(query, key, value)
        return attention.repeated(query, key, value)

    def none(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no kernel")

    ways = [attention.Way(each.__name__, each) for each in (slow, none, attention.repeated)]
    order = [way.name for way in attention.fastest_first(ways, 2, 64, CPU, torch.float32)]
    assert order == ["repeated", "slow"]


def test_ways_of_attention_agree() -> None:
    parts = torch.randn(2, 6, 200, 64, generator=torch.Generator().manual_seed(1))
    some = parts[:, :4], parts[:, 4:5], parts[:, 5:]
    expected = attention.in_blocks(*some)
    for attend in (attention.shared, attention.repeated):
        assert (attend(*some) - expected).abs().max() < 1e-5


def test_training_by_the_clock_ends_with_a_model_that_the_engine_runs() -> None:
    """Ended once on the way, as by a system that shuts down."""
    words = ["training/train.py", "--seconds", "6", *TOY]
    command, output = [sys.executable, *words], []
    with subprocess.Popen(
        command, cwd=HERE.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout:
            output.append(line)
            if line.startswith("{"):
                break
        else:
            pytest.fail("the training ended before it told of a step:\n" + "".join(output))
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    python(*words)
    state = torch.load(RUNS / "main" / "checkpoint.pt")
    assert state["seconds"] >= 6
    last = json.loads((RUNS / "main" / "curve.jsonl").read_text().splitlines()[-1])
    assert 0 < last["plain_bits_per_byte"] < 8
    assert not list(RUNS.glob("*/*.new")) and not list(TOKENS.glob("*.new"))

    python("training/export.py")
    assert "python" in python("training/evaluate.py", "--cases", "2", "--bytes", "5000")
    f32, q8, *others = (EXPORT / f"falcon-tiny-demo-{form}.gguf" for form in ("F32", "Q8_0", "Q5_0", "Q4_0"))
    for quantized in others:
        quantized.unlink()
    (model, tokenizer), (exported, other) = load("main"), load(str(f32))
    tokens = tokenizer.encode("def add(a, b):\n    return a + b\n").ids
    assert other.encode("def add(a, b):\n    return a + b\n").ids == tokens
    assert torch.equal(exported(torch.tensor([tokens])).logits, model(torch.tensor([tokens])).logits)
    # The engine tells of each token all that might have come: a few texts take seconds.
    reference = json.loads((EXPORT / "reference.json").read_text())
    for text in reference[8:]:
        text.pop("logLikelihoods", None)
    (EXPORT / "reference.json").write_text(json.dumps(reference))
    if not (HERE.parent / "dist" / "engine.cjs").exists():
        subprocess.run(["node", "esbuild.mjs"], cwd=HERE.parent, check=True)
    checked = check_export()
    assert checked.returncode == 0, checked.stderr
    assert "2000 texts tokenized as in training" in checked.stdout
    # An export whose weights are not those of the reference.
    shutil.copy(q8, f32)
    assert "nat per token from Transformers" in check_export().stderr


def check_export() -> subprocess.CompletedProcess[str]:
    command = ["node", "training/checkExport.ts", str(EXPORT)]
    return subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
