// Downloads that the user has asked for: each with a notification, and a way to go on where it ended.

import { l10n, type Disposable } from "vscode";

import { describeDownload, downloadName, partOf } from "./describeDownload.ts";
import { isCancelled, isDisconnected, problemOf, showProblem } from "../problems.ts";
import type { ModelsClient } from "../server/modelsClient.ts";
import type { Download, DownloadedFile, DownloadParams, UnfinishedDownload } from "../shared/downloads.ts";
import { showInformationMessage, showList, showProgress, type ListItem, type ReportProgress } from "../surfaces.ts";

interface DownloadRow extends ListItem<DownloadRow> {
  readonly running?: Download;
  readonly ended?: UnfinishedDownload;
}

interface RunningDownload {
  /** Ends it. */
  readonly cancel: AbortController;
  readonly files: Promise<readonly DownloadedFile[] | undefined>;
}

type UseFiles = (files: readonly DownloadedFile[]) => Promise<void>;

export class Downloads {
  readonly #models: ModelsClient;
  readonly #running = new Map<string, RunningDownload>();
  /** What was to come after each download that failed or was cancelled. */
  readonly #ended = new Map<string, readonly UseFiles[]>();

  constructor(models: ModelsClient) {
    this.#models = models;
  }

  /**
   * Downloads files into the models folder. Resolves to them, or to undefined when the user cancels it or it fails, which he
   * is told with a button that goes on. One that runs already is waited for.
   * @param use gets the files, also those of a download that went on later
   */
  async start(params: DownloadParams, use?: UseFiles): Promise<readonly DownloadedFile[] | undefined> {
    const key = keyOf(params);
    const { files } = this.#running.get(key) ?? this.#begin(params);
    const downloaded = await files;
    try {
      if (downloaded) await use?.(downloaded);
      else if (use) this.#keep(key, use);
      return downloaded;
    } catch (error) {
      if (use) this.#keep(key, use);
      this.#tell(error, params);
      return undefined;
    }
  }

  #begin(params: DownloadParams): RunningDownload {
    const key = keyOf(params);
    this.#ended.delete(key);
    const cancel = new AbortController();
    const running = {
      cancel,
      files: this.#download(params, cancel.signal).finally(() => this.#running.delete(key)),
    };
    this.#running.set(key, running);
    return running;
  }

  async #download(params: DownloadParams, signal: AbortSignal): Promise<readonly DownloadedFile[] | undefined> {
    const name = downloadName(params);
    try {
      const files = await showProgress(l10n.t("Downloading {0}", name), (report, cancelled) =>
        this.#run(params, report, AbortSignal.any([cancelled, signal])),
      );
      // A hub has hashes of its large files alone.
      if (files.some(({ path, verified }) => verified === false && /\.(gguf|safetensors)$/.test(path))) {
        void showInformationMessage(
          l10n.t("{0} was downloaded. Its source gives no hash, so that only its size is known to be right.", name),
        );
      }
      return files;
    } catch (error) {
      this.#tell(error, params);
      return undefined;
    }
  }

  #keep(key: string, use: UseFiles): void {
    this.#ended.set(key, [...(this.#ended.get(key) ?? []), use]);
  }

  /** @throws what is a bug */
  #tell(error: unknown, params: DownloadParams): void {
    const problem = problemOf(error);
    if (problem) void showProblem(problem, params);
    else if (!isCancelled(error)) throw error;
  }

  /** Goes on with a download that failed or was cancelled, and with what was to come after it. */
  async continue(params: DownloadParams): Promise<void> {
    const key = keyOf(params);
    const uses = this.#ended.get(key) ?? [undefined];
    this.#ended.delete(key);
    await Promise.all(uses.map((use) => this.start(params, use)));
  }

  /**
   * Lists the downloads: choosing one pauses it, or goes on with it. Its button cancels it, and of one that has ended deletes
   * what there is.
   */
  async show(): Promise<void> {
    let unfinished = await this.#models.unfinished();
    const chosen = await showList<DownloadRow>({
      title: l10n.t("Downloads"),
      placeholder: l10n.t("Choose a download to pause it or to go on with it"),
      items: () => [
        ...this.#models.downloads.map((download) => ({
          ...runningRow(download),
          buttons: [
            {
              icon: "close",
              tooltip: l10n.t("Cancel, and keep what was received"),
              run: () => this.#running.get(keyOf(download))?.cancel.abort(),
            },
          ],
        })),
        ...unfinished.map((download) => ({
          ...unfinishedRow(download),
          buttons: [
            {
              icon: "trash",
              tooltip: l10n.t("Delete what was received"),
              run: async () => {
                await this.#models.delete(download.path);
                unfinished = await this.#models.unfinished();
              },
            },
          ],
        })),
      ],
      onDidChange: this.#models.onDidChangeDownloads,
    });
    if (chosen?.ended) await this.continue(chosen.ended);
    else if (chosen?.running?.state === "paused") await this.#models.resume(chosen.running);
    else if (chosen?.running) await this.#models.pause(chosen.running);
  }

  async #run(params: DownloadParams, report: ReportProgress, signal: AbortSignal): Promise<readonly DownloadedFile[]> {
    const listener: Disposable = this.#models.onDidChangeDownloads((downloads) => {
      const download = downloads.find((each) => keyOf(each) === keyOf(params));
      if (download) report(describeDownload(download, l10n), partOf(download));
    });
    try {
      for (;;) {
        try {
          return await this.#models.download(params, signal);
        } catch (error) {
          // A server that ended, or was told to, is started again, and goes on with what is on the disk.
          if (signal.aborted || !(isDisconnected(error) || isCancelled(error))) throw error;
        }
      }
    } finally {
      listener.dispose();
    }
  }
}

function keyOf({ repository, files }: Pick<DownloadParams, "repository" | "files">): string {
  return JSON.stringify([repository, ...files]);
}

function runningRow(download: Download): DownloadRow {
  return {
    icon: download.state === "paused" ? "debug-start" : "debug-pause",
    label: downloadName(download),
    description: describeDownload(download, l10n),
    detail: download.repository,
    running: download,
  };
}

function unfinishedRow(download: UnfinishedDownload): DownloadRow {
  return {
    icon: "debug-start",
    label: downloadName(download),
    description: describeDownload({ ...download, id: "", state: "paused" }, l10n),
    detail: download.repository,
    ended: download,
  };
}
