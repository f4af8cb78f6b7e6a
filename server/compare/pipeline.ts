// Ghost text at a place of the history: the steps of the product, with the files of the repository as they were before.

import path from "node:path";
import { pathToFileURL } from "node:url";
import { TextDocument } from "vscode-languageserver-textdocument";

import type { CandidateSettings } from "../../src/shared/comparison.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { InlineCompleter } from "../completion/completeInline.ts";
import { CompletionContext } from "../completion/context/completionContext.ts";
import { CounterpartFiles } from "../completion/context/counterparts.ts";
import { ImportedFiles } from "../completion/context/imports.ts";
import { WorkspaceIndex } from "../completion/context/workspaceIndex.ts";
import { completionRequest } from "../completion/request.ts";
import type { Model } from "../engine/engine.ts";
import type { Grammars } from "../syntax/grammars.ts";
import type { CommitFiles } from "./commitFiles.ts";
import type { HeldOutPlace } from "./findPlaces.ts";

export class Pipeline {
  readonly #root: string;
  readonly #files: CommitFiles;
  readonly #index: WorkspaceIndex;
  readonly #grammars: Grammars;
  readonly #settings: ServerSettings["inlineCompletion"];
  #commit: string | undefined;

  constructor(root: string, files: CommitFiles, grammars: Grammars, settings: ServerSettings["inlineCompletion"]) {
    this.#root = root;
    this.#files = files;
    this.#index = new WorkspaceIndex(files);
    this.#grammars = grammars;
    // Nothing comes by itself to who asks on command alone.
    this.#settings = { ...settings, ...(settings.suggestions === "onCommand" && { suggestions: "balanced" }) };
  }

  /** Before the clock of a place runs: the files around it are those of the time before its commit. */
  async enter({ parent }: HeldOutPlace): Promise<void> {
    if (this.#commit === parent) return;
    const changed = await this.#files.enter(parent);
    this.#commit = parent;
    this.#index.change(changed.map((file) => pathToFileURL(file).href));
    await this.#index.update();
  }

  /**
   * What would be shown; undefined for nothing.
   * @param own in the place of the user's settings
   */
  async complete(
    place: HeldOutPlace,
    model: Model,
    signal: AbortSignal,
    { infill, snippets }: CandidateSettings = {},
  ): Promise<string | undefined> {
    const uri = pathToFileURL(path.join(this.#root, ...place.path.split("/"))).href;
    const document = TextDocument.create(uri, place.languageId, 1, place.prefix + place.suffix);
    const documents = { get: (asked: string) => (asked === uri ? document : undefined) };
    const providers = [new ImportedFiles(documents, this.#files), new CounterpartFiles(this.#files), this.#index];
    const context = new CompletionContext(
      providers,
      () => true,
      () => true,
    );
    // Each place is asked for once: a completer of its own remembers nothing of the others.
    const completer = new InlineCompleter({ model }, context, undefined, this.#grammars);
    const request = completionRequest({
      document,
      position: document.positionAt(place.prefix.length),
      automatic: true,
      folders: [pathToFileURL(this.#root).href],
    });
    const settings = {
      ...this.#settings,
      ...(infill !== undefined && { infill }),
      ...(snippets !== undefined && { snippets }),
    };
    return (await completer.complete(request, settings, signal))?.text;
  }
}
