// Remembers which model files the model process died with, and when one is to be left alone.

/** Deaths that are further apart have nothing to do with each other, in milliseconds. */
const memory = 10 * 60_000;
/** Deaths in a row after which a file is set aside. */
const patience = 4;

export interface Crash {
  /** In milliseconds. */
  readonly time: number;
  readonly reason: string;
}

/** The crashes of each file as it was then: a changed one begins anew. */
export class Crashes {
  readonly #byFile = new Map<string, readonly Crash[]>();

  add(version: string, crash: Crash): void {
    this.#byFile.set(version, [...this.of(version, crash.time), crash]);
  }

  /** The crashes in a row up to a time, in milliseconds; none when the last is long past. */
  of(version: string, time = Date.now()): readonly Crash[] {
    const crashes = this.#byFile.get(version) ?? [];
    return time - (crashes.at(-1)?.time ?? -Infinity) < memory ? crashes : [];
  }

  forget(): void {
    this.#byFile.clear();
  }
}

export function isSetAside(crashes: readonly Crash[]): boolean {
  return crashes.length >= patience;
}

/** Milliseconds to wait before a file is loaded again: none after the first crash, and twice as long after each. */
export function reloadDelay(crashes: readonly Crash[]): number {
  return crashes.length <= 1 ? 0 : 500 * 2 ** (crashes.length - 2);
}
