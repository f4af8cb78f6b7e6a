// Tree-sitter's grammars: each is loaded when a document of its language is first looked at, and stays.

import fs from "node:fs/promises";
import path from "node:path";

// VS Code's own builds of the runtime and of the grammars, which fit one another.
import treeSitter from "@vscode/tree-sitter-wasm";

export type Parser = treeSitter.Parser;

/** The grammar of a language, by VS Code's name of it. */
export const grammarOf: Readonly<Record<string, string>> = {
  css: "css",
  go: "go",
  java: "java",
  javascript: "javascript",
  javascriptreact: "javascript",
  php: "php",
  python: "python",
  rust: "rust",
  shellscript: "bash",
  typescript: "typescript",
  typescriptreact: "tsx",
};

export class Grammars {
  readonly #folder: string;
  #runtime: Promise<void> | undefined;
  readonly #parsers = new Map<string, Promise<Parser | undefined>>();

  /** @param folder with the runtime and the grammars, as `esbuild.mjs` leaves it */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined where there is no grammar for the language, or where it does not load: indentation has to do then. */
  parserOf(languageId: string): Promise<Parser | undefined> {
    const grammar = Object.hasOwn(grammarOf, languageId) ? grammarOf[languageId] : undefined;
    if (grammar === undefined) return Promise.resolve(undefined);
    const parser = this.#parsers.get(grammar) ?? this.#load(grammar).catch(() => undefined);
    this.#parsers.set(grammar, parser);
    return parser;
  }

  async #load(grammar: string): Promise<Parser> {
    const file = (name: string) => path.join(this.#folder, name);
    this.#runtime ??= treeSitter.Parser.init({ locateFile: file });
    await this.#runtime;
    const language = await treeSitter.Language.load(await fs.readFile(file(`tree-sitter-${grammar}.wasm`)));
    return new treeSitter.Parser().setLanguage(language);
  }
}
