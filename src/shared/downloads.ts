// What crosses a process about models that are downloaded and kept, as types.

import type { ModelFileInfo } from "./models.ts";

/** How the client reaches the network; what is not given is taken from the environment. */
export interface NetworkSettings {
  /** Address of a proxy; empty: none, whatever the environment says. */
  readonly proxy?: string;
  /** Hosts that are reached without it. */
  readonly noProxy?: readonly string[];
  /** Value of the header Proxy-Authorization. */
  readonly proxyAuthorization?: string;
  /** Whether certificates are checked; they are unless this is false. */
  readonly strictSsl?: boolean;
  /** Whether the system's certificates are trusted too; they are unless this is false. */
  readonly systemCertificates?: boolean;
}

/** Where models come from, and where they are kept. */
export interface ModelsSettings {
  /** Absolute path of the folder that downloads go to. */
  readonly folder?: string;
  /** Whether the folder is made where it is missing. One that the user names may lie on a drive that is not connected. */
  readonly createFolder?: boolean;
  /** Address of the hub or of its mirror; Hugging Face's unless given. */
  readonly hub?: string;
  /** Absolute path of the folder that CUDA's binaries go to, and nothing else; they cannot be had unless given. */
  readonly cudaFolder?: string;
  /** Address of the registry that they come from; npm's unless given. */
  readonly registry?: string;
}

/** Files of one repository that are downloaded together. */
export interface DownloadParams {
  /** OWNER/NAME on the hub. */
  readonly repository: string;
  /** Paths in the repository. The first part of a split model stands for all of its parts. */
  readonly files: readonly string[];
}

/** `waiting`: its turn, another process that downloads the same file, or the time to try again. `checking`: what is there already is read. */
export type DownloadState = "waiting" | "checking" | "downloading" | "paused";

/** One download of the queue. */
export interface Download {
  /** Names it in requests. */
  readonly id: string;
  readonly repository: string;
  readonly files: readonly string[];
  readonly state: DownloadState;
  /** Bytes, of all of its files. */
  readonly received: number;
  /** Unknown until the hub has told it. */
  readonly size?: number;
  /** Bytes in a second, lately. */
  readonly speed?: number;
  readonly secondsLeft?: number;
  /** What it waits for, in the user's language. */
  readonly note?: string;
}

/** A download that ended before its file was whole; the same request goes on with it. */
export interface UnfinishedDownload extends DownloadParams {
  /** Of what there is of the file: deleted as a model is. */
  readonly path: string;
  readonly received: number;
  readonly size?: number;
}

/** A file that was downloaded, or was there before. */
export interface DownloadedFile {
  readonly path: string;
  readonly size: number;
  /**
   * Whether its bytes were compared with a hash that the source gave; without one only the size is known to be right. Absent
   * for a file that was there before.
   */
  readonly verified?: boolean;
}

/** A model on the disk of which every part is there. */
export interface StoredModel extends ModelFileInfo {
  /** Absolute path of the file, or of the first part of a split model. */
  readonly path: string;
  /** OWNER/NAME, where the place of the file tells it. */
  readonly repository?: string;
  /** `folder`: the models folder, from which it can be deleted; `cache`: Hugging Face's, which belongs to other programs. */
  readonly source: "folder" | "cache";
}

/** A model file that is brought into the models folder. */
export interface ImportParams {
  /** Absolute path of the file, or of the first part of a split model. */
  readonly path: string;
  /** A link takes no space, and leaves the file where it is. */
  readonly by: "copy" | "link";
  /** In hexadecimal digits, of the file when it is known; what does not have it is refused. */
  readonly sha256?: string;
}
