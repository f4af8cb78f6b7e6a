// Why a download fails: each kind with what mends it, and the words for what the disk and the bytes are to blame for.

import * as l10n from "@vscode/l10n";

import type { ProblemAction } from "../../../src/shared/status.ts";
import { UserError } from "../../userError.ts";

/** Each kind of failure: whether waiting may mend it, and the button that does. */
const kinds = {
  offline: { passes: true, action: "continueDownload" },
  nameNotResolved: { passes: true, action: "continueDownload" },
  connectionRefused: { passes: true, action: "continueDownload" },
  connectionLost: { passes: true, action: "continueDownload" },
  certificate: { passes: false, action: "proxySettings" },
  proxyRefused: { passes: false, action: "proxySettings" },
  tokenMissing: { passes: false, action: "setHubToken" },
  tokenRefused: { passes: false, action: "setHubToken" },
  gated: { passes: false, action: "setHubToken" },
  insecureToken: { passes: false, action: "hubSetting" },
  forbidden: { passes: false, action: "continueDownload" },
  addressExpired: { passes: true, action: "continueDownload" },
  notFound: { passes: false, action: undefined },
  tooManyRequests: { passes: true, action: "continueDownload" },
  serverFault: { passes: true, action: "continueDownload" },
  badAnswer: { passes: false, action: "continueDownload" },
  wrongSize: { passes: false, action: "continueDownload" },
  wrongHash: { passes: false, action: "continueDownload" },
  diskFull: { passes: false, action: "continueDownload" },
  notWritable: { passes: false, action: "modelsFolder" },
  folderGone: { passes: false, action: "modelsFolder" },
  fileTooLarge: { passes: false, action: "modelsFolder" },
} as const satisfies Record<string, { passes: boolean; action: ProblemAction | undefined }>;

export type FailureKind = keyof typeof kinds;

export class DownloadError extends UserError {
  readonly kind: FailureKind;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(kind: FailureKind, message: string, retryAfter?: number) {
    const { action } = kinds[kind];
    super(message, action ? { action } : {});
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  /** Whether it may pass by itself, so that it is worth trying again. */
  get passes(): boolean {
    return kinds[this.kind].passes;
  }
}

/** A failure of the disk; undefined for an error that is none. */
export function diskFailure(error: unknown, folder: string): DownloadError | undefined {
  const code = error instanceof Error && "syscall" in error ? (error as NodeJS.ErrnoException).code : undefined;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new DownloadError(
        "diskFull",
        l10n.t("The disk of {0} is full. Free some space, then continue: what was received is kept.", folder),
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new DownloadError(
        "notWritable",
        l10n.t("The folder {0} may not be written. Change its permissions, or choose another folder.", folder),
      );
    case "EFBIG":
      return new DownloadError(
        "fileTooLarge",
        l10n.t("The disk of {0} cannot hold a file of this size. Choose a folder on another disk.", folder),
      );
    case "ENOENT":
    case "ENOTDIR":
    case "ENODEV":
    case "ENXIO":
    case "EIO":
      return folderGone(folder);
    default:
      return undefined;
  }
}

export function folderGone(folder: string): DownloadError {
  return new DownloadError(
    "folderGone",
    l10n.t("The folder {0} is not there. Connect its drive, or choose another folder.", folder),
  );
}

export function noRoom(folder: string, needed: number, free: number): DownloadError {
  return new DownloadError(
    "diskFull",
    l10n.t(
      "{0} GB are needed and {1} GB are free in {2}. Free some space or choose another folder, then continue.",
      (needed / 1e9).toFixed(2),
      (free / 1e9).toFixed(2),
      folder,
    ),
  );
}

/** A network asks to sign in by a page in the place of whatever is fetched. */
export function notTheFile(host: string): DownloadError {
  return new DownloadError(
    "badAnswer",
    l10n.t(
      "Something other than the file came from {0}, as when a network asks to sign in. Open a web page in the browser and sign in, then continue.",
      host,
    ),
  );
}

export function notGguf(file: string): DownloadError {
  return new DownloadError(
    "badAnswer",
    l10n.t("{0} is there already and is no GGUF file. Delete it, then try again.", file),
  );
}

export function wrongHash(file: string): DownloadError {
  return new DownloadError(
    "wrongHash",
    l10n.t(
      "The bytes that came of {0} do not have the hash that its source names, and were deleted. Download it again.",
      file,
    ),
  );
}

export function wrongSize(file: string, received: number, size: number): DownloadError {
  return new DownloadError(
    "wrongSize",
    l10n.t(
      "{1} bytes came of {0} where its source names {2}, and were deleted. Download it again.",
      file,
      String(received),
      String(size),
    ),
  );
}
