"""Writes the reference that conversions are held against: test/fixtures/conversions.json.

`python training/convert_reference.py LLAMA_CPP`, a folder with llama.cpp's sources and its built `llama-quantize` in
build/bin, converts the small models of test/fixtures/originals by llama.cpp's own tools: of each tensor of each type the
shape and a hash of its bytes, of each model the keys, and the log-likelihoods that Transformers gives on the original
weights. Node 24 writes the models; llama.cpp's converter imports sentencepiece and protobuf.
"""

import hashlib
import json
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LLAMA_CPP = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(LLAMA_CPP / "gguf-py"))
sys.path.insert(0, str(LLAMA_CPP))

import gguf  # noqa: E402
import torch  # noqa: E402
from conversion import base  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

# llama.cpp's names of the types that its converter writes itself, and of those that llama-quantize makes of 32 bits.
CONVERTED = ["F32", "F16", "BF16"]
QUANTIZED = ["Q8_0", "Q4_0", "Q4_K_M", "Q5_K_M", "Q6_K"]
TEXT = "The lighthouse keeper's log for 14 March 1987 has one line:\n\n    return fog && ships >= 3;  // none lost"
WRITE_MODELS = """
import { originals, writeOriginal } from "./test/fixtures/originals/originals.ts";
for (const name of Object.keys(originals)) writeOriginal(process.argv[1], name);
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "--input-type=module", "-e", WRITE_MODELS, folder], cwd=ROOT, check=True)
        models = {path.name: reference(path) for path in sorted(Path(folder).iterdir())}
    text = json.dumps(models, ensure_ascii=False, indent=2, sort_keys=True)
    (ROOT / "test/fixtures/conversions.json").write_text(text + "\n", encoding="utf-8")


def reference(model: Path) -> dict:
    print(model.name, flush=True)
    files = {}
    for form in CONVERTED:
        files[form] = model / f"{form}.gguf"
        convert(model, files[form], form.lower())
    for form in QUANTIZED:
        files[form] = model / f"{form}.gguf"
        quantize = LLAMA_CPP / "build/bin/llama-quantize"
        subprocess.run([quantize, files["F32"], files[form], form], check=True, capture_output=True)
    readers = {form: gguf.GGUFReader(path) for form, path in files.items()}
    return {
        "keys": {name: key(field) for name, field in readers["Q4_K_M"].fields.items() if not name.startswith("GGUF.")},
        "tensors": {form: tensors(reader) for form, reader in readers.items()},
        **likelihoods(model),
    }


def convert(model: Path, file: Path, form: str) -> None:
    """Runs the converter, which knows the tokenizers of published models by a hash, and so not the small ones."""
    kind = json.loads((model / "config.json").read_text())["model_type"]
    pre = {"llama": "falcon3", "falcon_h1": "falcon-h1"}.get(kind, "falcon")
    base.TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
    sys.argv = ["convert_hf_to_gguf.py", str(model), "--outfile", str(file), "--outtype", form]
    runpy.run_path(str(LLAMA_CPP / "convert_hf_to_gguf.py"), run_name="__main__")


def key(field: gguf.ReaderField) -> dict:
    value = field.contents()
    types = [each.name for each in field.types]
    if isinstance(value, list):
        return {"type": types, "length": len(value), "hash": digest("\n".join(map(str, value)).encode())}
    return {"type": types, "value": value}


def tensors(reader: gguf.GGUFReader) -> dict[str, str]:
    return {
        tensor.name: f"{tensor.tensor_type.name} {'×'.join(map(str, tensor.shape))} {digest(tensor.data.tobytes())}"
        for tensor in reader.tensors
    }


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


@torch.no_grad()
def likelihoods(model: Path) -> dict:
    """Of each token but the first, in nats. Transformers knows the first published files by no name."""
    config = json.loads((model / "config.json").read_text())
    if config["model_type"].startswith("RefinedWeb"):
        return {}
    # llama.cpp begins each text of the later families with a token of its own.
    start = [config["bos_token_id"]] if config["model_type"] in ("llama", "falcon_h1") else []
    tokens = start + AutoTokenizer.from_pretrained(model)(TEXT).input_ids
    ids = torch.tensor([tokens])
    logits = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)(ids, use_cache=False).logits[0, :-1]
    scores = logits.log_softmax(-1).gather(-1, ids[0, 1:, None])[:, 0]
    return {"text": TEXT, "tokens": tokens, "logLikelihoods": [round(each, 6) for each in scores.tolist()]}


if __name__ == "__main__":
    main()
