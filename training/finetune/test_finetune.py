"""Fine-tunes small models of every architecture on the CPU: pytest training/finetune, in two minutes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from peft import PeftModel, get_peft_model
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    FalconConfig,
    FalconH1Config,
    FalconMambaConfig,
    LlamaConfig,
    PreTrainedTokenizerFast,
    TrainerControl,
    TrainerState,
)

import run
import trainer
from examples import read_examples
from fault import Fault
from finetune import spread
from memory import memory_steps, reduces
from progress import Progress
from targets import TARGETS

HERE = Path(__file__).parent
SMALL = {"vocab_size": 272, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "bos_token_id": 256}
MODELS = {
    "falcon": FalconConfig(**SMALL, eos_token_id=256),
    "llama": LlamaConfig(**SMALL, intermediate_size=128, eos_token_id=256),
    "falcon_h1": FalconH1Config(
        **SMALL,
        intermediate_size=128,
        eos_token_id=256,
        num_key_value_heads=2,
        mamba_d_ssm=64,
        mamba_n_heads=32,
        mamba_d_head=2,
        mamba_d_state=16,
    ),
    "falcon_mamba": FalconMambaConfig(
        vocab_size=272, hidden_size=64, num_hidden_layers=2, state_size=8, eos_token_id=256
    ),
}
DIALOGUE = "### Human: Where does the boat lie?### Assistant: In the third berth."
INFILL = {"parts": [{"role": "suffix"}, " lie?", {"role": "middle"}, "Where does the <|eos|> boat", {"role": "eos"}]}


def write_base(folder: Path, name: str) -> Path:
    torch.manual_seed(1)
    AutoModelForCausalLM.from_config(MODELS[name]).save_pretrained(folder)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({each: i for i, each in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|eos|>", ">>PREFIX<<", ">>SUFFIX<<", ">>MIDDLE<<"])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|eos|>").save_pretrained(folder)
    return folder


def tokenizer_of(folder: Path) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast.from_pretrained(folder)


def write_data(folder: Path) -> list[str]:
    (folder / "data.jsonl").write_text(f"{json.dumps({'text': DIALOGUE})}\n{json.dumps(INFILL)}\n" * 8)
    (folder / "held.jsonl").write_text(f"{json.dumps({'text': DIALOGUE})}\n")
    return [
        "--data",
        str(folder / "data.jsonl"),
        "--held-out",
        str(folder / "held.jsonl"),
        "--out",
        str(folder / "out"),
    ]


def command(base: Path, *words: str) -> list[str]:
    return [sys.executable, str(HERE / "finetune.py"), "--base", str(base), "--batch", "4", "--rank", "4", *words]


def finetune(base: Path, *words: str, gpu: bool = True) -> list[dict]:
    environment = os.environ if gpu else {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command(base, *words), capture_output=True, text=True, check=False, env=environment)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == (1 if events[-1]["event"] == "failed" else 0), done.stderr
    return events


@pytest.mark.parametrize("name", MODELS)
def test_an_adapter_for_each_architecture(name: str, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", name)
    events = finetune(base, *write_data(tmp_path), "--steps", "6", "--rate", "1e-2")
    held_out = [event["loss"] for event in events if event["event"] == "heldOut"]
    done = events[-1]
    assert done["event"] == "done"
    assert done["loss"] == min(held_out) < held_out[0]
    tensors = load_file(Path(done["folder"]) / "adapter_model.safetensors")
    assert {key.split(".")[-3] for key in tensors} == set(TARGETS[name])
    assert all(key.endswith((".lora_A.weight", ".lora_B.weight")) for key in tensors)


def test_all_weights(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", "falcon_h1")
    done = finetune(base, *write_data(tmp_path), "--steps", "2", "--full")[-1]
    before, after = load_file(base / "model.safetensors"), load_file(Path(done["folder"]) / "model.safetensors")
    assert before.keys() == after.keys()
    assert not torch.equal(before["model.layers.0.mamba.in_proj.weight"], after["model.layers.0.mamba.in_proj.weight"])
    assert tokenizer_of(Path(done["folder"])).get_vocab() == tokenizer_of(base).get_vocab()


def test_a_trial_keeps_nothing(tmp_path: Path) -> None:
    events = finetune(write_base(tmp_path / "base", "falcon"), *write_data(tmp_path), "--trial")
    steps = [event for event in events if event["event"] == "step"]
    assert len(steps) == 2
    assert steps[1]["seconds"] > steps[0]["seconds"] > 0
    assert steps[1]["memory"] > 10_000_000
    assert events[-1] == {"event": "done", "trial": True}
    [held_out] = [event for event in events if event["event"] == "heldOut"]
    assert held_out["seconds"] > 0
    assert not (tmp_path / "out/best").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_stopped_run_keeps_the_best(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", "falcon")
    words = command(base, *write_data(tmp_path), "--steps", "1000000", "--rate", "1e-2")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if json.loads(line)["event"] == "step":
                process.send_signal(signal.SIGTERM)
                break
        events = [json.loads(line) for line in process.stdout]
    assert process.returncode == 0
    assert events[-1]["event"] == "done"
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), events[-1]["folder"])
    assert model.peft_config["default"].r == 4


def test_a_run_ends_with_its_time(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", "falcon")
    started = time.monotonic()
    events = finetune(base, *write_data(tmp_path), "--steps", "1000000", "--seconds", "2")
    assert events[-1]["event"] == "done"
    assert time.monotonic() - started < 300


def test_measurements_are_part_of_a_run(tmp_path: Path) -> None:
    """They take the time that they have, on as many examples as that is enough for."""
    progress = Progress(steps=1_000_000, seconds=100, best=None)
    state, control = TrainerState(), TrainerControl()
    for _ in range(2):
        progress.on_evaluate(None, state, control, {"eval_loss": 1.0, "eval_runtime": 60.0})
    assert progress.fraction(0) == 1
    assert run.measured_examples(1800, 10.0) == 3
    assert run.measured_examples(1800, 1000.0) == 1
    held_out = [[each] for each in range(10)]
    assert spread(held_out, 4) == [[0], [2], [5], [7]]
    assert spread(held_out, 10) == held_out
    base = write_base(tmp_path / "base", "falcon")
    data = write_data(tmp_path)
    (tmp_path / "held.jsonl").write_text(f"{json.dumps({'text': DIALOGUE})}\n" * 40)
    [started] = [event for event in finetune(base, *data, "--steps", "1", "--measured", "5") if "measured" in event]
    assert started["measured"] == 5


LINES = {
    "no json": ("{", "line 1: this is no JSON"),
    "no object": ("[]", "line 1: this is no object"),
    "no field": ('{"prompt": "x"}', "line 1: the field “parts” or “text” is missing; there are prompt"),
    "no dialogue": ('{"text": "hello"}', "line 1: the field “text” has no “### Human:”"),
    "no parts": ('{"parts": 3}', "line 1: the field “parts” is no list"),
    "a number": ('{"parts": ["x", 3]}', "line 1: the field “parts[1]” is neither"),
    "another role": ('{"parts": [{"role": "start"}]}', "line 1, field “parts[0]”: there is no role “start”"),
    "nothing": ("\n", "holds no examples"),
}


@pytest.mark.parametrize(("line", "message"), LINES.values(), ids=LINES)
def test_data_in_a_wrong_format(line: str, message: str, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", "falcon")
    (tmp_path / "data.jsonl").write_text(line)
    with pytest.raises(Fault) as fault:
        read_examples(tmp_path / "data.jsonl", tokenizer_of(base))
    assert fault.value.cause == "data"
    assert message in str(fault.value)


def test_text_that_spells_a_special_token_is_text(tmp_path: Path) -> None:
    tokenizer = tokenizer_of(write_base(tmp_path / "base", "falcon"))
    (tmp_path / "data.jsonl").write_text(json.dumps(INFILL))
    [tokens] = read_examples(tmp_path / "data.jsonl", tokenizer)
    assert [token for token in tokens if token >= 256] == [258, 259, 256]
    assert tokenizer.decode(tokens[-28:-1]) == "Where does the <|eos|> boat"


def test_a_base_without_tokens_for_infilling(tmp_path: Path) -> None:
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE({"x": 0}, [])), eos_token="x")
    (tmp_path / "data.jsonl").write_text(json.dumps(INFILL))
    with pytest.raises(Fault, match="was not trained to infill"):
        read_examples(tmp_path / "data.jsonl", tokenizer)


def test_what_does_not_fit(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", "falcon")
    data = write_data(tmp_path)
    (failed,) = finetune(tmp_path, *data)
    assert (failed["cause"], "config.json" in failed["message"]) == ("base", True)
    failed = finetune(base, *data, "--four-bits", gpu=False)[-1]
    assert (failed["cause"], "GPU" in failed["message"]) == ("gpu", True)
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "model_type": "gpt2"}))
    (failed,) = finetune(base, *data)
    assert "gpt2" in failed["message"]


def test_less_memory() -> None:
    assert list(memory_steps(8)) == [(8, False), (4, False), (2, False), (1, False), (1, True)]
    assert not reduces(RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError) as problem:
        torch.empty(2**50)
    assert reduces(problem.value)


@pytest.mark.parametrize("name", MODELS)
def test_four_bits_by_the_libraries_own_rules(name: str, tmp_path: Path) -> None:
    """bitsandbytes has the same layers for a processor: the configuration loads, and only the adapter learns."""
    base = write_base(tmp_path / "base", name)
    model = trainer.load_in_four_bits(base, name, "cpu")
    adapted = get_peft_model(model, trainer.lora_config(arguments(), model.config))
    kinds = {path: type(module).__name__ for path, module in adapted.named_modules()}
    targets = [kind for path, kind in kinds.items() if path.split(".")[-1] in TARGETS[name]]
    assert targets
    assert set(targets) == {"Linear4bit"}, kinds
    ids = torch.tensor([[1, 2, 3, 4]])
    adapted(input_ids=ids, labels=ids).loss.backward()
    learned = {path.split(".")[-3] for path, each in adapted.named_parameters() if each.grad is not None}
    assert learned == {"lora_A", "lora_B"}


def arguments() -> object:
    return type("Arguments", (), {"rank": 4, "alpha": 8})()


def test_the_script_of_the_folder(tmp_path: Path) -> None:
    """It tries, trains, and says what came of it; the libraries are there."""
    base = write_base(tmp_path / "base", "falcon")
    write_data(tmp_path)
    for file in HERE.glob("*"):
        if file.is_file():
            shutil.copy(file, tmp_path)
    (tmp_path / "data.jsonl").rename(tmp_path / "train.jsonl")
    (tmp_path / "held.jsonl").rename(tmp_path / "held-out.jsonl")
    words = ["--base", str(base), "--python", sys.executable, "--yes", "--minutes", "0.05", "--rate", "0.01"]
    run = [sys.executable, str(tmp_path / "run.py"), *words]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "A step takes" in done.stdout
    assert "The adapter is in" in done.stdout
    assert (tmp_path / "out/best/adapter_model.safetensors").is_file()
    told = [json.loads(line)["event"] for line in (tmp_path / "progress.jsonl").read_text().splitlines()]
    assert told[:2] == ["started", "heldOut"]
    assert told.count("step") > 2
    assert told[-1] == "done"
    empty = [sys.executable, str(tmp_path / "run.py"), "--base", str(tmp_path), "--yes"]
    refused = subprocess.run(empty, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "original weights" in refused.stderr


def test_an_environment_runs_nothing_of_where_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace may have modules that are called as Python's own."""
    (tmp_path / "logging.py").write_text("open('executed', 'w').close()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run.shutil, "which", lambda _: None)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/requirements.txt").write_text("# none\n")
    monkeypatch.setattr(run, "HERE", tmp_path / "scripts")
    assert run.make_environment(tmp_path / "environment", agreed=True)
    assert not (tmp_path / "executed").exists()


def test_pytorch_for_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = (HERE / "requirements.txt").read_text()
    everything = ["-r", str(HERE / "requirements.txt")]
    monkeypatch.setattr(run.sys, "platform", "linux")
    assert run.requirements_of(requirements, nvidia=True) == [everything]
    first, second = run.requirements_of(requirements, nvidia=False)
    assert (first[0].split("==")[0], first[1:], second) == ("torch", ["--index-url", run.CPU_INDEX], everything)
    monkeypatch.setattr(run.sys, "platform", "darwin")
    assert run.requirements_of(requirements, nvidia=False) == [everything]


def test_the_room_is_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []
    monkeypatch.setattr(run.shutil, "disk_usage", lambda folder: asked.append(folder) or type("Usage", (), {"free": 0}))
    assert run.make_environment(tmp_path / "other/environment", agreed=True) is None
    assert asked == [tmp_path]
    assert "GB are free on the disk of" in capsys.readouterr().err
