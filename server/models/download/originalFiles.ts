// Original weights in a repository of the hub: which of its files a conversion needs, as the hub lists them.

import * as l10n from "@vscode/l10n";
import * as v from "valibot";

import type { OriginalFiles } from "../../../src/shared/models.ts";
import { UserError } from "../../userError.ts";
import { placeOf } from "../store/modelsFolder.ts";
import { connectionFailure } from "./connectionFailures.ts";
import { sizeOf } from "./downloadFile.ts";
import { DownloadError } from "./failures.ts";
import { treeAddress } from "./hub.ts";
import { type Access, openAddress } from "./openAddress.ts";
import { partEnding } from "./partFile.ts";

/** https://huggingface.co/docs/hub/api: what lies in a repository, without what lies in its folders. */
const tree = v.array(v.object({ type: v.string(), path: v.string(), size: v.number() }));

/** What a conversion reads beside the weights, where it is there. */
const settings = [
  ...["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"],
  ...["generation_config.json", "chat_template.jinja"],
];
const whole = "model.safetensors";
const parts = /^model(-\d{5}-of-\d{5}\.safetensors|\.safetensors\.index\.json)$/;

/** Whether a file's name is one that original weights have. */
export function isOriginalFile(name: string): boolean {
  return name === whole || parts.test(name) || settings.includes(name);
}

/**
 * @param folder the models folder, which may hold some of it
 * @throws DownloadError, UserError where there are no such weights, or the signal's reason
 */
export async function findOriginalFiles(
  repository: string,
  folder: string | undefined,
  access: Access,
  signal: AbortSignal,
): Promise<OriginalFiles> {
  const listed = (await readTree(treeAddress(access.hub, repository), access, signal)).filter(
    ({ type, path }) => type === "file" && isOriginalFile(path),
  );
  const isWhole = listed.some(({ path }) => path === whole);
  const wanted = listed.filter(({ path }) => (isWhole ? !parts.test(path) : true));
  if (!wanted.some(({ path }) => path.endsWith(".safetensors"))) {
    throw new UserError(l10n.t("There are no original weights in the format safetensors in {0}.", repository));
  }
  let [size, missing, largest] = [0, 0, 0];
  for (const file of wanted) {
    size += file.size;
    largest = Math.max(largest, file.size);
    missing += file.size - (folder === undefined ? 0 : await received(placeOf(folder, repository, file.path)));
  }
  return { files: wanted.map(({ path }) => path), size, missing, largest };
}

async function received(target: string): Promise<number> {
  return (await sizeOf(target)) ?? (await sizeOf(target + partEnding)) ?? 0;
}

async function readTree(url: URL, access: Access, signal: AbortSignal): Promise<v.InferOutput<typeof tree>> {
  const { body } = await openAddress(url, access, {}, signal);
  let text: string;
  try {
    text = await body.text();
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFailure(error, url, access.network.proxyPorts) ?? error;
  }
  try {
    return v.parse(tree, JSON.parse(text));
  } catch {
    throw new DownloadError("badAnswer", l10n.t("{0} does not list the files of a repository.", url.host));
  }
}
