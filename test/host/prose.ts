// Writing of prose, with a server whose parts the tests write: from the command to the words in the editor.

import assert from "node:assert/strict";

import { afterEach, before, describe, it } from "mocha";
import { Position, Selection, commands, type CodeLens } from "vscode";

import type { TestApi } from "../../src/extension.ts";
import type { ProsePart, RewriteProseParams, RewriteProseResult } from "../../src/shared/prose.ts";
import { openEditor, readyFalcon, until } from "./falcon.ts";

const text = "Teh first paragraf.\n\n```js\nteh();\n```\n\nThe last one hear.\n";

interface Asked {
  readonly params: RewriteProseParams;
  readonly onPart: (part: ProsePart) => void;
  readonly signal: AbortSignal;
  readonly answer: (result: Partial<RewriteProseResult>) => void;
}

describe("prose", () => {
  let falcon: TestApi;
  let asked: Asked[] = [];

  before(async () => {
    falcon = await readyFalcon();
  });

  afterEach(() => {
    Reflect.deleteProperty(falcon.server, "stream");
    for (const proposal of falcon.proposals.all) proposal.dispose();
  });

  function script(): void {
    asked = [];
    const stream = (
      _type: unknown,
      _delta: unknown,
      params: RewriteProseParams,
      onPart: Asked["onPart"],
      signal: AbortSignal,
    ) =>
      new Promise((resolve) => {
        const answer = (result: Partial<RewriteProseResult>) => resolve({ total: 2, stopReason: "end", ...result });
        signal.addEventListener("abort", () => answer({ stopReason: "aborted" }));
        asked.push({ params, onPart, signal, answer });
      });
    Object.assign(falcon.server, { stream });
  }

  function last(): Asked {
    const found = asked.at(-1);
    assert.ok(found, "the server was asked");
    return found;
  }

  function give(original: string, replaced: string): void {
    const start = text.indexOf(original);
    last().onPart({ start, end: start + original.length, text: replaced, isBroken: false, total: 2 });
  }

  const placed = () => falcon.proposals.all.flatMap((proposal) => proposal.placed);

  it("each word of a correction is a change of its own, and what the user writes meanwhile moves the parts to come", async () => {
    script();
    const editor = await openEditor(text, "markdown", "end");
    const { document } = editor;
    editor.selection = new Selection(0, 0, 0, 0);
    const done = commands.executeCommand("falcon.fixGrammar");
    await until("the server is asked", () => asked.length === 1);
    assert.deepEqual([last().params.start, last().params.end], [0, text.length]);
    give("Teh first paragraf.", "The first paragraph.");
    await until("two words are changed", () => placed().length === 2);
    await editor.edit((builder) => builder.insert(new Position(1, 0), "Mine.\n"));
    give("The last one hear.", "The last one here.");
    await until("the third is", () => placed().length === 3);
    const lenses = await commands.executeCommand<CodeLens[]>("vscode.executeCodeLensProvider", document.uri);
    const ofAll = lenses.filter(({ command }) => /^Accept All|^Reject All/.test(command?.title ?? ""));
    assert.deepEqual(
      ofAll.map(({ range, command }) => [range.start.line, command?.title]),
      [
        [0, "Accept All (3)"],
        [0, "Reject All"],
      ],
      "what decides all stands once, and says of how many changes",
    );
    assert.deepEqual(
      lenses.filter(({ range }) => range.start.line === 0).map(({ command }) => command?.title),
      ["Accept All (3)", "Reject All", "Accept “The”", "Reject “The”", "Accept “paragraph”", "Reject “paragraph”"],
      "in one line each is told by its words",
    );
    last().answer({});
    await done;
    editor.selection = new Selection(0, 0, 0, 0);
    await commands.executeCommand("falcon.acceptChange");
    await commands.executeCommand("falcon.rejectChange");
    await commands.executeCommand("falcon.acceptAllChanges");
    const expected = text.replace("Teh", "The").replace("hear", "here").replace("\n\n```", "\nMine.\n\n```");
    assert.equal(document.getText(), expected);
  });

  it("what was done stays when it is stopped, and what the user has changed is left out", async () => {
    script();
    const editor = await openEditor(text, "markdown", "end");
    editor.selection = new Selection(0, 0, 0, 0);
    const done = commands.executeCommand("falcon.improveText");
    await until("the server is asked", () => asked.length === 1);
    await editor.edit((builder) => builder.insert(new Position(6, 4), "very "));
    give("The last one hear.", "The last one is here.");
    give("Teh first paragraf.", "The first paragraph.");
    await until("two words are changed", () => placed().length === 2);
    last().answer({ stopReason: "aborted" });
    await done;
    assert.equal(
      editor.document.getText(),
      text.replace("Teh first paragraf", "The first paragraph").replace("The last", "The very last"),
    );
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), text.replace("The last", "The very last"));
  });

  it("a title is written into a document as the model has it, in one line", async () => {
    Object.assign(falcon.server, {
      stream: () => Promise.resolve({ text: "Of [boats](sea)\nand $(quays)", stopReason: "end" }),
    });
    const editor = await openEditor("Boats lie here.\n", "markdown", "end");
    await commands.executeCommand("falcon.titleText");
    await until("the title is there", () => placed().length === 1);
    assert.equal(editor.document.getText(), "# Of [boats](sea) and $(quays)\n\nBoats lie here.\n");
  });
});
