// Says so where a model was not trained to answer, or where its chat format is not known.

import { basename } from "node:path";
import * as l10n from "@vscode/l10n";

import { plainName } from "../../src/shared/plainText.ts";
import type { FormatModel } from "./formats.ts";

/** Words of a file's name that tell its publisher, the type of its weights or its place in a split model. */
const ofTheFile = /-(?:tiiuae|ggml|gguf|(?:ud-)?i?q\d(?:-[01klmsx]+)*|b?f16|f32|i2-s|model|\d{5}-of-\d{5}|0|1)(?=-)/g;

/** The base models that were published with nothing but their size in their name. */
const baseName = /^-falcon-?(?:(?:rw-)?1b|(?:rw-)?7b|40b|180b|2?-?11b|mamba-7b)-$/;

/** What the user is told of a model's answers, in their language; nothing where it is asked in its own format. */
export function formatNote(model: FormatModel & { readonly demonstration: boolean }): string | undefined {
  if (model.demonstration || model.ownFormat) return undefined;
  const names = [model.name, basename(model.path, ".gguf")].map(
    (each) => `-${each.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-`,
  );
  const says = (words: RegExp) => names.some((each) => words.test(each));
  const answers = says(/instruct|chat/);
  if (says(/-base-/) || (!answers && names.some((each) => baseName.test(each.replaceAll(ofTheFile, ""))))) {
    return l10n.t(
      "{0} is a base model: it was trained to go on with a text, not to answer, and its answers may be poor. Models with “Instruct” or “Chat” in their name answer.",
      plainName(model.name),
    );
  }
  if (answers || model.markers.length > 0) return undefined;
  return l10n.t(
    "The chat format of {0} is not known. It is asked in that of Falcon-7B-Instruct, and its answers may be poor.",
    plainName(model.name),
  );
}
