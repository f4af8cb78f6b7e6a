// The product while someone types: the editor's part of the Language Server Protocol.

import { CancellationTokenSource } from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";

import { statusRequest } from "../../src/shared/methods.ts";
import { startProduct, type ProductOptions } from "../product.ts";
import type { Completer } from "./measure.ts";
import type { EditorState } from "./typist.ts";

export async function startProductCompleter(options: Omit<ProductOptions, "folders">): Promise<Completer> {
  const { client, cpuSeconds } = await startProduct({ ...options, folders: ["file:///held-out"] });
  let document = TextDocument.create("", "", 0, "");
  let cursor = 0;
  const notify = (method: string, params: object) => client.connection.sendNotification(method, params);
  const change = ({ text, offset }: EditorState) => {
    const { start, end } = difference(document.getText(), text, cursor);
    const range = { start: document.positionAt(start), end: document.positionAt(document.getText().length - end) };
    const edit = { range, text: text.slice(start, text.length - end) };
    cursor = offset;
    document = TextDocument.update(document, [edit], document.version + 1);
    const { uri, version } = document;
    return notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [edit] });
  };
  return {
    name: options.without === "" ? "product" : `product without ${options.without}`,
    open: async (file, { text, offset }) => {
      cursor = offset;
      const uri = `file:///held-out/${encodeURIComponent(file.package)}/${file.path}`;
      document = TextDocument.create(uri, file.language, 1, text);
      await client.open(uri, text, file.language);
    },
    complete: async (state, signal) => {
      await change(state);
      const { line, character } = document.positionAt(state.offset);
      const source = new CancellationTokenSource();
      signal.addEventListener("abort", () => source.cancel());
      const [item] = await client.complete(document.uri, line, character, {}, source.token).catch((error: unknown) => {
        if (signal.aborted) return [];
        throw error;
      });
      return item?.insertText;
    },
    close: () => notify("textDocument/didClose", { textDocument: { uri: document.uri } }),
    tokens: async () => {
      const status = await client.connection.sendRequest(statusRequest);
      return status.state === "ready" ? (status.metrics.evaluated ?? 0) : NaN;
    },
    cpuSeconds,
    dispose: () => client.stop(),
  };
}

/**
 * How much is the same at the start and at the end. An edit begins at the cursor or before it, as an editor has it: a line break
 * before an indented line could stand behind that one's indentation, too, and the server would take that for the cursor's.
 */
function difference(old: string, text: string, cursor: number): { start: number; end: number } {
  const shorter = Math.min(old.length, text.length);
  let start = 0;
  while (start < Math.min(shorter, cursor) && old[start] === text[start]) start++;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === text.at(-1 - end)) end++;
  return { start, end };
}
