// The paragraphs of plain text, and of the message of a commit.

import { Cutter } from "./cutDocument.ts";
import { indentOf, type Line } from "./lines.ts";

interface PlainState {
  /** Where a further line of the open paragraph begins. */
  readonly expected: number;
  /** Whether only the first line of the open paragraph was read. */
  readonly isFirst: boolean;
}

export class PlainCutter extends Cutter {
  state: PlainState = { expected: 0, isFirst: false };

  read(lines: readonly Line[], i: number): number {
    const line = lines[i];
    if (line) this.readLine(line);
    return 1;
  }

  protected readLine(line: Line): void {
    const { collector, state } = this;
    if (line.text.trim() === "") {
      collector.close();
      return;
    }
    const column = indentOf(line.text);
    const marker = /^(?:[-+*•–]|\d{1,9}[.)])[ \t]+/.exec(line.text.slice(column))?.[0] ?? "";
    const text = column + marker.length;
    // The first line of a paragraph may be indented by more than the others.
    const isFurther = collector.isOpen && (column === state.expected || (state.isFirst && column < state.expected));
    if (marker === "" && isFurther) collector.add(line, column);
    else collector.open(line, text, line.text.slice(0, column) + " ".repeat(marker.length));
    this.state = { ...state, isFirst: marker === "" && !isFurther, expected: isFurther ? column : text };
  }
}

interface CommitState extends PlainState {
  /** Whether git cuts off what follows. */
  readonly isCut: boolean;
  /** How many lines of prose were read, up to two. */
  readonly count: number;
}

/** The subject stands alone; git's own lines, what follows its scissors, and trailers are kept. */
export class CommitMessageCutter extends PlainCutter {
  override state: CommitState = { expected: 0, isFirst: false, isCut: false, count: 0 };

  protected override readLine(line: Line): void {
    const { text } = line;
    const isCut = this.state.isCut || /^# -+ >8 -+/.test(text);
    const isKept = isCut || text.startsWith("#") || /^[A-Z][A-Za-z-]*-[Bb]y: |^[A-Z][\w-]*: \S+$/.test(text);
    const isProse = !isKept && text.trim() !== "";
    const count = Math.min(2, this.state.count + (isProse ? 1 : 0));
    if (!isProse) this.collector.close(this.state.count === 1 ? "heading" : "text");
    else super.readLine(line);
    this.state = { ...this.state, isCut, count };
  }
}
