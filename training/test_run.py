"""The recipe from archives to a model that the engine runs, with a toy model on the CPU, and what may go wrong on the way."""

import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import attention
import fetch
from checkpoint import load
from fetch import archive_folder
from pack import Vocabulary
from paths import ARCHIVES, CACHE, CORPUS, EXPORT, HERE, RUNS, TOKENS, whole
from rows import Rows
from tokenizer import load_tokenizer, read_corpus
from train import Training, arguments, rate_share

#: Installed with the requirements, and on the list of sources; the last one is held out.
PACKAGES = ("jinja2", "fsspec", "networkx", "pyyaml")
TOY = ["--layers", "2", "--width", "128", "--row-length", "128", "--rows", "8", "--micro-rows", "4"]
CPU = torch.device("cpu")


def python(*words: str) -> str:
    """Runs a step; its output."""
    done = subprocess.run([sys.executable, *words], cwd=HERE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make_archive(name: str, folder: Path) -> None:
    """A wheel of an installed package."""
    folder.mkdir(parents=True, exist_ok=True)
    version = importlib.metadata.version(name)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for file in importlib.metadata.files(name) or []:
            if file.suffix in (".py", "") and ".." not in file.parts and file.locate().is_file():
                archive.write(file.locate(), file.as_posix())


@pytest.fixture(scope="module", autouse=True)
def data() -> Iterator[None]:
    """What the steps before the training make."""
    for name in PACKAGES:
        make_archive(name, archive_folder("pypi", name))
    for step in ("collect", "tokenizer", "instruct"):
        python(f"training/{step}.py")
    yield
    shutil.rmtree(CACHE)


def training_of(run: str, *words: str) -> Training:
    torch.manual_seed(1)
    (RUNS / run).mkdir(parents=True, exist_ok=True)
    options = arguments(CPU, ["--run", run, "--steps", "12", *TOY, *words])
    return Training(options, CPU, Vocabulary.of(load_tokenizer()))


def test_fetch_takes_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By pip itself, from a folder in place of the registry."""
    make_archive("tqdm", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with monkeypatch.context() as hasty:
        hasty.setattr(fetch, "TIMEOUT_SECONDS", 0.01)
        assert fetch.fetch("pypi", {"tqdm": None}) == ["pypi tqdm: timed out after 0.01 s"]
    assert fetch.archive_of("pypi", "tqdm") is None
    [problem] = fetch.fetch("pypi", {"tqdm": None, "falcon-no-package": "1.0"})
    assert "pypi falcon-no-package: " in problem and "No matching distribution" in problem
    assert fetch.archive_of("pypi", "tqdm").name == f"tqdm-{importlib.metadata.version('tqdm')}-py3-none-any.whl"
    assert not list(ARCHIVES.glob("partial-*"))
    shutil.rmtree(archive_folder("pypi", "tqdm"))


def test_corpus_is_split_by_package() -> None:
    splits = {(file["package"], file["split"]) for file in read_corpus()}
    assert splits == {(f"pypi:{name}", "held-out" if name == "pyyaml" else "training") for name in PACKAGES}


def test_collect_goes_on_after_it_was_killed() -> None:
    before = CORPUS.read_bytes()
    kept = sorted((CACHE / "packages").glob("*/*.pickle"))
    assert len(kept) == len(PACKAGES)
    CORPUS.unlink()
    # As a process leaves it that was killed while it wrote.
    kept[0].rename(kept[0].with_name(kept[0].name + ".new"))
    kept[0].with_name(kept[0].name + ".new").write_bytes(b"half")
    python("training/collect.py")
    assert CORPUS.read_bytes() == before


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole(path) as new:
        new.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with whole(path) as new:
        new.write_text("new")
    assert path.read_text() == "new"


def test_rows_come_in_one_order_from_any_place() -> None:
    rows = Rows(128)
    try:
        first, place = rows.take(7), rows.place
        # What ends a training, as Ctrl+C does, reaches its processes too; it still saves where it was.
        for number in rows.pool._processes:
            os.kill(number, signal.SIGTERM)
            os.kill(number, signal.SIGINT)
        many = rows.take(3000)
    finally:
        rows.close()
    assert place == (0, 7)
    # A corpus so small is one group, and the second epoch follows in an order of its own.
    assert many.shape == (3000, 129) and rows.place[0] > 0
    again = Rows(128, place)
    try:
        assert np.array_equal(again.take(3000), many)
        assert not np.array_equal(again.take(7), first)
    finally:
        again.close()


def test_processes_that_arrange_rows_end_with_a_killed_training() -> None:
    code = (
        "import sys, time; sys.path.insert(0, 'training')\n"
        "from rows import Rows\n"
        "if __name__ == '__main__':\n"
        "    rows = Rows(128); rows.take(1)\n"
        "    print(*rows.pool._processes, flush=True); time.sleep(600)\n"
    )
    script = CACHE / "killed.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, script], cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        workers = [int(number) for number in process.stdout.readline().split()]
        process.kill()
    assert workers
    deadline = time.monotonic() + 60
    while (left := [number for number in workers if is_running(number)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    # One that nobody waited for is listed until somebody does.
    return "Z" not in Path(f"/proc/{number}/stat").read_text().split(")")[1].split()[0]


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
    with subprocess.Popen([sys.executable, *words], cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        while not process.stdout.readline().startswith("{"):
            pass
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
