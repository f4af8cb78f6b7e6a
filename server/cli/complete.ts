// `falcon complete FILE:LINE:COL`: what ghost text would be there.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { TextDocument } from "vscode-languageserver-textdocument";

import { InlineCompleter } from "../completion/completeInline.ts";
import { completionRequest } from "../completion/request.ts";
import { languageOf } from "../languages.ts";
import { matchExcludedRealFiles } from "../realFile.ts";
import { Grammars } from "../syntax/grammars.ts";
import { UserError } from "../userError.ts";
import { loadModel, type Program, UsageError } from "./program.ts";

export async function runComplete(place: string, program: Program): Promise<void> {
  const { file, line, column } = readPlace(place);
  const uri = pathToFileURL(path.resolve(file)).href;
  if (matchExcludedRealFiles(program.settings.excludedFiles)(uri)) {
    throw new UserError(`${file} may hold secrets, and is not completed.`);
  }
  const languageId = languageOf(file) ?? "plaintext";
  const document = TextDocument.create(uri, languageId, 0, readText(file));
  const position = { line: line - 1, character: column - 1 };
  if (line > document.lineCount) throw new UsageError(`${file} has ${document.lineCount} lines.`);
  const folders = [pathToFileURL(process.cwd()).href];
  const model = await loadModel("completion", program);
  const completer = new InlineCompleter(
    { model },
    undefined,
    undefined,
    new Grammars(path.join(program.folder, "grammars")),
  );
  const request = completionRequest({ document, position, automatic: false, folders });
  const completion = await completer.complete(request, program.settings.inlineCompletion, program.signal);
  if (completion) program.print(`${completion.text}\n`);
  else program.note("There is nothing to complete here.\n");
}

/** Lines and columns count from 1, as compilers and editors tell them. */
function readPlace(place: string) {
  const [, file = "", line = "", column = ""] = /^(.+):(\d+):(\d+)$/.exec(place) ?? [];
  if (file === "" || Number(line) < 1 || Number(column) < 1) {
    throw new UsageError("falcon complete FILE:LINE:COL, both counted from 1");
  }
  return { file, line: Number(line), column: Number(column) };
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
