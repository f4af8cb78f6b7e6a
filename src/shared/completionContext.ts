// What “Show Completion Context” tells: what other places were considered for a prompt, as types.

/**
 * What became of a chunk of text that was considered for the prompt of a completion. `unlike`: it has too little of what the text
 * around the cursor is about. `known`: that text, or a better chunk, says the same. `tooMany`: others are better. `tooLong`:
 * what is left of the tokens does not hold it.
 */
export type ChunkVerdict = "used" | "unlike" | "known" | "tooMany" | "tooLong";

/** What other places were considered for the prompt of the last completion. */
export interface CompletionContextReport {
  /** Of the document in its workspace folder; empty for one that is in none. */
  readonly path: string;
  /** Tokens that the prompt had room for. */
  readonly budget: number;
  /** Tokens that it took. */
  readonly tokens: number;
  readonly milliseconds: number;
  readonly providers: readonly {
    readonly name: string;
    readonly chunks: number;
    readonly milliseconds: number;
    /** Why there are no chunks of it, or not all. */
    readonly failure?: string;
  }[];
  /** The best ones, in the order of their scores. */
  readonly chunks: readonly {
    readonly provider: string;
    readonly path: string;
    /** Counted from 0. */
    readonly line: number;
    /** From 0 to 1. */
    readonly score: number;
    readonly verdict: ChunkVerdict;
    readonly tokens?: number;
    /** Of one that is used. */
    readonly text?: string;
  }[];
}
