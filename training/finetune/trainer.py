"""The configurations of TRL, PEFT and bitsandbytes, and a trainer whose rate falls with the time that is left."""

import argparse
import math
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from torch.optim.lr_scheduler import LambdaLR
from transformers import AutoModelForCausalLM, BitsAndBytesConfig
from transformers.models.falcon import modeling_falcon
from trl import SFTConfig, SFTTrainer

from fault import Fault
from progress import Progress
from targets import NOT_QUANTIZED, TARGETS

WARM_UP = 0.05
LEAST_RATE = 0.1


class Trainer(SFTTrainer):
    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> LambdaLR:
        """Warms up, and falls by a cosine over the run, whether that ends by its steps or by its time."""
        progress = next(each for each in self.callback_handler.callbacks if isinstance(each, Progress))

        def rate(step: int) -> float:
            done = progress.fraction(step)
            fall = LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * done))
            return min(1, (step + 1) / max(1, WARM_UP * progress.steps)) * fall

        self.lr_scheduler = LambdaLR(optimizer or self.optimizer, rate)
        return self.lr_scheduler


def fast_type() -> torch.dtype:
    """What a device multiplies fast: 16 bits on a GPU, 32 on a processor."""
    if not torch.cuda.is_available():
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def quantization(model_type: str) -> BitsAndBytesConfig:
    """QLoRA's: https://arxiv.org/abs/2305.14314"""
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=fast_type(),
        llm_int8_skip_modules=NOT_QUANTIZED.get(model_type),
    )


def load_base(arguments: argparse.Namespace, config: Any) -> torch.nn.Module:
    if not arguments.four_bits:
        # Weights that are changed are changed in 32 bits: an update is often less than a step of 16.
        kind = torch.float32 if arguments.full else fast_type()
        return AutoModelForCausalLM.from_pretrained(arguments.base, dtype=kind)
    if arguments.full:
        raise Fault("arguments", "Weights in 4 bits cannot be changed. Leave out --full or --four-bits.")
    if not torch.cuda.is_available():
        raise Fault("gpu", "There is no GPU that PyTorch can use, which --four-bits needs. Leave it out.")
    return load_in_four_bits(arguments.base, config.model_type, 0)


def load_in_four_bits(base: Path, model_type: str, device: int | str) -> torch.nn.Module:
    # Transformers quantizes modules of this class itself, and passes over Falcon's own, which computes the same.
    modeling_falcon.FalconLinear = torch.nn.Linear
    return AutoModelForCausalLM.from_pretrained(
        base,
        dtype=fast_type(),
        device_map={"": device},
        quantization_config=quantization(model_type),
    )


def lora_config(arguments: argparse.Namespace, config: Any) -> LoraConfig:
    return LoraConfig(
        r=arguments.rank,
        lora_alpha=arguments.alpha,
        target_modules=TARGETS[config.model_type],
        task_type="CAUSAL_LM",
    )


def sft_config(arguments: argparse.Namespace, batch: int, accumulation: int, checkpointing: bool) -> SFTConfig:
    kind = fast_type()
    return SFTConfig(
        output_dir=str(arguments.out),
        max_steps=arguments.steps,
        max_length=arguments.longest,
        learning_rate=arguments.rate,
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        gradient_checkpointing=checkpointing,
        bf16=kind == torch.bfloat16,
        fp16=kind == torch.float16,
        optim="paged_adamw_8bit" if arguments.four_bits else "adamw_torch",
        seed=arguments.seed,
        # Progress says when; it keeps the best, too.
        logging_strategy="no",
        eval_strategy="no",
        save_strategy="no",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
    )
