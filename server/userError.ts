// The one error that users see; everything else is a bug.

import type { Problem, ProblemAction } from "../src/shared/status.ts";

/** A failure that the user can mend. The message names what, why and how to mend it, in the user's language. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly action: ProblemAction | undefined;

  constructor(message: string, { action }: { action?: ProblemAction } = {}) {
    super(message);
    this.action = action;
  }

  toProblem(): Problem {
    return { message: this.message, ...(this.action && { action: this.action }) };
  }
}

/** What was given has more tokens than the model's context. */
export class PromptTooLongError extends UserError {}
