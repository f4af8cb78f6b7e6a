// Whether a saved state is read or what it holds is evaluated: what is faster on this machine, by measured rates.

import type { Measured, Measurements } from "../load/measurements.ts";

/** Bytes a millisecond that any disk writes, until it is measured. */
const slowestWriting = 100_000;

export class Rates {
  readonly #measurements: Pick<Measurements, "values" | "remember"> | undefined;
  readonly #promptRate: () => number | undefined;

  /**
   * @param measurements without which nothing is known, and a state is always read
   * @param promptRate tokens a millisecond in the last long step of a prompt, once there was one
   */
  constructor(
    measurements: Pick<Measurements, "values" | "remember"> | undefined,
    promptRate: () => number | undefined,
  ) {
    this.#measurements = measurements;
    this.#promptRate = promptRate;
  }

  /** Whether so many bytes are read in less time than so many tokens are evaluated, as far as that is known. */
  isWorthReading(bytes: number, tokens: number): boolean {
    const { readRate, promptRate } = this.#current;
    return readRate === undefined || promptRate === undefined || bytes / readRate < tokens / promptRate;
  }

  /** Whether so many bytes are written in so many milliseconds. */
  isWrittenIn(bytes: number, milliseconds: number): boolean {
    if (!this.#measurements) return true;
    return bytes <= (this.#current.writeRate ?? slowestWriting) * milliseconds;
  }

  hasRead(bytes: number, milliseconds: number): void {
    this.#measured("readRate", bytes / Math.max(milliseconds, 0.001));
  }

  hasWritten(bytes: number, milliseconds: number): void {
    this.#measured("writeRate", bytes / Math.max(milliseconds, 0.001));
  }

  get #current(): Measured {
    const promptRate = this.#promptRate();
    return { ...this.#measurements?.values, ...(promptRate !== undefined && { promptRate }) };
  }

  /** The mean of it and of the one before: something else may have used the disk. */
  #measured(name: "readRate" | "writeRate", rate: number): void {
    const before = this.#measurements?.values[name];
    this.#measurements?.remember({ ...this.#current, [name]: before === undefined ? rate : (before + rate) / 2 });
  }
}
