// The symbols of a file as lines of text, and the workspace's symbols by name.

import {
  DocumentSymbol,
  SymbolKind,
  commands,
  workspace,
  type Location,
  type SymbolInformation,
  type Uri,
} from "vscode";

import type { Settings } from "../../settings.ts";
import { oneLine, plainName } from "../../shared/plainText.ts";
import { attachDocument } from "../attachments.ts";
import { findEnclosingSymbol } from "../enclosingSymbol.ts";
import { withoutIgnored } from "./git.ts";
import type { FindCandidates } from "./source.ts";
import { openFile } from "./workspaceFiles.ts";

/** Milliseconds that a language's extension may take. */
const patience = 3_000;
const mostSymbols = 40;
const longestSymbol = 100;
const mostOffers = 12;

/** Two levels, as far as the language's extension knows them in time. */
export async function outlineOf(uri: Uri): Promise<string[]> {
  const symbols = await inTime<(DocumentSymbol | SymbolInformation)[]>("vscode.executeDocumentSymbolProvider", uri);
  const lines = (symbols ?? []).flatMap((symbol) => [
    `  ${describe(symbol)}`,
    ...(symbol instanceof DocumentSymbol ? symbol.children.map((child) => `    ${describe(child)}`) : []),
  ]);
  return lines.slice(0, mostSymbols);
}

export function findSymbols(settings: Pick<Settings, "isExcluded" | "chatServer">): FindCandidates {
  return async (words) => {
    if (words.trim() === "") return [];
    const symbols = (await inTime<SymbolInformation[]>("vscode.executeWorkspaceSymbolProvider", words.trim())) ?? [];
    const uris = await withoutIgnored(symbols.slice(0, 3 * mostOffers).map(({ location }) => location.uri));
    const kept = symbols.filter(({ location }) => uris.includes(location.uri) && !settings.isExcluded(location.uri));
    return kept.slice(0, mostOffers).map(({ name, location }) => ({
      icon: "symbol-method",
      label: plainName(name),
      description: `${workspace.asRelativePath(location.uri)}:${location.range.start.line + 1}`,
      attach: async () => {
        const document = await openFile(location.uri);
        const range = await findEnclosingSymbol(document, location.range.start);
        return [await attachDocument(document, settings, range ?? location.range)];
      },
    }));
  };
}

/** Where symbols of exactly this name are defined. */
export async function symbolsNamed(name: string): Promise<readonly Location[]> {
  const symbols = await inTime<SymbolInformation[]>("vscode.executeWorkspaceSymbolProvider", name);
  // Some extensions write a method's brackets into its name.
  return (symbols ?? []).filter((symbol) => symbol.name.split("(")[0] === name).map(({ location }) => location);
}

function describe({ kind, name }: DocumentSymbol | SymbolInformation): string {
  return `${SymbolKind[kind].toLowerCase()} ${oneLine(name, longestSymbol)}`;
}

/** What a command of VS Code answers; nothing where that takes too long, or it fails, as of a file that is no text. */
async function inTime<T>(command: string, argument: unknown): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), patience)));
  try {
    return await Promise.race([commands.executeCommand<T | undefined>(command, argument), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
