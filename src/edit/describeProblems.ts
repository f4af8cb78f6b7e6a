// What the languages' extensions report of some lines, in words for a model.

import { DiagnosticSeverity, languages, type Diagnostic, type Range, type TextDocument } from "vscode";

const mostProblems = 20;

/** Hints and the like are no faults. */
export function isReported({ severity }: Diagnostic): boolean {
  return severity <= DiagnosticSeverity.Warning;
}

/** One line each, errors first, with its line counted from the given one. Empty where nothing is reported. */
export function describeProblems(document: TextDocument, place: Range, firstLine: number): string {
  return languages
    .getDiagnostics(document.uri)
    .filter((each) => isReported(each) && each.range.intersection(place) !== undefined)
    .sort((a, b) => a.severity - b.severity || a.range.start.compareTo(b.range.start))
    .slice(0, mostProblems)
    .map(({ range, message }) => {
      const code = oneLine(document.getText(range), 80);
      const where = code === "" ? "" : `, at ${code}`;
      return `- line ${range.start.line - firstLine + 1}${where}: ${oneLine(message, 500)}`;
    })
    .join("\n");
}

/** A model reads what stands in the text, so that no character is added as there is for eyes. */
function oneLine(text: string, length: number): string {
  return text.slice(0, length).replace(/\s+/g, " ").trim();
}
