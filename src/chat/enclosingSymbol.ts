// The function, method or class around a position, as the language's own extension tells it.

import { DocumentSymbol, SymbolKind, commands, type Position, type Range, type TextDocument } from "vscode";
import type { SymbolInformation } from "vscode";

const wholePieces = [
  SymbolKind.Class,
  SymbolKind.Constructor,
  SymbolKind.Enum,
  SymbolKind.Function,
  SymbolKind.Interface,
  SymbolKind.Method,
  SymbolKind.Struct,
];

/** The innermost one, from the start of its first line; undefined when there is none, or no extension knows the language. */
export async function findEnclosingSymbol(document: TextDocument, position: Position): Promise<Range | undefined> {
  const symbols = await commands.executeCommand<(DocumentSymbol | SymbolInformation)[] | undefined>(
    "vscode.executeDocumentSymbolProvider",
    document.uri,
  );
  const ranges = (symbols ?? []).flatMap(pieceRanges).filter((range) => range.contains(position));
  const innermost = ranges.reduce<Range | undefined>(
    (found, range) => (found === undefined || found.contains(range) ? range : found),
    undefined,
  );
  return innermost?.with(innermost.start.with({ character: 0 }));
}

/** The functions, methods and classes of a document, by their names and lines. */
export async function findSymbols({ uri }: TextDocument): Promise<{ name: string; first: number; last: number }[]> {
  const command = "vscode.executeDocumentSymbolProvider";
  const symbols = await commands.executeCommand<(DocumentSymbol | SymbolInformation)[] | undefined>(command, uri);
  return (symbols ?? []).flatMap(function named(symbol): { name: string; first: number; last: number }[] {
    const { start, end } = symbolRange(symbol);
    const children = symbol instanceof DocumentSymbol ? symbol.children.flatMap(named) : [];
    return [{ name: symbol.name, first: start.line, last: end.line }, ...children];
  });
}

function pieceRanges(symbol: DocumentSymbol | SymbolInformation): Range[] {
  const own = wholePieces.includes(symbol.kind) ? [symbolRange(symbol)] : [];
  return symbol instanceof DocumentSymbol ? [...own, ...symbol.children.flatMap(pieceRanges)] : own;
}

function symbolRange(symbol: DocumentSymbol | SymbolInformation): Range {
  return symbol instanceof DocumentSymbol ? symbol.range : symbol.location.range;
}
