// Words and numbers about models, as the lists show them.

import type { l10n } from "vscode";

import type { CatalogueEntry, Fit, ModelChoice, Purpose } from "../shared/models.ts";
import { decimal } from "./decimal.ts";

type Localize = Pick<typeof l10n, "t">;

/** Such as 4.6 GB. */
export function describeSize(bytes: number, l10n: Localize): string {
  return bytes < 1e9 ? `${decimal(bytes / 1e6, bytes < 1e8 ? 1 : 0, l10n)} MB` : `${decimal(bytes / 1e9, 1, l10n)} GB`;
}

/** Such as 7.5B. */
export function describeCount(count: number, l10n: Localize): string {
  return count < 1e9 ? `${Math.round(count / 1e6)}M` : `${decimal(count / 1e9, 1, l10n)}B`;
}

/** Such as “Q4_K_M · 4.6 GB · fits on the GPU · about 23 tokens/s”, of what is known. */
export function describeChoice(choice: ModelChoice, l10n: Localize): string {
  return [choice.quantization, ...describeRun(choice, l10n)].join(" · ");
}

/** How a quantization runs on this machine. */
export function describeRun(choice: ModelChoice, l10n: Localize): string[] {
  const { size, isSizeEstimated, file, plan, tokensPerSecond } = choice;
  const sized = size === undefined ? undefined : describeSize(size, l10n);
  return [
    ...(sized === undefined ? [] : [isSizeEstimated ? l10n.t("about {0}", sized) : sized]),
    ...(file ? [] : [l10n.t("made of the original weights")]),
    ...(plan ? [describeFit(plan.fit, plan.gpuLayers, plan.layers, l10n)] : []),
    ...(tokensPerSecond === undefined || plan?.fit === "none" ? [] : [describeSpeed(tokensPerSecond, l10n)]),
  ];
}

function describeFit(fit: Fit, gpuLayers: number, layers: number, l10n: Localize): string {
  switch (fit) {
    case "gpu":
      return l10n.t("fits on the GPU");
    case "partly":
      return l10n.t("{0} of {1} layers fit on the GPU", gpuLayers, layers);
    case "cpu":
      return l10n.t("runs on the processor");
    case "none":
      return l10n.t("does not fit into memory");
  }
}

function describeSpeed(tokensPerSecond: number, l10n: Localize): string {
  return l10n.t("about {0} tokens/s", decimal(tokensPerSecond, tokensPerSecond < 10 ? 1 : 0, l10n));
}

/** Before a download: where the model will not run here, that and what it needs. */
export function describeShortage({ plan }: Pick<ModelChoice, "plan">, l10n: Localize): string[] {
  if (plan?.fit !== "none") return [];
  return [l10n.t("It does not fit into the memory of this machine: it needs {0}.", describeSize(plan.total, l10n))];
}

/** Why a model is made of its original weights, and what else there is. */
export function whyConverted({ gguf: [source] }: Pick<CatalogueEntry, "gguf">, l10n: Localize): string {
  if (!source) return l10n.t("There is no GGUF file of it.");
  return l10n.t(
    "{0} has GGUF files of it, whose names are not known here: download one there and select it as a file, or go on.",
    source.repository,
  );
}

/** What a model is good for, such as “ghost text, chat”. */
export function describePurposes(purposes: readonly Purpose[], l10n: Localize): string {
  const words: Record<Purpose, string> = {
    complete: l10n.t("ghost text"),
    chat: l10n.t("chat"),
    write: l10n.t("writing"),
    tools: l10n.t("calling tools"),
  };
  return purposes.map((purpose) => words[purpose]).join(", ");
}
