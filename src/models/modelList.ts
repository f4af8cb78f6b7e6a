// The rows of “Choose Model”: what is recommended for this machine, what is on the disk, and the catalogue by family.

import type { l10n } from "vscode";

import type { Download, StoredModel } from "../shared/downloads.ts";
import type { CudaOffer } from "../shared/cuda.ts";
import type { CatalogueEntry, CatalogueRow, ModelChoice } from "../shared/models.ts";
import { type ModelRole, modelRoles, rolesOf } from "../shared/modelRoles.ts";
import type { ServerSettings } from "../shared/serverSettings.ts";
import type { ModelStatus, ServerStatus } from "../shared/status.ts";
import type { ListItem, RowButton, Separator } from "../surfaces.ts";
import { describeDownload, downloadName } from "./describeDownload.ts";
import { describeModelFile } from "./describeModelFile.ts";
import { describeChoice, describeCount, describePurposes, describeSize } from "./modelWords.ts";
import type { RecentModel } from "./recentModels.ts";
import { modelOf, type RoleSettings } from "./roleSettings.ts";

type Localize = Pick<typeof l10n, "t">;

/** What a row or a button of it stands for. `path`: empty for the demonstration model. */
export type Action =
  | { readonly kind: "use"; readonly path: string; readonly roles: readonly ModelRole[] }
  | {
      readonly kind: "download";
      readonly row: CatalogueRow;
      readonly choice: ModelChoice;
      readonly roles: readonly ModelRole[];
    }
  | { readonly kind: "details"; readonly row: CatalogueRow }
  | { readonly kind: "delete"; readonly model: StoredModel }
  | { readonly kind: "adapters"; readonly path: string }
  | { readonly kind: "pause" | "resume"; readonly download: Download }
  | { readonly kind: "openLink"; readonly link: string }
  | {
      readonly kind: "command";
      readonly command: "falcon.selectModelFile" | "falcon.convertWeights" | "falcon.useCuda" | "falcon.removeCuda";
    }
  | { readonly kind: "browseFolder" | "back" };

export interface ActionItem extends ListItem<ActionItem> {
  readonly action: Action;
}

export type Rows = readonly (ActionItem | Separator)[];

/** What there is to choose from. */
export interface Offer {
  readonly catalogue: readonly CatalogueRow[];
  readonly stored: readonly StoredModel[];
  /** Files that were used before. */
  readonly recent: readonly RecentModel[];
  readonly downloads: readonly Download[];
  readonly settings: RoleSettings;
  /** What CUDA is on this machine, where that is known. */
  readonly cuda?: CudaOffer;
}

export function modelList(offer: Offer, l10n: Localize): Rows {
  const recommended = offer.catalogue.filter(({ recommendedFor }) => recommendedFor.length > 0);
  const others = offer.catalogue.filter((row) => !recommended.includes(row));
  const families = [...new Set(others.map(({ model }) => model.family))];
  return [
    ...section(
      l10n.t("Recommended"),
      recommended.map((row) => recommendedItem(row, offer, l10n)),
    ),
    ...section(
      l10n.t("Being downloaded"),
      offer.downloads.map((download) => downloadItem(download, l10n)),
    ),
    ...section(l10n.t("On this disk"), diskItems(offer, l10n)),
    ...families.flatMap((family) =>
      section(
        family,
        others.filter(({ model }) => model.family === family).map((row) => catalogueItem(row, offer, modelRoles, l10n)),
      ),
    ),
    ...section(l10n.t("Graphics card"), cudaItems(offer.cuda, l10n)),
    ...section(l10n.t("Your own"), [
      { icon: "file", label: l10n.t("Select a File…"), action: command("falcon.selectModelFile") },
      { icon: "folder-opened", label: l10n.t("Select a Folder with Models…"), action: { kind: "browseFolder" } },
      { icon: "combine", label: l10n.t("Convert Original Weights…"), action: command("falcon.convertWeights") },
    ]),
  ];
}

/** What the list is for, and what its rows do not know: the GPUs are those that a loaded model has found. */
export function listPlaceholder(
  { chat, ...completion }: ServerStatus,
  gpu: ServerSettings["model"]["gpu"],
  l10n: Localize,
): string {
  const hasBeenLoaded = (status?: ModelStatus) => status?.state === "ready" && status.model.devices.length > 0;
  const isGpuKnown = gpu === "off" || hasBeenLoaded(completion) || hasBeenLoaded(chat);
  return isGpuKnown
    ? l10n.t("Choose the model that writes ghost text and answers")
    : l10n.t("Choose the model that writes ghost text and answers (a GPU is not known before a model is loaded)");
}

const command = (command: Extract<Action, { kind: "command" }>["command"]) => ({ kind: "command", command }) as const;

function section(label: string, items: readonly ActionItem[]): Rows {
  return items.length === 0 ? [] : [{ separator: label }, ...items];
}

function recommendedItem(row: CatalogueRow, offer: Offer, l10n: Localize): ActionItem {
  const item = catalogueItem(row, offer, rolesOf(row.recommendedFor), l10n);
  return {
    ...item,
    icon: item.icon === "cloud-download" ? "star-full" : (item.icon ?? "star-full"),
    description: [l10n.t("Best for {0}", describePurposes(row.recommendedFor, l10n)), ...facts(row, l10n)].join(" · "),
  };
}

/** How large a model is, and whether it was trained to infill. */
function facts({ model }: CatalogueRow, l10n: Localize): readonly string[] {
  return [describeCount(model.parameters, l10n), ...(model.infill ? [l10n.t("sees the text after the cursor")] : [])];
}

/** A model of the catalogue in its best quantization; on the disk it is used, else it is downloaded. */
function catalogueItem(row: CatalogueRow, offer: Offer, roles: readonly ModelRole[], l10n: Localize): ActionItem {
  const { model, choices, best } = row;
  const details = {
    icon: "info",
    tooltip: l10n.t("Details and Other Quantizations"),
    action: { kind: "details", row },
  } as const;
  const choice = choices[best ?? 0];
  const description = [describePurposes(model.purposes, l10n), ...facts(row, l10n)].join(" · ");
  if (!choice || model.unusable) {
    return {
      icon: "circle-slash",
      label: model.name,
      description,
      detail: whyUnusable(row, l10n),
      action: details.action,
    };
  }
  const there = storedFile(offer.stored, model, choice);
  const icon = there ? "check" : choice.file ? "cloud-download" : "gear";
  const action = (roles: readonly ModelRole[]): Action =>
    there ? { kind: "use", path: there.path, roles } : { kind: "download", row, choice, roles };
  return {
    icon,
    label: model.name,
    description,
    detail: [describeChoice(choice, l10n), ...(there ? [l10n.t("on this disk")] : [])].join(" · "),
    buttons: [...roleButtons(action, l10n), button(details)],
    action: action(roles),
  };
}

/** Why a model of the catalogue cannot be chosen. */
export function whyUnusable({ model, choices }: CatalogueRow, l10n: Localize): string {
  switch (model.unusable) {
    case "alibi":
      return l10n.t("does not run: llama.cpp does not know its attention (ALiBi)");
    case "ternary":
      return l10n.t("does not run: its weights are in a type of other programs (i2_s)");
    default:
      return choices.length === 0 ? l10n.t("no file is known") : "";
  }
}

function roleButtons(action: (roles: readonly ModelRole[]) => Action, l10n: Localize): RowButton<ActionItem>[] {
  return [
    button({ icon: "zap", tooltip: l10n.t("For Ghost Text Only"), action: action(["completion"]) }),
    button({ icon: "comment-discussion", tooltip: l10n.t("For the Chat Only"), action: action(["chat"]) }),
  ];
}

function button({ icon, tooltip, action }: { icon: string; tooltip: string; action: Action }): RowButton<ActionItem> {
  return { icon, tooltip, choose: { label: tooltip, action } };
}

/** The file of a choice, where it was downloaded, or made of the original weights. */
export function storedFile(
  stored: readonly StoredModel[],
  { repository }: Pick<CatalogueEntry, "repository">,
  { file, quantization }: Pick<ModelChoice, "file" | "quantization">,
): StoredModel | undefined {
  const wanted = file ?? { repository, name: `${repository.split("/").at(-1) ?? ""}-${quantization}.gguf` };
  return stored.find(
    (model) => model.repository === wanted.repository && baseName(model.path) === baseName(wanted.name),
  );
}

function downloadItem(download: Download, l10n: Localize): ActionItem {
  const isPaused = download.state === "paused";
  return {
    icon: isPaused ? "debug-pause" : "loading~spin",
    label: downloadName(download),
    description: describeDownload(download, l10n),
    detail: isPaused ? l10n.t("Choose it to go on") : l10n.t("Choose it to pause"),
    action: { kind: isPaused ? "resume" : "pause", download },
  };
}

function diskItems({ stored, recent, settings }: Offer, l10n: Localize): ActionItem[] {
  const others = recent.filter(({ path }) => !stored.some((model) => model.path === path));
  const item = (path: string, label: string, description: string): ActionItem => {
    const used = modelRoles.filter((role) => modelOf(settings, role) === path);
    const action = (roles: readonly ModelRole[]): Action => ({ kind: "use", path, roles });
    return {
      icon: used.length > 0 ? "check" : "file",
      label,
      description: used.length > 0 ? `${description} (${describeUse(used, l10n)})` : description,
      ...(path !== "" && { detail: path }),
      buttons: [
        ...roleButtons(action, l10n),
        ...(path === ""
          ? []
          : [button({ icon: "extensions", tooltip: l10n.t("Adapters"), action: { kind: "adapters", path } })]),
      ],
      action: action(modelRoles),
    };
  };
  return [
    ...stored.map((model) => {
      const row = item(model.path, baseName(model.path), describeModelFile(model));
      // Hugging Face's cache belongs to other programs.
      if (model.source === "cache") return row;
      const remove = button({ icon: "trash", tooltip: l10n.t("Delete"), action: { kind: "delete", model } });
      return { ...row, buttons: [...(row.buttons ?? []), remove] };
    }),
    ...others.map(({ path, line }) => item(path, baseName(path), line)),
    item("", l10n.t("Demonstration Model"), l10n.t("Small, comes with the extension")),
  ];
}

/** CUDA, for a card that it can run on. */
function cudaItems(offer: CudaOffer | undefined, l10n: Localize): ActionItem[] {
  if (!offer) return [];
  const freed = l10n.t("Choose it to delete it, which frees {0}", describeSize(offer.taken, l10n));
  const there: ActionItem = {
    icon: "circuit-board",
    label: "CUDA",
    detail: freed,
    action: command("falcon.removeCuda"),
  };
  // A part of it, and an earlier version, take space and are of no use.
  const canBeHad = !offer.installed && offer.obstacle === undefined;
  return [...(offer.taken > 0 ? [there] : []), ...(canBeHad ? [cudaDownloadItem(offer, l10n)] : [])];
}

function cudaDownloadItem(offer: CudaOffer, l10n: Localize): ActionItem {
  return {
    icon: "cloud-download",
    label: l10n.t("Use CUDA…"),
    description: offer.cards.join(", "),
    detail: l10n.t("{0}, tried beside Vulkan and kept if it is faster", describeSize(offer.size, l10n)),
    action: command("falcon.useCuda"),
  };
}

function describeUse(roles: readonly ModelRole[], l10n: Localize): string {
  if (roles.length > 1) return l10n.t("in use");
  return roles.includes("chat") ? l10n.t("in use for the chat") : l10n.t("in use for ghost text");
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
