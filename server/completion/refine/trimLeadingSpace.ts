// A prompt that ends in white space makes models repeat it: most tokens bring their own space.

export function trimLeadingSpace(text: string, linePrefix: string): string {
  return /\s$/.test(linePrefix) ? text.replace(/^[ \t]+/, "") : text;
}
