// Small models fall into loops: the text ends where a line comes for the third time in a row.

export function stopAtRepetition(text: string): string {
  const lines = text.split("\n");
  const loop = lines.findIndex(
    (line, i) => i >= 2 && line.trim() !== "" && line === lines[i - 1] && line === lines[i - 2],
  );
  return loop < 0 ? text : lines.slice(0, loop - 1).join("\n");
}
