// A download in words.

import type { l10n } from "vscode";

import type { Download, DownloadParams } from "../shared/downloads.ts";
import { plainName } from "../shared/plainText.ts";
import type { StatusItemView } from "../surfaces.ts";
import { decimal } from "./decimal.ts";

type Localize = Pick<typeof l10n, "t">;

/** Such as falcon3-7b-instruct-q4_0.gguf. */
export function downloadName({ repository, files }: Pick<DownloadParams, "repository" | "files">): string {
  return plainName(files.length === 1 ? (files[0]?.split("/").at(-1) ?? repository) : repository);
}

/** How far it is, how fast, and how long it still takes; or what it waits for. */
export function describeDownload(
  { state, received, size, speed, secondsLeft, note }: Download,
  l10n: Localize,
): string {
  const bytes =
    size === undefined
      ? l10n.t("{0} GB", gigabytes(received, l10n))
      : l10n.t("{0} of {1} GB", gigabytes(received, l10n), gigabytes(size, l10n));
  switch (state) {
    case "waiting":
      return note ?? l10n.t("waiting");
    case "checking":
      return l10n.t("checking what is there: {0}", bytes);
    case "paused":
      return l10n.t("paused at {0}", bytes);
    case "downloading":
      return [
        bytes,
        ...(speed === undefined ? [] : [l10n.t("{0} MB/s", decimal(speed / 1e6, 1, l10n))]),
        ...(secondsLeft === undefined ? [] : [describeTimeLeft(secondsLeft, l10n)]),
      ].join(", ");
  }
}

/** From 0 to 1; undefined until the size is known. */
export function partOf({ received, size }: Download): number | undefined {
  return size === undefined || size === 0 ? undefined : Math.min(received / size, 1);
}

/** The status bar's item, which tells of the first download, too. */
export function withDownloads(view: StatusItemView, downloads: readonly Download[], l10n: Localize): StatusItemView {
  const [first] = downloads;
  if (!first) return view;
  const done = partOf(first);
  const percent = done === undefined ? "" : ` ${Math.floor(done * 100)}%`;
  const lines = downloads.map((each) => `${downloadName(each)}: ${describeDownload(each, l10n)}`);
  return { ...view, text: `${view.text} ↓${percent}`, tooltip: [...view.tooltip, ...lines] };
}

function gigabytes(bytes: number, l10n: Localize): string {
  return decimal(bytes / 1e9, 2, l10n);
}

export function describeTimeLeft(seconds: number, l10n: Localize): string {
  if (seconds < 60) return l10n.t("{0} s left", Math.ceil(seconds));
  if (seconds < 3600) return l10n.t("{0} min left", Math.ceil(seconds / 60));
  return l10n.t("{0} h left", decimal(seconds / 3600, 1, l10n));
}
