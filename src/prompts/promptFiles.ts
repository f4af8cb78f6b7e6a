// The user's own commands: the files of `.falcon/prompts/` in workspaces that the user trusts, read again as they change.

import { Disposable, FileType, Range, Uri, l10n, window, workspace } from "vscode";

import { plainName } from "../shared/plainText.ts";
import { showErrorMessage } from "../surfaces.ts";
import { type PromptFault, type PromptFile, readPromptFile } from "./promptFile.ts";

export interface Prompt extends PromptFile {
  readonly uri: Uri;
}

/** Of a prompt file, in bytes. */
const largestFile = 100_000;
const mostFiles = 200;

export class PromptFiles implements Disposable {
  #all: readonly Prompt[] = [];
  #reading = Promise.resolve();
  /** What was said of files that are wrong: each once. */
  #said: ReadonlySet<string> = new Set();
  readonly #parts: Disposable;

  constructor() {
    const watcher = workspace.createFileSystemWatcher("**/.falcon/prompts/*.md");
    const read = () => void this.read();
    this.#parts = Disposable.from(
      watcher,
      watcher.onDidCreate(read),
      watcher.onDidChange(read),
      watcher.onDidDelete(read),
      // Where the system watches no more files, those of the editor are known all the same.
      workspace.onDidSaveTextDocument(({ uri }) => uri.path.includes("/.falcon/prompts/") && read()),
      workspace.onDidGrantWorkspaceTrust(read),
      workspace.onDidChangeWorkspaceFolders(read),
    );
    read();
  }

  /** As they were read last. */
  get all(): readonly Prompt[] {
    return this.#all;
  }

  /** Reads them anew. Never rejects. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readAll());
    return this.#reading;
  }

  dispose(): void {
    this.#parts.dispose();
  }

  async #readAll(): Promise<void> {
    const uris = workspace.isTrusted ? await listFiles() : [];
    const found: Prompt[] = [];
    const faults: { readonly uri: Uri; readonly line: number; readonly message: string }[] = [];
    for (const uri of uris) {
      const read = await readFile(uri);
      const other = "kind" in read ? undefined : found.find(({ name }) => name === read.name);
      if ("kind" in read) faults.push({ uri, line: read.line, message: describeFault(uri, read) });
      else if (other) faults.push({ uri, line: 1, message: describeTwin(uri, other) });
      else found.push({ ...read, uri });
    }
    this.#all = found;
    for (const fault of faults) if (!this.#said.has(fault.message)) void say(fault);
    this.#said = new Set(faults.map(({ message }) => message));
  }
}

async function listFiles(): Promise<readonly Uri[]> {
  const lists = (workspace.workspaceFolders ?? []).map(async ({ uri }) => {
    const folder = Uri.joinPath(uri, ".falcon/prompts");
    const entries = await Promise.resolve(workspace.fs.readDirectory(folder)).catch(() => []);
    return entries
      .filter(([name, type]) => name.endsWith(".md") && (type & FileType.File) !== 0)
      .map(([name]) => Uri.joinPath(folder, name));
  });
  return (await Promise.all(lists))
    .flat()
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .slice(0, mostFiles);
}

async function readFile(uri: Uri): Promise<PromptFile | PromptFault> {
  let bytes: Uint8Array;
  try {
    if ((await workspace.fs.stat(uri)).size > largestFile) return { line: 1, kind: "tooLarge" };
    bytes = await workspace.fs.readFile(uri);
  } catch {
    return { line: 1, kind: "unreadable" };
  }
  const text = decode(bytes);
  return text === undefined ? { line: 1, kind: "notUtf8" } : readPromptFile(text, nameOf(uri).replace(/\.md$/, ""));
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function say({ uri, line, message }: { readonly uri: Uri; readonly line: number; readonly message: string }) {
  const open = l10n.t("Open File");
  if ((await showErrorMessage(message, open)) !== open) return;
  await window.showTextDocument(uri, { selection: new Range(line - 1, 0, line - 1, 0) });
}

function describeTwin(uri: Uri, other: Prompt): string {
  return l10n.t(
    "{0}, line {1}, {2}: {3}",
    workspace.asRelativePath(uri),
    1,
    "name",
    l10n.t("{0} has this name already.", nameOf(other.uri)),
  );
}

function describeFault(uri: Uri, { line, field = "", kind, given = "", allowed = [] }: PromptFault): string {
  const list = allowed.join(", ");
  const what = {
    unclosed: () => l10n.t("the fields have no end. Write --- below them."),
    syntax: () => l10n.t("{0} is no field. Write it as name: value.", plainName(given)),
    field: () => l10n.t("there is no such field. There are {0}.", list),
    twice: () => l10n.t("the field is there already."),
    name: () => l10n.t("{0} is no name: it has letters, digits, - and _ alone, 40 at most.", plainName(given)),
    value: () =>
      given === "" ? l10n.t("a value is missing: {0}.", list) : l10n.t("{0} is none of {1}.", plainName(given), list),
    noText: () => l10n.t("the prompt has no text. Write it below the fields."),
    unreadable: () => l10n.t("the file cannot be read."),
    tooLarge: () => l10n.t("the file is longer than {0} bytes.", largestFile),
    notUtf8: () => l10n.t("the file is no text in UTF-8. Save it with that encoding."),
  }[kind]();
  const place = workspace.asRelativePath(uri);
  return field === ""
    ? l10n.t("{0}, line {1}: {2}", place, line, what)
    : l10n.t("{0}, line {1}, {2}: {3}", place, line, plainName(field), what);
}

function nameOf({ path }: Uri): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
