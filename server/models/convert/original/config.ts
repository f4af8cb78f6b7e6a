// A model's config.json, each value read as what a conversion takes it for.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../../src/shared/plainText.ts";
import { ConversionError } from "../conversionError.ts";
import { isObject, type JsonObject } from "./readJson.ts";

/** No model has as much of anything, and no product of two leaves the safe integers. */
export const largestSize = 2 ** 20;
/** llama.cpp's. */
const mostLayers = 512;

export class Config {
  readonly #json: JsonObject;

  constructor(json: JsonObject) {
    this.#json = json;
  }

  /** Of several names, as older files have others, the first one that has a value; null says as much as nothing. */
  #find(names: readonly string[]): unknown {
    return names.map((name) => this.#json[name]).find((value) => value !== undefined && value !== null);
  }

  has(...names: readonly string[]): boolean {
    return this.#find(names) !== undefined;
  }

  /** @param names the first that has a value is named, and otherwise the first */
  fault(...names: readonly [string, ...string[]]): ConversionError {
    const name = names.find((each) => this.has(each)) ?? names[0];
    const value = this.#find([name]);
    return value === undefined
      ? new ConversionError(l10n.t("{0} has no {1}", "config.json", name))
      : new ConversionError(l10n.t("{0} says that {1} is {2}", "config.json", name, plainName(JSON.stringify(value))));
  }

  /** A size, of at least 1. */
  integer(...names: readonly [string, ...string[]]): number {
    return this.#integer(names, largestSize);
  }

  layers(...names: readonly [string, ...string[]]): number {
    return this.#integer(names, mostLayers);
  }

  #integer(names: readonly [string, ...string[]], most: number): number {
    const value = this.#find(names);
    if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most) return Number(value);
    throw this.fault(...names);
  }

  number(...names: readonly [string, ...string[]]): number {
    const value = this.#find(names);
    if (typeof value === "number") return value;
    throw this.fault(...names);
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.#find([name]) ?? otherwise;
    if (typeof value === "boolean") return value;
    throw this.fault(name);
  }

  text(name: string): string | undefined {
    const value = this.#find([name]);
    if (value === undefined || typeof value === "string") return value;
    throw this.fault(name);
  }

  numbers(name: string, length: number): readonly number[] {
    const value = this.#find([name]);
    if (Array.isArray(value) && value.length === length && value.every((each) => typeof each === "number")) {
      return value;
    }
    throw this.fault(name);
  }

  /** The first of the names of the model's class, or of its kind. */
  get architecture(): string {
    const classes = this.#json["architectures"];
    const [first] = Array.isArray(classes) ? (classes as readonly unknown[]) : [];
    return typeof first === "string" ? first : (this.text("model_type") ?? "");
  }

  /** What is said of rotary embeddings, in a part of its own since Transformers 5. */
  get rope(): Config {
    const part = this.#find(["rope_parameters", "rope_scaling"]);
    return new Config({
      ...(isObject(part) && part),
      ...(this.has("rope_theta") && { rope_theta: this.#find(["rope_theta"]) }),
    });
  }
}
