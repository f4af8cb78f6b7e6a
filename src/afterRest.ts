// Runs something when what calls for it has come to rest, or at once when asked to.

export interface AfterRest {
  /** Runs after the rest, which begins anew with each call. */
  readonly soon: () => void;
  /** Runs now, and not again for what was called before. */
  readonly now: () => void;
  readonly cancel: () => void;
}

export function afterRest(milliseconds: number, run: () => void): AfterRest {
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => clearTimeout(timer);
  return {
    soon() {
      cancel();
      timer = setTimeout(run, milliseconds);
    },
    now() {
      cancel();
      run();
    },
    cancel,
  };
}
