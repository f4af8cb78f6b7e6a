// A diff, file by file.

interface DiffPart {
  readonly file: string;
  readonly text: string;
}

/** The parts of a diff that was read to its end, or up to the part that was cut. */
export function wholeParts({ text, isCut }: { readonly text: string; readonly isCut: boolean }): readonly DiffPart[] {
  const parts = splitDiff(text);
  return isCut ? parts.slice(0, -1) : parts;
}

/** The parts of a diff, each with the file that it is about. */
export function splitDiff(diff: string): DiffPart[] {
  // In a line of a file may be what ends a line elsewhere, as U+2028, which `^` counts.
  const starts = [...diff.matchAll(/(?<=^|\n)diff --git /g)].map(({ index }) => index);
  return starts.map((start, at) => {
    const text = diff.slice(start, starts[at + 1]).trimEnd();
    return { file: fileOf(text), text };
  });
}

/** Without renames both names are the same: `a/NAME b/NAME`, in quotation marks where a name has special characters. */
function fileOf(part: string): string {
  const names = (part.split("\n", 1)[0] ?? "").slice("diff --git ".length);
  const name = names.slice(0, (names.length - 1) / 2);
  return (name.startsWith('"') ? unquote(name) : name).slice("a/".length);
}

function unquote(name: string): string {
  try {
    return String(JSON.parse(name));
  } catch {
    return name.slice(1, -1);
  }
}
