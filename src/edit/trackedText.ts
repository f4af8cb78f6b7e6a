// A range of a document whose text changes are proposed for, followed through whatever is edited there.

import type { Hunk } from "./hunks.ts";
import { type LineEnd, hunkMover, offsetMover, withLineEnds } from "./lineEnds.ts";

/** An edit of a document, by offsets. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * A piece of the range. `same`: as it was. `proposed`: a hunk that waits for the user. `own`: what the user wrote or took.
 * `from` and `to` are the piece of the original that it stands for, if any, `length` what it has in the document.
 */
interface Piece {
  readonly kind: "same" | "proposed" | "own";
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly hunk?: Hunk;
}

/** A hunk that waits for the user, where it stands in the document. */
export interface PlacedHunk {
  readonly hunk: Hunk;
  readonly start: number;
  readonly end: number;
}

export class TrackedText {
  #original: string;
  #start: number;
  #pieces: readonly Piece[];

  constructor(original: string, start: number) {
    this.#original = original;
    this.#start = start;
    this.#pieces = [{ kind: "same", from: 0, to: original.length, length: original.length }];
  }

  get original(): string {
    return this.#original;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#pieces.reduce((end, { length }) => end + length, this.#start);
  }

  /** The hunks that wait for the user. */
  get placed(): PlacedHunk[] {
    return this.#located().flatMap(({ piece: { hunk, length }, at }) =>
      hunk ? [{ hunk, start: at, end: at + length }] : [],
    );
  }

  /** Where a hunk of the original belongs in the document; undefined where the user has changed that. */
  findPlace(hunk: Hunk): TextEdit | undefined {
    const found = this.#located().find(({ piece }) => isAround(piece, hunk));
    if (!found) return undefined;
    const start = found.at + hunk.start - found.piece.from;
    return { start, end: start + hunk.end - hunk.start, text: hunk.text };
  }

  /** The edit that takes a placed hunk back. */
  findReverse({ hunk, start, end }: PlacedHunk): TextEdit {
    return { start, end, text: this.original.slice(hunk.start, hunk.end) };
  }

  /** A hunk was put into the document, at its place. */
  place(hunk: Hunk): void {
    const index = this.#pieces.findIndex((piece) => isAround(piece, hunk));
    const around = this.#pieces[index];
    if (!around) return;
    const [left, right] = [same(around.from, hunk.start), same(hunk.end, around.to)];
    const proposed: Piece = { kind: "proposed", from: hunk.start, to: hunk.end, length: hunk.text.length, hunk };
    const pieces = [left, proposed, right].filter((piece) => piece === proposed || piece.length > 0);
    this.#pieces = this.#pieces.toSpliced(index, 1, ...pieces);
  }

  /** A hunk was taken back. */
  unplace(hunk: Hunk): void {
    this.#replace(hunk, () => same(hunk.start, hunk.end));
    this.#pieces = joinSame(this.#pieces);
  }

  /** The user takes a hunk: it is text like any other now. */
  keep(hunk: Hunk): void {
    this.#replace(hunk, ({ length }) => own(length));
  }

  /** Follows an edit of the document that is not ours. What it touches is the user's. */
  follow({ start, end, text }: TextEdit): void {
    const [first, last] = [this.#start, this.end];
    const inserted = text.length;
    if (end <= first) this.#start += inserted - (end - start);
    else if (start >= last) return;
    else if (start < first) {
      // What the edit wrote stands before the range.
      this.#cut(0, Math.min(end, last) - first, 0);
      this.#start = start + inserted;
    } else this.#cut(start - first, Math.min(end, last) - first, end > last ? 0 : inserted);
  }

  /** The document, whose text was `text`, has other line ends now. */
  changeLineEnds(text: string, eol: LineEnd): void {
    const [inDocument, inOriginal] = [offsetMover(text, eol), offsetMover(this.#original, eol)];
    const moveHunk = hunkMover(this.#original, eol);
    this.#pieces = this.#located().map(({ piece, at }) => ({
      ...piece,
      from: inOriginal(piece.from),
      to: inOriginal(piece.to),
      length: inDocument(at + piece.length) - inDocument(at),
      ...(piece.hunk && { hunk: moveHunk(piece.hunk) }),
    }));
    this.#start = inDocument(this.#start);
    this.#original = withLineEnds(this.#original, eol);
  }

  #cut(start: number, end: number, inserted: number): void {
    const before: Piece[] = [];
    const after: Piece[] = [];
    let at = 0;
    let length = inserted;
    for (const piece of this.#pieces) {
      const pieceEnd = at + piece.length;
      // At a seam an insertion touches neither neighbour.
      const isTouched = start < pieceEnd && at < end;
      if (!isTouched) (pieceEnd <= start ? before : after).push(piece);
      else if (piece.kind === "same") {
        const left = same(piece.from, piece.from + Math.max(start - at, 0));
        const right = same(piece.to - Math.max(pieceEnd - end, 0), piece.to);
        if (left.length > 0) before.push(left);
        if (right.length > 0) after.push(right);
      } else length += piece.length - (Math.min(end, pieceEnd) - Math.max(start, at));
      at = pieceEnd;
    }
    this.#pieces = [...before, own(length), ...after];
  }

  #replace(hunk: Hunk, change: (piece: Piece) => Piece): void {
    this.#pieces = this.#pieces.map((piece) => (piece.hunk === hunk ? change(piece) : piece));
  }

  #located(): { readonly piece: Piece; readonly at: number }[] {
    let at = this.#start;
    return this.#pieces.map((piece) => {
      const located = { piece, at };
      at += piece.length;
      return located;
    });
  }
}

/** Whether a hunk stands for a piece of the original that is as it was. */
function isAround({ kind, from, to }: Piece, hunk: Hunk): boolean {
  return kind === "same" && from <= hunk.start && hunk.end <= to;
}

function same(from: number, to: number): Piece {
  return { kind: "same", from, to, length: to - from };
}

function own(length: number): Piece {
  return { kind: "own", from: 0, to: 0, length };
}

function joinSame(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last?.kind === "same" && piece.kind === "same" && last.to === piece.from) {
      joined[joined.length - 1] = same(last.from, piece.to);
    } else joined.push(piece);
  }
  return joined;
}
