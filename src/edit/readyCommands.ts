// The ready commands for code: what each asks of the model, and of which lines.

import { Range, Uri, workspace, type TextEditor } from "vscode";

import type { WorkspaceFiles } from "../chat/context/workspaceFiles.ts";
import type { LastEditor } from "../lastEditor.ts";
import type { CodeCommand } from "../shared/edit.ts";
import { writeCommitMessage } from "./commitMessage.ts";
import { describeProblems } from "./describeProblems.ts";
import { type EditDependencies, proposeEdit, rangeToEdit } from "./editSelection.ts";
import { nameThis } from "./nameThis.ts";
import { writeTests } from "./tests/writeTests.ts";

type Dependencies = EditDependencies & { readonly lastEditor: LastEditor; readonly workspaceFiles: WorkspaceFiles };

export function readyCommands(dependencies: Dependencies): Record<string, (...args: unknown[]) => unknown> {
  const rewrite = async (command: CodeCommand) => {
    const { document, selection } = dependencies.lastEditor.get();
    await proposeEdit(document, await rangeToEdit(document, selection), { command }, dependencies);
  };
  return {
    "falcon.fix": (uri, range) => fix(dependencies, uri, range),
    "falcon.writeCommitMessage": (view) => writeCommitMessage(view, dependencies),
    "falcon.addDocumentation": () => rewrite("document"),
    "falcon.simplify": () => rewrite("simplify"),
    "falcon.addTypes": () => rewrite("types"),
    "falcon.nameThis": () => nameThis(dependencies.lastEditor.get(), dependencies),
    "falcon.writeTests": () => writeTests(dependencies.lastEditor.get(), dependencies),
  };
}

/** The lightbulb hands on where the faults are; without it they are looked for at the cursor. */
async function fix(dependencies: Dependencies, uri: unknown, place: unknown): Promise<void> {
  const isGiven = uri instanceof Uri && place instanceof Range;
  const document = isGiven ? await workspace.openTextDocument(uri) : dependencies.lastEditor.get().document;
  const chosen = isGiven ? place : dependencies.lastEditor.get().selection;
  const range = await linesToFix(document, chosen, isGiven);
  const instruction = describeProblems(document, isGiven ? chosen : range, range.start.line);
  await proposeEdit(document, range, { command: "fix", instruction }, dependencies);
}

/** What is reported may be one word: it is mended in the function around it. */
async function linesToFix(document: TextEditor["document"], place: Range, isReported: boolean): Promise<Range> {
  if (!isReported) return rangeToEdit(document, place);
  const around = await rangeToEdit(document, new Range(place.start, place.start));
  return rangeToEdit(document, around.union(place));
}
