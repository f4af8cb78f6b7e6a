// The addon below node-llama-cpp, for tests that watch or spoil what is called of it.

import assert from "node:assert/strict";
import type { LlamaContext } from "node-llama-cpp";

export type AddonMethod = (...parameters: readonly unknown[]) => unknown;

/** Puts another method, or none, in the place of one of the addon's context. Disposing puts it back. */
export function replaceMethod(
  context: LlamaContext,
  name: string,
  replacement: (original: AddonMethod) => AddonMethod | undefined,
): Disposable {
  const { _ctx: addon } = context as unknown as { readonly _ctx: Record<string, AddonMethod> };
  const original = addon[name]?.bind(addon) ?? assert.fail(`the addon has no ${name}`);
  // The method of the class cannot be written to.
  Object.defineProperty(addon, name, { value: replacement(original), configurable: true });
  return { [Symbol.dispose]: () => void Reflect.deleteProperty(addon, name) };
}
