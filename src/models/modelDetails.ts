// The rows about one model of the catalogue: its quantizations, its memory by device, its licence and its card.

import type { l10n } from "vscode";

import type { StoredModel } from "../shared/downloads.ts";
import type { CatalogueRow, ModelChoice, PlanModelParams } from "../shared/models.ts";
import { type ModelRole, modelRoles, rolesOf } from "../shared/modelRoles.ts";
import { storedFile, whyUnusable, type ActionItem, type Rows } from "./modelList.ts";
import { describeCount, describePurposes, describeRun, describeSize } from "./modelWords.ts";

type Localize = Pick<typeof l10n, "t">;

export function modelDetails(
  row: CatalogueRow,
  stored: readonly StoredModel[],
  language: string,
  l10n: Localize,
): Rows {
  const { model, choices, best } = row;
  const names = new Intl.DisplayNames(language, { type: "language" });
  const facts = [
    l10n.t("{0} parameters", describeCount(model.parameters, l10n)),
    ...(model.contextLength === undefined
      ? []
      : [l10n.t("{0} tokens of context", model.contextLength.toLocaleString(language))]),
    model.kind === "base" ? l10n.t("base model") : l10n.t("tuned to answer"),
  ];
  const languages = model.languages.map((code) => names.of(code) ?? code).join(", ");
  const card = `https://huggingface.co/${model.repository}`;
  return [
    { separator: l10n.t("About the model") },
    {
      icon: "info",
      label: l10n.t("Good for {0}", describePurposes(model.purposes, l10n)),
      detail: [...facts, ...(languages === "" ? [] : [languages])].join(" · "),
      action: { kind: "back" },
    },
    {
      icon: "law",
      label: l10n.t("Licence: {0}", model.licence.name),
      description: model.licence.link,
      action: { kind: "openLink", link: model.licence.link },
    },
    { icon: "link-external", label: l10n.t("Model Card"), description: card, action: { kind: "openLink", link: card } },
    { separator: choices.length === 0 ? whyUnusable(row, l10n) : l10n.t("Quantizations") },
    ...(model.unusable ? [] : choices.map((choice, index) => quantization(row, choice, index === best, stored, l10n))),
    { separator: "" },
    { icon: "arrow-left", label: l10n.t("Back"), action: { kind: "back" } },
  ];
}

function quantization(
  row: CatalogueRow,
  choice: ModelChoice,
  isBest: boolean,
  stored: readonly StoredModel[],
  l10n: Localize,
): ActionItem {
  const there = storedFile(stored, row.model, choice);
  const roles = chosenFor(row);
  const memory = (choice.plan?.devices ?? [])
    .map(({ name, weights, kvCache, state, compute, process }) => ({
      name,
      bytes: weights + kvCache + state + compute + process,
    }))
    .filter(({ bytes }) => bytes > 0)
    .map(({ name, bytes }) => l10n.t("{0} of memory on {1}", describeSize(bytes, l10n), name));
  return {
    icon: there ? "check" : choice.file ? "cloud-download" : "gear",
    label: choice.quantization,
    description: [
      ...describeRun(choice, l10n),
      ...(isBest ? [l10n.t("best here")] : []),
      ...(there ? [l10n.t("on this disk")] : []),
    ].join(" · "),
    ...(memory.length > 0 && { detail: memory.join(", ") }),
    action: there ? { kind: "use", path: there.path, roles } : { kind: "download", row, choice, roles },
  };
}

/** What a model is chosen for: one that was recommended for a role alone, for that. */
function chosenFor({ recommendedFor }: CatalogueRow): readonly ModelRole[] {
  return recommendedFor.length > 0 ? rolesOf(recommendedFor) : modelRoles;
}

/**
 * Asks the hub for the size and the plan of each file whose size nobody has published, one after another: it reads the file's
 * header for them.
 * @param onFound gets the row with what is known by then
 * @param isWanted false once nobody looks at the row any more
 */
export async function askForSizes(
  row: CatalogueRow,
  plan: (params: PlanModelParams) => Promise<ModelChoice>,
  onFound: (row: CatalogueRow) => void,
  isWanted: () => boolean,
): Promise<void> {
  const [role, ...others] = chosenFor(row);
  const choices = [...row.choices];
  for (const [i, { file, quantization, size, isSizeEstimated }] of row.choices.entries()) {
    if (!file || (size !== undefined && !isSizeEstimated)) continue;
    if (!isWanted()) return;
    const known = await plan({ ...file, ...(role && others.length === 0 && { role }) });
    choices[i] = { ...known, quantization, file };
    onFound({ ...row, choices: [...choices] });
  }
}
