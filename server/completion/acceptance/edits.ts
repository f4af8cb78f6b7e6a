// A document's edits by offsets, and what becomes of a place or of inserted text when the document around it changes.

/** Text from `start` to `end` gave way to `inserted` characters. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly inserted: number;
}

/** The smallest edit between two texts: what a client sends that sends whole documents. */
export function editBetween(before: string, after: string): Edit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let same = 0;
  while (same < shorter - start && before[before.length - 1 - same] === after[after.length - 1 - same]) same++;
  return { start, end: before.length - same, inserted: after.length - same - start };
}

/** Where a place is after an edit; undefined where the text around it was replaced. */
export function placeAfter(place: number, { start, end, inserted }: Edit): number | undefined {
  if (place <= start) return place;
  return place >= end ? place + inserted - (end - start) : undefined;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is left of spans after an edit, moved to where it stands. What is written inside of a span does not belong to it. */
export function spansAfter(spans: readonly Span[], { start, end, inserted }: Edit): readonly Span[] {
  const moved = inserted - (end - start);
  return spans
    .flatMap((span) => [
      { start: span.start, end: Math.min(span.end, start) },
      { start: Math.max(span.start, end) + moved, end: span.end + moved },
    ])
    .filter((span) => span.start < span.end);
}
