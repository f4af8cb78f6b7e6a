// The paragraphs of plain text, and of the message of a commit.

import { indentOf, type Line, linesOf } from "./lines.ts";
import { type Paragraph, ParagraphCollector } from "./paragraphs.ts";

/** @param isKept tells lines that are no prose */
export function cutPlain(text: string, isKept: (line: Line, number: number) => boolean = () => false): Paragraph[] {
  const collector = new ParagraphCollector(text);
  let expected = 0;
  let isFirst = false;
  for (const [number, line] of linesOf(text).entries()) {
    const isBlank = line.text.trim() === "";
    if (isBlank || isKept(line, number)) collector.close();
    else {
      const column = indentOf(line.text);
      const marker = /^(?:[-+*•–]|\d{1,9}[.)])[ \t]+/.exec(line.text.slice(column))?.[0] ?? "";
      const text = column + marker.length;
      // The first line of a paragraph may be indented by more than the others.
      const isFurther: boolean = collector.isOpen && (column === expected || (isFirst && column < expected));
      if (marker === "" && isFurther) collector.add(line, column);
      else collector.open(line, text, line.text.slice(0, column) + " ".repeat(marker.length));
      isFirst = marker === "" && !isFurther;
      expected = isFurther ? column : text;
    }
  }
  collector.close();
  return collector.paragraphs;
}

/** The subject stands alone; git's own lines, what follows its scissors, and trailers are kept. */
export function cutCommitMessage(text: string): Paragraph[] {
  let scissors = Infinity;
  let subject = -1;
  const isKept = ({ text: line }: Line, number: number): boolean => {
    if (/^# -+ >8 -+/.test(line)) scissors = number;
    const kept = number >= scissors || line.startsWith("#") || /^[A-Z][A-Za-z-]*-[Bb]y: |^[A-Z][\w-]*: \S+$/.test(line);
    if (!kept && subject < 0 && line.trim() !== "") subject = number;
    return kept;
  };
  return cutPlain(text, isKept).map((paragraph) => {
    const isSubject = paragraph.lines[0]?.start === subjectStart(text, subject);
    return isSubject && paragraph.lines.length === 1 ? { ...paragraph, kind: "heading" as const } : paragraph;
  });
}

function subjectStart(text: string, number: number): number | undefined {
  return linesOf(text)[number]?.start;
}
