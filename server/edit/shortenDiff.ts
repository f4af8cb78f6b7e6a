// A diff that is too long for a model: its files, and in them the hunks, are shortened evenly, and say so.

const leftOut = "[…]";
/** Characters of a line: what is longer was written by no hand. */
const longestLine = 300;

/** At most `length` characters. Files that need less than their share leave the rest to the others. */
export function shortenDiff(diff: string, length: number): string {
  return diff.length <= length ? diff : shortenAll(cut(diff, /^diff --git /gm), length, shortenFile);
}

/** The lines that name the file, whole if there is room, then the hunks. */
function shortenFile(file: string, length: number): string {
  if (file.length <= length) return file;
  const [names = "", ...hunks] = cut(file, /^@@ /gm);
  const head = shortenLines(names, length);
  return head + shortenAll(hunks, length - head.length, shortenLines);
}

function shortenAll(parts: readonly string[], length: number, shorten: (part: string, length: number) => string) {
  let room = length;
  const shares = new Map<number, string>();
  const byLength = [...parts.keys()].sort((a, b) => (parts[a]?.length ?? 0) - (parts[b]?.length ?? 0));
  for (const [done, index] of byLength.entries()) {
    const text = shorten(parts[index] ?? "", Math.floor(room / (parts.length - done)));
    shares.set(index, text);
    room -= text.length;
  }
  return [...parts.keys()].map((index) => shares.get(index) ?? "").join("");
}

function shortenLines(text: string, length: number): string {
  if (text.length <= length) return text;
  const mark = `${leftOut}\n`;
  let short = "";
  for (const line of text.split("\n")) {
    const shown = line.length > longestLine ? line.slice(0, longestLine) + leftOut : line;
    if (short.length + shown.length + 1 + mark.length > length) break;
    short += `${shown}\n`;
  }
  return short.length + mark.length <= length ? short + mark : short;
}

/** The text before the first start, if any, and a part for each start. */
function cut(text: string, start: RegExp): string[] {
  const starts = [0, ...[...text.matchAll(start)].map(({ index }) => index).filter((index) => index > 0)];
  return starts.map((from, at) => text.slice(from, starts[at + 1]));
}
