// Joins small pieces of text that come in quick succession, so that each delivery is worth its cost.

export interface Coalescer {
  readonly push: (text: string) => void;
  /** Delivers now what has come. */
  readonly flush: () => void;
}

/** `milliseconds` is the longest time that a piece waits. */
export function coalesce(milliseconds: number, deliver: (text: string) => void): Coalescer {
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = "";
    if (text !== "") deliver(text);
  };
  const push = (text: string) => {
    waiting += text;
    timer ??= setTimeout(flush, milliseconds);
  };
  return { push, flush };
}
