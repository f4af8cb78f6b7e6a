// The beginning of an answer that no server was asked to go on with: the model writes it again, in its own way.

/** Takes the fence that an answer begins with from the pieces of its text, where it was begun with one already. */
export class BegunAnswer {
  #held: string | undefined;

  /** @param begun what the answer was begun with */
  constructor(begun: string) {
    if (begun.trimStart().startsWith("`")) this.#held = "";
  }

  /** What of a text is new. */
  push(text: string): string {
    if (this.#held === undefined) return text;
    this.#held = (this.#held + text).trimStart();
    const isFence = "```".startsWith(this.#held.slice(0, 3)) || this.#held.startsWith("```");
    const end = this.#held.indexOf("\n");
    if (isFence && end < 0) return "";
    const rest = this.#held;
    this.#held = undefined;
    return isFence ? rest.slice(end + 1) : rest;
  }

  /** What is held where no more comes. */
  end(): string {
    const rest = this.#held ?? "";
    this.#held = undefined;
    return rest.startsWith("```") ? "" : rest;
  }
}
