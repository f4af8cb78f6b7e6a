// Whether a saved state is read or what it holds is evaluated: what is faster on this machine, by measured rates.

import type { Measurements } from "../load/measurements.ts";

/** Bytes a millisecond that any disk writes, until it is measured. */
const slowestWriting = 100_000;
/** Bytes of a file that tells how fast a disk is; a smaller one tells how long it takes to open. */
const fewestMeasured = 100_000;

export class Rates {
  readonly #measurements: Pick<Measurements, "values" | "remember"> | undefined;
  readonly #promptRate: number;

  /**
   * @param measurements without which nothing is known, and a state is always read
   * @param promptRate tokens of a prompt that are evaluated in a millisecond
   */
  constructor(measurements: Pick<Measurements, "values" | "remember"> | undefined, promptRate: number) {
    this.#measurements = measurements;
    this.#promptRate = promptRate;
  }

  /**
   * Whether so many bytes are read in less time than so many tokens are evaluated, as far as that is known. Each time that
   * they are not, the disk counts as twice as fast from then on: something else may have used it when it was measured, and
   * after some prompts it is measured again.
   */
  isWorthReading(bytes: number, tokens: number): boolean {
    const { readRate } = this.#measurements?.values ?? {};
    if (readRate === undefined || bytes / readRate < tokens / this.#promptRate) return true;
    this.#measurements?.remember({ readRate: readRate * 2 });
    return false;
  }

  /** Whether so many bytes are written in so many milliseconds. */
  isWrittenIn(bytes: number, milliseconds: number): boolean {
    return bytes <= (this.#measurements?.values.writeRate ?? slowestWriting) * milliseconds;
  }

  hasRead(bytes: number, milliseconds: number): void {
    this.#measured("readRate", bytes, milliseconds);
  }

  hasWritten(bytes: number, milliseconds: number): void {
    this.#measured("writeRate", bytes, milliseconds);
  }

  /** The mean of it and of the one before: something else may have used the disk. */
  #measured(name: "readRate" | "writeRate", bytes: number, milliseconds: number): void {
    if (bytes < fewestMeasured) return;
    const rate = bytes / Math.max(milliseconds, 0.001);
    const before = this.#measurements?.values[name];
    this.#measurements?.remember({ [name]: before === undefined ? rate : (before + rate) / 2 });
  }
}
