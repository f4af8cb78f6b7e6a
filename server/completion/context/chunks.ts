// Cuts a text into chunks of whole lines, each small enough to stand in a prompt beside others.

import { withoutHalfCharacter } from "../request.ts";
import { termsOf } from "./terms.ts";

export interface Source {
  readonly uri: string;
  /** The file's path as the model is to see it; empty for a document that is in no workspace folder. */
  readonly path: string;
  readonly text: string;
}

export interface Chunk extends Source {
  /** The line of the document, counted from 0, that it begins with. */
  readonly line: number;
  readonly terms: ReadonlySet<string>;
}

/** Of a longer text, its beginning. */
const longestText = 60_000;
/** Lines as long are data or generated: a chunk ends before one. */
const longestLine = 300;
/** Small enough that several stand in the prompt: large ones fit less often, and tell less of the names at the cursor. */
const mostLines = 12;
/** From here on a chunk ends at an empty line. */
const enoughLines = 6;
const mostCharacters = 500;

export function cutChunks({ uri, path, text: whole }: Source): Chunk[] {
  const text = withoutHalfCharacter(whole.slice(0, longestText));
  // A NUL is in binaries alone.
  if (text.includes("\0")) return [];
  const chunks: Chunk[] = [];
  let lines: string[] = [];
  let length = 0;
  let start = 0;
  const end = (next: number) => {
    const chunkText = lines.join("\n").trimEnd();
    if (chunkText.trim() !== "") {
      chunks.push(chunkOf({ uri, path, text: `${chunkText}\n` }, start));
    }
    lines = [];
    length = 0;
    start = next;
  };
  for (const [i, line] of text.split(/\r\n?|\n/).entries()) {
    if (line.length > longestLine) {
      end(i + 1);
      continue;
    }
    const isFull = lines.length >= mostLines || length + line.length > mostCharacters;
    if (isFull || (lines.length >= enoughLines && lines.at(-1)?.trim() === "")) end(i);
    lines.push(line);
    length += line.length + 1;
  }
  end(0);
  return chunks;
}

/** Its terms are found once they are asked for: of a file whose chunks are found by the index, only those few are ranked. */
function chunkOf(source: Source, line: number): Chunk {
  let terms: ReadonlySet<string> | undefined;
  return {
    ...source,
    line,
    get terms() {
      return (terms ??= termsOf(`${fileName(source.path)} ${source.text}`));
    },
  };
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
