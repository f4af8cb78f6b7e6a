// Edits with a server whose answers the tests write.

import assert from "node:assert/strict";

import { afterEach, before, beforeEach } from "mocha";
import {
  NotebookCellData,
  NotebookCellKind,
  NotebookData,
  Range,
  commands,
  window,
  workspace,
  type TextEditor,
} from "vscode";

import { proposeEdit, type EditDependencies } from "../../src/edit/editSelection.ts";
import { EditInstructions } from "../../src/edit/instructions.ts";
import type { PlacedHunk } from "../../src/edit/trackedText.ts";
import type { TestApi } from "../../src/extension.ts";
import type { EditParams, EditResult } from "../../src/shared/edit.ts";
import { readyFalcon, until } from "./falcon.ts";

export const code = ["function a() {", "  return one;", "}", "", "function b() {", "  return two;", "}", ""].join("\n");
export const changed = code.replace("one", "1").replace("two", "2");

/** The beginning of the answer that surely changes one line. */
export const firstChanged = `${changed.split("\n").slice(0, 6).join("\n")}\n`;

/** What the server is asked, and how it is made to answer. */
interface Asked {
  readonly params: EditParams;
  readonly onDelta: (text: string) => void;
  readonly signal: AbortSignal;
  readonly answer: (result: Partial<EditResult>) => void;
}

const instructions = new EditInstructions({ get: () => [], keys: () => [], update: () => Promise.resolve() } as never);

/** Of the suite that makes one. */
export class ScriptedEdits {
  #falcon: TestApi | undefined;
  asked: Asked[] = [];

  constructor() {
    before(async () => {
      this.#falcon = await readyFalcon();
    });
    beforeEach(() => {
      this.asked = [];
      this.falcon.server.edit = (params, onDelta, signal) =>
        new Promise((resolve) => {
          const answer = (result: Partial<EditResult>) => resolve({ text: params.text, stopReason: "end", ...result });
          signal.addEventListener("abort", () => answer({ stopReason: "aborted" }));
          this.asked.push({ params, onDelta, signal, answer });
        });
    });
    afterEach(() => {
      Reflect.deleteProperty(this.falcon.server, "edit");
      for (const proposal of this.falcon.proposals.all) proposal.dispose();
    });
  }

  get falcon(): TestApi {
    return this.#falcon ?? assert.fail("Falcon is not ready.");
  }

  get dependencies(): EditDependencies {
    return { ...this.falcon, instructions };
  }

  get last(): Asked {
    return this.asked.at(-1) ?? assert.fail("The server was not asked.");
  }

  get placed(): PlacedHunk[] {
    return this.falcon.proposals.all.flatMap((proposal) => proposal.placed);
  }

  /** Begins an edit of the whole document, as the command does after its question. */
  begin({ document }: TextEditor): Promise<void> {
    const whole = document.validateRange(new Range(0, 0, document.lineCount, 0));
    return proposeEdit(document, whole, { command: "edit", instruction: "change it" }, this.dependencies);
  }

  async propose(editor: TextEditor, text: string): Promise<void> {
    const done = this.begin(editor);
    this.last.answer({ text });
    await done;
  }

  /** The server writes the beginning of the answer, and the first change shows beside the text. */
  writeFirst(): void {
    this.last.onDelta(firstChanged);
    const announced = this.falcon.proposals.all.flatMap((proposal) => proposal.announced);
    assert.deepEqual(
      announced.map(({ hunk }) => hunk.text),
      ["  return 1;"],
    );
  }
}

/** The editor of a notebook's last cell. */
export async function openLastCell(...texts: readonly string[]): Promise<TextEditor> {
  const cells = texts.map((text) => new NotebookCellData(NotebookCellKind.Code, text, "python"));
  const notebook = await workspace.openNotebookDocument("jupyter-notebook", new NotebookData(cells));
  await window.showNotebookDocument(notebook);
  await commands.executeCommand("notebook.focusBottom");
  await commands.executeCommand("notebook.cell.edit");
  const { document } = notebook.cellAt(texts.length - 1);
  await until("the cell has an editor", () => window.activeTextEditor?.document === document);
  return window.activeTextEditor ?? assert.fail();
}
