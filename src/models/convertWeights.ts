// “Convert Original Weights…”: a folder of one's own, as Hugging Face has it, becomes a GGUF file in it, which is then used.

import { homedir } from "node:os";
import { basename } from "node:path";

import { l10n } from "vscode";

import { modelRoles } from "../shared/modelRoles.ts";
import { type ConvertParams, convertedTypes } from "../shared/models.ts";
import { showList } from "../surfaces.ts";
import type { ChoiceDependencies } from "./chooseModel.ts";
import { showConversion } from "./convertModel.ts";
import { choosePath, useModel } from "./useModel.ts";

export async function convertWeights(dependencies: ChoiceDependencies): Promise<void> {
  const folder = await choosePath({
    folder: homedir(),
    title: l10n.t("Folder with Original Weights (safetensors, config.json, tokenizer.json)"),
    label: l10n.t("Convert"),
  });
  if (folder === undefined) return;
  const chosen = await showList({
    title: l10n.t("Convert Original Weights"),
    placeholder: l10n.t("What {0} becomes: a GGUF file in that folder", basename(folder)),
    items: () => convertedTypes.map((type) => ({ label: type, detail: describeType(type), type })),
  });
  if (!chosen) return;
  const file = await showConversion({ folder, type: chosen.type }, basename(folder), dependencies);
  await useModel(file, modelRoles, dependencies);
}

/** What a type is good for. */
function describeType(type: ConvertParams["type"]): string {
  switch (type) {
    case "Q4_K_M":
      return l10n.t("4 to 5 bits a weight: fast, and nearly as good as the original");
    case "Q8_0":
      return l10n.t("8 bits a weight: hardly to be told from the original");
    case "Q6_K":
    case "Q5_K_M":
      return l10n.t("{0} bits a weight: between Q4_K_M and Q8_0", type === "Q6_K" ? 6 : 5);
    case "Q4_0":
      return l10n.t("4 bits a weight: the fastest on processors");
    case "BF16":
    case "F16":
      return l10n.t("16 bits a weight: as the weights are published");
    case "F32":
      return l10n.t("32 bits a weight: for evaluations as exact as their reference");
  }
}
