// What a model of a known architecture is made of, by its config.json.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../../src/shared/plainText.ts";
import type { Architecture } from "../../../engine/plan/shape.ts";
import { ConversionError } from "../conversionError.ts";
import type { GgufKey } from "../ggufWriter.ts";
import type { Config } from "../original/config.ts";
import type { TensorRule } from "../tensorRule.ts";
import { planFalcon } from "./falcon.ts";
import { planFalconH1 } from "./falconH1.ts";
import { planFalconMamba } from "./falconMamba.ts";
import { planFalcon3 } from "./falcon3.ts";

export interface ModelPlan {
  readonly architecture: Architecture;
  readonly layers: number;
  /** Tokens that the weights have room for. */
  readonly vocabulary: number;
  /** Those of the architecture, without its name. */
  readonly keys: readonly GgufKey[];
  readonly tensors: readonly TensorRule[];
}

/** By the model's class, which older files have under a name of TII's own, or by its kind. */
const planners: Readonly<Record<string, (config: Config) => ModelPlan>> = {
  FalconForCausalLM: planFalcon,
  RWForCausalLM: planFalcon,
  falcon: planFalcon,
  RefinedWeb: planFalcon,
  RefinedWebModel: planFalcon,
  LlamaForCausalLM: planFalcon3,
  llama: planFalcon3,
  FalconH1ForCausalLM: planFalconH1,
  falcon_h1: planFalconH1,
  FalconMambaForCausalLM: planFalconMamba,
  falcon_mamba: planFalconMamba,
};

/** @throws ConversionError where the config names no model that can be converted */
export function planModel(config: Config): ModelPlan {
  if (config.has("quantization_config")) {
    throw new ConversionError(
      l10n.t("its weights are quantized already: download the model's original weights, in 16 or 32 bits"),
    );
  }
  const { architecture } = config;
  if (!Object.hasOwn(planners, architecture)) {
    throw new ConversionError(
      l10n.t(
        "config.json names the architecture “{0}”, which is not of a Falcon model that can be converted: choose one of {1}",
        plainName(architecture),
        "Falcon, Falcon2, Falcon3, Falcon-H1, Falcon-Mamba",
      ),
    );
  }
  // `hasOwn` has seen it.
  return (planners[architecture] as (config: Config) => ModelPlan)(config);
}
