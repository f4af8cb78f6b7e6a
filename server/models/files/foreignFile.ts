// What a file is that is no GGUF file: what people choose in its place, each told by how it begins.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";

/** Why a file is no GGUF file; undefined where it is one. */
export function foreignCause(bytes: Buffer): string | undefined {
  const beginning = bytes.toString("latin1", 0, 512);
  if (beginning.startsWith("GGUF")) return undefined;
  if (beginning === "") return l10n.t("it is empty: download it again");
  if (beginning.startsWith("version https://git-lfs.github.com/spec/")) {
    return l10n.t(
      "it is a Git LFS pointer, which stands for the file in a repository: run “git lfs pull” there, or download the file itself",
    );
  }
  if (/^\s*(<!doctype|<html|<head|<\?xml|<!--)/i.test(beginning)) {
    return l10n.t("it is a web page: on that page, use the link that downloads the file itself");
  }
  // A header of JSON behind its length.
  if (beginning.length > 8 && beginning[8] === "{" && bytes.readBigUInt64LE() < 2n ** 32n) {
    return conversionCause("safetensors");
  }
  if (beginning.startsWith("PK\x03\x04")) {
    return l10n.t(
      "it is a ZIP archive, as PyTorch's weights are: unpack it, or download the model as GGUF, or convert it with llama.cpp's convert_hf_to_gguf.py",
    );
  }
  if (/^\x80[\x02-\x05]/.test(beginning)) return conversionCause("pickle (PyTorch)");
  if (/^(\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd)/.test(beginning)) {
    return l10n.t("it is a compressed archive: unpack it, and choose the GGUF file in it");
  }
  if (/^(lmgg|fmgg|tjgg|algg)/.test(beginning)) {
    return l10n.t("it is of the format GGML, older than GGUF: download a GGUF file of the model");
  }
  if (/^\0+$/.test(beginning)) {
    return l10n.t("it begins with zeros, so that the download was not finished: download it again");
  }
  if (/^[\t\n\r -~]+$/.test(beginning)) {
    return l10n.t(
      "it is a text that begins with “{0}”: download the model file itself",
      plainName(beginning.trim().slice(0, 40)),
    );
  }
  return l10n.t("it does not begin with “GGUF”");
}

function conversionCause(format: string): string {
  return l10n.t(
    "it holds weights in the format {0}: download the model as GGUF, or convert it with llama.cpp's convert_hf_to_gguf.py",
    format,
  );
}
