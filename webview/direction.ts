// The direction in which text runs, where the browser cannot be asked.

const letter = /\p{L}/u;
const letterFromRight = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Whether the first letter of a text belongs to a script that runs from right to left; undefined without a letter. */
export function runsFromRight(text: string): boolean | undefined {
  const first = letter.exec(text)?.[0];
  return first === undefined ? undefined : letterFromRight.test(first);
}
