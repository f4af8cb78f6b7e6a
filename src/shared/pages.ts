// What a page in a panel of its own and the extension host say to each other, whatever the page shows.

export type PageName = "performance" | "comparison" | "evaluation" | "training";

/** The page shows a state whole, and again at each change. */
export interface ToPage<State> {
  readonly type: "state";
  readonly state: State;
}

/** A page that was made, or made again, says that it is ready; what else it says is its own. */
export type FromPage<Message> = { readonly type: "ready" } | Message;

/** The words of every plot. */
export interface PlotStrings {
  /** Of what is folded below a plot. */
  readonly asTable: string;
  /** In the place of a plot of nothing. */
  readonly nothing: string;
  /** For screen readers: how the keyboard reads a plot. */
  readonly useArrowKeys: string;
}
