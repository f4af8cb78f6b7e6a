// Where in a text a block of code belongs that is a new version of a part of it, by the block's own lines and names.

/** Lines of a text, both ends included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

export interface NamedRange extends LineRange {
  readonly name: string;
}

/** Lines that look like a block's first and last one by chance have less of its others. */
const leastScore = 0.3;
/** Places where a block may begin that are looked at, and lines beyond its own length that it may end after. */
const mostStarts = 50;
const addedLines = 200;

/** The lines that a block takes the place of; undefined where that cannot be told. */
export function findCodeRange(text: string, code: string, symbols: readonly NamedRange[]): LineRange | undefined {
  const lines = text.split(/\r?\n/);
  const block = trimEmptyLines(code.split(/\r?\n/));
  if (block.some(isElision)) return undefined;
  const range = byEnds(lines, block) ?? byName(block, symbols);
  return range && isWhole(lines, block, range) ? range : undefined;
}

/** The block as it stands at that place: with the indentation of the lines it takes the place of. */
export function indentLike(code: string, text: string, { first }: LineRange): string {
  const block = trimEmptyLines(code.split(/\r?\n/));
  const [was, is] = [indentOf(text.split(/\r?\n/)[first] ?? ""), indentOf(block[0] ?? "")];
  if (!was.endsWith(is)) return block.join("\n");
  const missing = was.slice(0, was.length - is.length);
  return block.map((line) => (line === "" ? line : missing + line)).join("\n");
}

interface Candidate extends LineRange {
  /** The part of the lines that the block has, too. */
  readonly score: number;
}

/** The lines from one like the block's first to one like its last: of several such places the one that has most of its lines. */
function byEnds(lines: readonly string[], block: readonly string[]): LineRange | undefined {
  const head = block[0]?.trim() ?? "";
  // A bracket tells no place.
  if (head.length < 3) return undefined;
  const starts = lines.flatMap((line, i) => (line.trim() === head ? [i] : []));
  const candidates = [
    ...wholeText(lines, block),
    ...starts.slice(0, mostStarts).flatMap((first) => endsAfter(lines, first, block)),
  ];
  const best = candidates.reduce<Candidate | undefined>(
    (found, each) => (found && found.score >= each.score ? found : each),
    undefined,
  );
  return best && best.score >= leastScore ? { first: best.first, last: best.last } : undefined;
}

/** The whole text, where the block begins and ends as it does. */
function wholeText(lines: readonly string[], block: readonly string[]): Candidate[] {
  const [first, last] = [lines.findIndex(isWritten), lines.findLastIndex(isWritten)];
  if (lines[first]?.trim() !== block[0]?.trim() || lines[last]?.trim() !== block.at(-1)?.trim()) return [];
  const known = new Set(block.map((line) => line.trim()).filter((line) => line.length > 2));
  const common = lines.filter((line) => known.has(line.trim())).length;
  return [{ first, last, score: common / Math.max(known.size, last - first + 1) }];
}

function isWritten(line: string): boolean {
  return line.trim() !== "";
}

/** Whether the block neither loses what is declared in the range, nor declares again what stands elsewhere. */
function isWhole(lines: readonly string[], block: readonly string[], { first, last }: LineRange): boolean {
  const indent = indentOf(lines[first] ?? "");
  const declared = declaredIn(block, indentOf(block[0] ?? ""));
  const inRange = declaredIn(lines.slice(first, last + 1), indent);
  const elsewhere = declaredIn([...lines.slice(0, first), ...lines.slice(last + 1)], indent);
  return (
    [...inRange].every((name) => declared.has(name)) &&
    [...declared].every((name) => inRange.has(name) || !elsewhere.has(name))
  );
}

/** The names that lines of this indentation declare. */
function declaredIn(lines: readonly string[], indent: string): Set<string> {
  const names = lines.map((line) => (indentOf(line) === indent ? declaration.exec(line)?.[1] : undefined));
  return new Set(names.filter((name) => name !== undefined));
}

/** The ranges that begin at a line and end with one like the block's last, as far from the edge as that is from the first. */
function endsAfter(lines: readonly string[], first: number, block: readonly string[]): Candidate[] {
  const foot = block.at(-1) ?? "";
  const indent = indentOf(lines[first] ?? "").length + indentOf(foot).length - indentOf(block[0] ?? "").length;
  const known = new Set(block.map((line) => line.trim()).filter((line) => line.length > 2));
  const found: Candidate[] = [];
  let common = 0;
  for (let last = first; last < Math.min(lines.length, first + 3 * block.length + addedLines); last++) {
    const line = lines[last] ?? "";
    if (known.has(line.trim())) common++;
    const isFoot = line.trim() === foot.trim() && indentOf(line).length === indent;
    if (!isFoot || (last === first && block.length > 1)) continue;
    found.push({ first, last, score: common / Math.max(known.size, last - first + 1) });
    // A bracket closes what the first line opens.
    if (foot.trim().length < 3) break;
  }
  return found;
}

const declaration =
  /^\s*(?:(?:export|default|async|public|private|protected|static|abstract|final|pub|override|readonly)\s+)*(?:function\*?|class|interface|enum|struct|trait|type|def|fn|func|const|let|var)\s+(?:\([^)]*\)\s*)?([\p{L}\p{N}_$]+)/u;
const method = /^\s*(?:(?:async|static|public|private|protected|override|get|set)\s+)*([\p{L}\p{N}_$]+)\s*\(/u;

/** The only symbol that has the name which the block begins with, after its comments and decorators. */
function byName(block: readonly string[], symbols: readonly NamedRange[]): LineRange | undefined {
  for (const line of block) {
    const name = (declaration.exec(line) ?? method.exec(line))?.[1];
    if (name === undefined) {
      if (/^\s*(?:$|\/\/|#|\/?\*|@|--)/.test(line)) continue;
      return undefined;
    }
    const found = symbols.filter((symbol) => symbol.name.replace(/\(.*$/, "") === name);
    return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

/** A line that stands for what the model left out. */
function isElision(line: string): boolean {
  return /^\s*(?:\/\/|#|--|\/\*|<!--|;)?\s*(?:\.\.\.|…)/.test(line) && !/^\s*\.\.\.[\w[({]/.test(line);
}

function trimEmptyLines(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== "");
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => line.trim() !== "") + 1);
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}
