// Writes model files with faults into a folder, each under a name of its own.

import fs from "node:fs";
import path from "node:path";

import { type AnyTensor, type GgufTensor, type GgufValue, writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { modelFile } from "./models.ts";

/** What the bad ones are made of. */
export const good = fs.readFileSync(modelFile("falcon7b"));

export type Changes = Readonly<Record<string, GgufValue | undefined>>;
type ChangeTensors = (all: readonly GgufTensor[]) => readonly AnyTensor[];

export class ModelFiles {
  readonly folder: string;
  #written = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  bytesFile(bytes: string | Buffer): string {
    const file = this.#newPath();
    fs.writeFileSync(file, bytes);
    return file;
  }

  /** A good file with some bytes written over. */
  patchedFile(offset: number, ...bytes: number[]): string {
    const patched = Buffer.from(good);
    patched.set(bytes, offset);
    return this.bytesFile(patched);
  }

  /** A good model of Falcon-7B's shape with some keys changed, and its tensors as a function makes them. */
  modelWith(changes: Changes, change?: ChangeTensors): string {
    return this.modelOf("falcon7b", changes, change);
  }

  /** The same of another architecture. */
  modelOf(kind: keyof typeof models, changes: Changes, change: ChangeTensors = (all) => all): string {
    const { metadata, tensors } = buildModel({ ...models[kind], embedding: 64 });
    const file = this.#newPath();
    const changed = Object.entries({ ...metadata, ...changes }).filter(([, value]) => value !== undefined);
    writeGguf(file, Object.fromEntries(changed) as Record<string, GgufValue>, change(tensors));
    return file;
  }

  #newPath(): string {
    return path.join(this.folder, `${this.#written++}.gguf`);
  }
}
