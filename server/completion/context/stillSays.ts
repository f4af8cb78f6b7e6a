// Whether a document or file still says what was taken from it: that stays in the prompt from key to key, and may be deleted
// meanwhile.

import type { Chunk } from "./chunks.ts";
import type { Documents, VisitedDocuments } from "./visited.ts";
import type { SourceFiles } from "./workspaceFiles.ts";

export function stillSays(
  documents: Documents,
  visited: VisitedDocuments,
  files: SourceFiles,
): (chunk: Chunk) => boolean | Promise<boolean> {
  return (chunk) => {
    const whole = documents.get(chunk.uri)?.getText();
    if (whole === undefined) return visited.says(chunk) || files.says(chunk);
    // The chunk's line breaks are "\n".
    return [whole, whole.replaceAll(/\r\n?/g, "\n")].some((each) => each.includes(chunk.text.trimEnd()));
  };
}
