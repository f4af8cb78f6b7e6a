// Small models fall into loops: the text ends where a line comes for the third time in a row, or a part of a line for the
// fourth.

export function stopAtRepetition(text: string): string {
  return stopAtPart(stopAtLine(text));
}

/** Words, not rules and rows of numbers, which people repeat too. The first of them stays. */
function stopAtPart(text: string): string {
  const loop = /([^\n]{0,40}?\p{L}[^\n]{2,40}?)\1{3}/u.exec(text);
  return loop ? text.slice(0, loop.index + (loop[1]?.length ?? 0)) : text;
}

function stopAtLine(text: string): string {
  const lines = text.split("\n");
  const loop = lines.findIndex(
    (line, i) => i >= 2 && line.trim() !== "" && line === lines[i - 1] && line === lines[i - 2],
  );
  return loop < 0 ? text : lines.slice(0, loop - 1).join("\n");
}
