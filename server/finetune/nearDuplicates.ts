// Finds texts that are nearly the same: MinHash over runs of words (Broder 1997), as the bundled model's recipe does it
// (training/duplicates.py).

const runOfWords = 6;
const rowsPerBand = 4;
const bands = 8;
/** Of the hashes that two texts share. */
const same = 0.6;

/** Remembers the texts that it was shown. */
export class NearDuplicates {
  /** By a band's number and hashes. */
  readonly #bands = new Map<string, Uint32Array[]>();

  /** Whether the text is new; one that is not is not remembered. */
  add(text: string): boolean {
    const signature = signatureOf(text);
    const keys = Array.from({ length: bands }, (_, band) => {
      return `${band}:${signature.subarray(band * rowsPerBand, (band + 1) * rowsPerBand).join()}`;
    });
    for (const key of keys) {
      if (this.#bands.get(key)?.some((other) => similarity(other, signature) >= same)) return false;
    }
    for (const key of keys) this.#bands.set(key, [...(this.#bands.get(key) ?? []), signature]);
    return true;
  }
}

/** The smallest hash of all runs, by each of several functions. */
function signatureOf(text: string): Uint32Array {
  const words = Array.from(text.matchAll(/[\p{L}\p{N}_]+/gu), ([word]) => hashOf(word));
  const signature = new Uint32Array(bands * rowsPerBand).fill(2 ** 32 - 1);
  for (let start = 0; start === 0 || start + runOfWords <= words.length; start++) {
    const run = words.slice(start, start + runOfWords).reduce((hash, word) => Math.imul(hash, 1_000_003) + word, 0);
    for (let i = 0; i < signature.length; i++) {
      const hash = mix(run, i);
      if (hash < (signature[i] ?? 0)) signature[i] = hash;
    }
  }
  return signature;
}

/** FNV-1a. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash;
}

/** MurmurHash3's last step, of a number with a seed. */
function mix(value: number, seed: number): number {
  let hash = value ^ Math.imul(seed + 1, 0x9e3779b9);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function similarity(a: Uint32Array, b: Uint32Array): number {
  return a.reduce((count, each, i) => count + (each === b[i] ? 1 : 0), 0) / a.length;
}
