// The short name of a piece of a document.

/** `main.ts:12-20`, as people count lines; `lines` count from 0 and include both ends. */
export function lineLabel(name: string, lines?: { readonly startLine: number; readonly endLine: number }): string {
  if (!lines) return name;
  const first = lines.startLine + 1;
  const last = lines.endLine + 1;
  return first === last ? `${name}:${first}` : `${name}:${first}-${last}`;
}
