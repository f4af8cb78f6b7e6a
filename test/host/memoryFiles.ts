// A file system in memory under a scheme of its own, as extensions for remote and virtual files provide one.

import { Disposable, EventEmitter, FileSystemError, FileType, Selection, Uri, window, workspace } from "vscode";
import type { FileChangeEvent, FileStat, FileSystemProvider, TextEditor } from "vscode";

export class MemoryFiles implements FileSystemProvider, Disposable {
  readonly #scheme: string;
  readonly #files = new Map<string, Uint8Array>();
  readonly #change = new EventEmitter<FileChangeEvent[]>();
  readonly #registration: Disposable;
  readonly onDidChangeFile = this.#change.event;

  constructor(scheme: string, options: { readonly isReadonly?: boolean } = {}) {
    this.#scheme = scheme;
    this.#registration = workspace.registerFileSystemProvider(scheme, this, options);
  }

  /** An editor on a new file, with the cursor at its end. */
  async open(name: string, content: string): Promise<TextEditor> {
    const uri = this.uri(name);
    this.#files.set(uri.path, Buffer.from(content));
    const document = await workspace.openTextDocument(uri);
    const editor = await window.showTextDocument(document);
    const end = document.positionAt(content.length);
    editor.selection = new Selection(end, end);
    return editor;
  }

  uri(name: string): Uri {
    return Uri.from({ scheme: this.#scheme, path: `/${name}` });
  }

  dispose(): void {
    this.#registration.dispose();
    this.#change.dispose();
  }

  watch(): Disposable {
    return new Disposable(() => undefined);
  }

  stat({ path }: Uri): FileStat {
    if (path === "/" || [...this.#files.keys()].some((file) => file.startsWith(`${path}/`)))
      return { type: FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    return { type: FileType.File, ctime: 0, mtime: 0, size: this.#require(path).length };
  }

  readFile({ path }: Uri): Uint8Array {
    return this.#require(path);
  }

  writeFile({ path }: Uri, content: Uint8Array): void {
    this.#files.set(path, content);
  }

  delete({ path }: Uri): void {
    this.#files.delete(path);
  }

  readDirectory(): [string, FileType][] {
    return Array.from(this.#files.keys(), (path) => [path.slice(1), FileType.File]);
  }

  createDirectory(): void {
    throw FileSystemError.NoPermissions();
  }

  rename(from: Uri, to: Uri): void {
    for (const [path, content] of [...this.#files]) {
      if (path !== from.path && !path.startsWith(`${from.path}/`)) continue;
      this.#files.set(to.path + path.slice(from.path.length), content);
      this.#files.delete(path);
    }
  }

  #require(path: string): Uint8Array {
    const content = this.#files.get(path);
    if (!content) throw FileSystemError.FileNotFound(path);
    return content;
  }
}
