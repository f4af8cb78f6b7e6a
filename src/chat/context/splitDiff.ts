// A diff, file by file.

/** The parts of a diff, each with the file that it is about. */
export function splitDiff(diff: string): { readonly file: string; readonly text: string }[] {
  const starts = [...diff.matchAll(/^diff --git /gm)].map(({ index }) => index);
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
