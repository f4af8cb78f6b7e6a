// The figures of the last hour: what the server counts, and what the page "Performance" shows of it.

import type { PlotStrings } from "./pages.ts";

/** Sums over the requests of one kind that ended in an interval. */
export interface RequestSums {
  readonly requests: number;
  /** Those that came to a token, which alone have a time to it. */
  readonly begun: number;
  /** Milliseconds. */
  readonly firstToken: number;
  readonly duration: number;
  /** Tokens of prompts. */
  readonly prompt: number;
  readonly reused: number;
  /** Tokens after the first, and the milliseconds that they took. */
  readonly laterTokens: number;
  readonly laterTime: number;
}

/** What the requests are for. */
export type RequestKind = "completion" | "chat";

export interface PerformanceInterval {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly completion?: RequestSums;
  readonly chat?: RequestSums;
  /** Suggestions that were given to the editor, and of which something was accepted. */
  readonly shown: number;
  readonly accepted: number;
}

/** Intervals in which nothing happened are left out. */
export interface PerformanceHistory {
  /** Milliseconds since 1970, by the server's clock. */
  readonly now: number;
  /** Milliseconds from the start of an interval to its end. */
  readonly interval: number;
  /** How far back it goes, in milliseconds. */
  readonly span: number;
  readonly intervals: readonly PerformanceInterval[];
}

export interface PerformanceStrings {
  readonly plot: PlotStrings;
  readonly title: string;
  readonly description: string;
  readonly kinds: Readonly<Record<RequestKind, string>>;
  readonly columns: {
    readonly kind: string;
    readonly requests: string;
    readonly tokensPerSecond: string;
    readonly firstToken: string;
    readonly duration: string;
    readonly reused: string;
  };
  readonly tokensPerSecond: string;
  readonly firstToken: string;
  readonly duration: string;
  readonly reused: string;
  readonly acceptance: string;
  readonly accepted: string;
  readonly time: string;
  readonly emptyTitle: string;
  readonly emptyText: string;
}
