// Chooses how many threads evaluate. A step ends when its slowest thread does, so a thread that waits for a core that another
// program uses holds up all the others. With both of two cores in use elsewhere, one thread was 9 to 15 times as fast as two.

/** Steps are judged together until they took so long, in milliseconds: the system counts CPU time coarsely. */
const window = 100;
/**
 * Less of the CPU time that the threads ask for means that they wait for cores. Two threads of a 1B model had 0.90 to 0.98
 * of it on two idle cores, and 0.82 to 0.90 beside two programs of lower priority: there they wrote 1.3 times as fast as
 * one. Beside one program of the same priority they had 0.56 to 0.75, and wrote 0.65 times as fast. Of more threads, one
 * that waits is a smaller share.
 */
const enough = (count: number) => (count <= 2 ? 0.8 : 0.85);
/**
 * Milliseconds of steps before one thread more is tried; twice as long after each in a row that was too many. Short at
 * first, since what disturbs is mostly over in a moment.
 */
const shortestPatience = 500;
const longestPatience = 16_000;

/**
 * The threads of a model, judged apart for steps that evaluate a prompt and for those of tokens alone: around a token's short
 * step other work of this process and of the language server asks for the cores as well, and beside a prompt's there is none.
 */
export class StepThreads {
  readonly #ofPrompts: Threads;
  readonly #ofTokens: Threads;
  readonly #set: (count: number) => void;

  /** @param set takes effect with the next step */
  constructor(most: number, set: (count: number) => void) {
    this.#ofPrompts = new Threads(most);
    this.#ofTokens = new Threads(most);
    this.#set = set;
  }

  /** Sets the threads of a step. What it returns gets how long that took, and the CPU time in it, in milliseconds. */
  begin(hasPrompt: boolean): (wall: number, cpu: number) => void {
    const threads = hasPrompt ? this.#ofPrompts : this.#ofTokens;
    this.#set(threads.count);
    return (wall, cpu) => threads.stepped(wall, cpu);
  }
}

export class Threads {
  readonly #most: number;
  #count: number;
  /** Of the steps that are judged together, in milliseconds. */
  #wall = 0;
  #cpu = 0;
  /** Milliseconds of steps since the count was last changed. */
  #unchanged = 0;
  #patience = shortestPatience;
  #isTrial = false;

  constructor(most: number) {
    this.#most = most;
    this.#count = most;
  }

  /** How many evaluate the next step. */
  get count(): number {
    return this.#count;
  }

  /** Takes how long a step took, and the CPU time of all threads in it, in milliseconds. */
  stepped(wall: number, cpu: number): void {
    this.#wall += wall;
    this.#cpu += cpu;
    if (this.#wall < window) return;
    const cores = this.#cpu / this.#wall;
    this.#unchanged += this.#wall;
    this.#wall = 0;
    this.#cpu = 0;
    if (cores < enough(this.#count) * this.#count && this.#count > 1) {
      this.#patience = this.#isTrial ? Math.min(2 * this.#patience, longestPatience) : shortestPatience;
      this.#change(Math.min(this.#count - 1, Math.max(1, Math.floor(cores))), false);
    } else if (this.#unchanged >= this.#patience && this.#count < this.#most) {
      this.#change(this.#count + 1, true);
    } else if (this.#isTrial) {
      this.#isTrial = false;
      this.#patience = shortestPatience;
    }
  }

  #change(count: number, isTrial: boolean): void {
    this.#count = count;
    this.#isTrial = isTrial;
    this.#unchanged = 0;
  }
}
