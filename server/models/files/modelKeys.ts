// The keys of a header that begin with the name of its architecture, each read as what llama.cpp takes it for.

import * as l10n from "@vscode/l10n";

import { GgufError } from "./byteReader.ts";
import type { Architecture } from "../../engine/plan/shape.ts";
import type { GgufHeader } from "./gguf.ts";
import { valueFault, valueTypes } from "./ggufValues.ts";

export class ModelKeys {
  readonly #header: GgufHeader;
  readonly architecture: Architecture;

  constructor(header: GgufHeader, architecture: Architecture) {
    this.#header = header;
    this.architecture = architecture;
  }

  fault(key: string, value?: number): GgufError {
    return valueFault(this.#header, `${this.architecture}.${key}`, value);
  }

  has(key: string): boolean {
    const name = `${this.architecture}.${key}`;
    return this.#header.scalars.has(name) || this.#header.arrays.has(name);
  }

  /** Names of all, without the architecture's. */
  get names(): readonly string[] {
    const { scalars, arrays } = this.#header;
    const all = [...scalars.keys(), ...arrays.keys()].filter((name) => name.startsWith(`${this.architecture}.`));
    return all.map((name) => name.slice(this.architecture.length + 1));
  }

  text(key: string): string | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#header.scalars.get(`${this.architecture}.${key}`);
    if (typeof value !== "string") throw this.fault(key);
    return value;
  }

  /** An unsigned integer; `otherwise` where the key is missing. */
  integer(key: string, least: number, most: number, otherwise?: number): number {
    if (otherwise !== undefined && !this.has(key)) return otherwise;
    const value = this.#number(key, valueTypes.u32);
    if (value < least || value > most) throw this.fault(key);
    return value;
  }

  /** One integer for all layers, which may be written as a list with one for each. */
  perLayer(key: string, layers: number, least: number, most: number, otherwise?: number): number {
    const name = `${this.architecture}.${key}`;
    const list = this.#header.arrays.get(name);
    if (!list) return this.integer(key, least, most, otherwise);
    const [first = -1] = list.numbers;
    const isOfType = list.type === valueTypes.u32 || list.type === valueTypes.i32;
    if (list.length !== layers || !isOfType) {
      throw new GgufError(
        l10n.t("{0} is a list of {1} values, for {2} layers", name, String(list.length), String(layers)),
      );
    }
    if (list.numbers.some((value) => value !== first)) {
      throw new GgufError(
        l10n.t("{0} differs from layer to layer, which llama.cpp cannot run with this architecture", name),
      );
    }
    if (first < least || first > most) throw this.fault(key, first);
    return first;
  }

  float(key: string, least: number, most: number): void {
    const value = this.#number(key, valueTypes.f32);
    if (!(value >= least && value <= most)) throw this.fault(key);
  }

  #number(key: string, type: number): number {
    const name = `${this.architecture}.${key}`;
    const value = this.#header.scalars.get(name);
    if (typeof value === "number" && this.#header.types.get(name) === type) return value;
    if (typeof value === "number" && Number.isInteger(value) && type === valueTypes.u32) {
      throw new GgufError(l10n.t("{0} is {1}, but not of the type uint32", name, String(value)));
    }
    throw this.fault(key);
  }
}
