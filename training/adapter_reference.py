"""Writes the reference that converted adapters are held against: test/fixtures/adapters.

`python training/adapter_reference.py LLAMA_CPP`, a folder with llama.cpp's sources, fine-tunes small models of
test/fixtures/originals by finetune/finetune.py, and keeps each adapter with what llama.cpp's own converter makes of it, of each
tensor the shape and a hash of its bytes, and the log-likelihoods that PEFT gives with it. It needs the libraries of
finetune/requirements.txt beside this folder's. Node 24 writes the models.
"""

import json
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from convert_reference import LLAMA_CPP, ROOT, TEXT, WRITE_MODELS, digest

import gguf  # isort: skip
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

FIXTURES = ROOT / "test/fixtures/adapters"
MODELS = ["tiny-falcon-7b", "tiny-falcon-40b", "tiny-Falcon3-1B-Instruct", "tiny-Falcon-H1", "tiny-falcon-mamba-7b"]
WORDS = ["--steps", "3", "--rate", "0.02", "--rank", "2", "--alpha", "6"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "--input-type=module", "-e", WRITE_MODELS, folder], cwd=ROOT, check=True)
        for name in MODELS:
            print(name, flush=True)
            base = Path(folder) / name
            adapter = FIXTURES / name
            shutil.rmtree(adapter, ignore_errors=True)
            adapter.mkdir(parents=True)
            finetune(base, adapter)
            reference = {"tensors": convert(base, adapter), **likelihoods(base, adapter)}
            text = json.dumps(reference, ensure_ascii=False, indent=2, sort_keys=True)
            (adapter / "reference.json").write_text(text + "\n", encoding="utf-8")


def finetune(base: Path, adapter: Path) -> None:
    data = base / "data.jsonl"
    data.write_text(json.dumps({"parts": [TEXT[: len(TEXT) // 2], {"role": "eos"}]}))
    script = Path(__file__).parent / "finetune/finetune.py"
    files = ["--base", base, "--data", data, "--held-out", data, "--out", base]
    subprocess.run([sys.executable, script, *files, *WORDS], check=True, capture_output=True)
    shutil.copy(base / "best/adapter_model.safetensors", adapter)
    settings = json.loads((base / "best/adapter_config.json").read_text())
    settings["base_model_name_or_path"] = base.name
    (adapter / "adapter_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")


def convert(base: Path, adapter: Path) -> dict[str, str]:
    file = base / "adapter.gguf"
    script = LLAMA_CPP / "convert_lora_to_gguf.py"
    sys.argv = [script.name, str(adapter), "--base", str(base), "--outtype", "f32", "--outfile", str(file)]
    runpy.run_path(str(script), run_name="__main__")
    reader = gguf.GGUFReader(file)
    keys = {name: field.contents() for name, field in reader.fields.items() if name.startswith("adapter.")}
    assert keys == {"adapter.type": "lora", "adapter.lora.alpha": 6.0}
    return {
        tensor.name: f"{tensor.tensor_type.name} {'×'.join(map(str, tensor.shape))} {digest(tensor.data.tobytes())}"
        for tensor in reader.tensors
    }


@torch.no_grad()
def likelihoods(base: Path, adapter: Path) -> dict:
    """Of each token but the first, in nats, with the adapter and without it."""
    config = json.loads((base / "config.json").read_text())
    start = [config["bos_token_id"]] if config["model_type"] in ("llama", "falcon_h1") else []
    tokens = start + AutoTokenizer.from_pretrained(base)(TEXT).input_ids
    ids = torch.tensor([tokens])
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter)

    def score() -> list[float]:
        logits = model(input_ids=ids, use_cache=False).logits[0, :-1]
        return [round(each, 6) for each in logits.log_softmax(-1).gather(-1, ids[0, 1:, None])[:, 0].tolist()]

    with model.disable_adapter():
        without = score()
    return {"text": TEXT, "tokens": tokens, "logLikelihoods": score(), "without": without}


if __name__ == "__main__":
    main()
