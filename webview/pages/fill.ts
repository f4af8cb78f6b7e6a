// Puts values into a translated sentence.

export function fill(sentence: string, ...values: readonly string[]): string {
  return sentence.replace(/\{(\d)\}/g, (whole, index) => values[Number(index)] ?? whole);
}
