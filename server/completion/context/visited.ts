// Open documents and those closed a moment ago, the latest first.

import type { TextDocument } from "vscode-languageserver-textdocument";

import { type CompletionRequest, isSameUri, pathInFolder } from "../request.ts";
import { type Chunk, cutChunks } from "./chunks.ts";
import type { ContextProvider } from "./provider.ts";

/** Of more, the ones visited longest ago are forgotten. */
const mostDocuments = 24;

interface Visited {
  /** As it was last cut, so that a document is cut again only once it has changed. */
  readonly chunks: readonly Chunk[];
  readonly version: number;
}

/** What a client has open, as far as this needs it. */
export interface Documents {
  get(uri: string): TextDocument | undefined;
}

export class VisitedDocuments implements ContextProvider {
  readonly name = "visited";
  readonly timeLimit = 20;
  /** By URI, the latest last. */
  readonly #visited = new Map<string, Visited>();
  readonly #documents: Documents;
  readonly #folders: () => readonly string[];

  constructor(documents: Documents, folders: () => readonly string[]) {
    this.#documents = documents;
    this.#folders = folders;
  }

  /** Whether what a document says is found here. */
  has(uri: string): boolean {
    return this.#visited.has(uri);
  }

  /** Whether a document said this when it was last visited. */
  says({ uri, text }: Chunk): boolean {
    return this.#visited.get(uri)?.chunks.some((chunk) => chunk.text === text) === true;
  }

  /** A file or folder was changed or deleted on the disk: what a closed document said counts no more. */
  change(uri: string): void {
    for (const each of this.#visited.keys()) {
      const isChanged = isSameUri(each, uri) || each.startsWith(`${uri}/`);
      if (isChanged && !this.#documents.get(each)) this.#visited.delete(each);
    }
  }

  /** The user opened, saved or closed a document, or writes in it. */
  visit(document: TextDocument): void {
    const { uri } = document;
    // Cut anew even if the version is known: a document that is opened again may begin with the same.
    this.#visited.delete(uri);
    this.#visited.set(uri, this.#cut(document));
    for (const oldest of this.#visited.keys()) {
      if (this.#visited.size <= mostDocuments) break;
      this.#visited.delete(oldest);
    }
  }

  find({ uri: current }: CompletionRequest): Chunk[] {
    const document = this.#documents.get(current);
    if (document) this.visit(document);
    return [...this.#visited].reverse().flatMap(([uri, visited]) => {
      if (uri === current) return [];
      const document = this.#documents.get(uri);
      if (!document || document.version === visited.version) return visited.chunks;
      const cut = this.#cut(document);
      this.#visited.set(uri, cut);
      return cut.chunks;
    });
  }

  #cut(document: TextDocument): Visited {
    const { uri, version } = document;
    const path = pathInFolder(uri, this.#folders());
    return { version, chunks: cutChunks({ uri, path, text: document.getText() }) };
  }
}
