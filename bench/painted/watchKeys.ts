// What the page of VS Code does after each key: both functions run in the page, and know nothing of what is around them here.

/** Milliseconds since the key went down. */
export interface PaintedKey {
  /** The ghost text when the key came, and when the next one did. */
  readonly before: string;
  ghost: string;
  /** When that was on the screen; undefined where it stayed as it was. */
  ghostPainted?: number;
  /** When the editor's lines first changed. */
  textPainted?: number;
}

/** What the two use of the page. */
interface PageGlobals {
  paintedKeys: PaintedKey[];
  readonly document: {
    addEventListener(type: "keydown", listener: (event: { readonly timeStamp: number }) => void, capture: true): void;
    querySelectorAll(selector: string): Iterable<{ readonly textContent: string }>;
  };
  requestAnimationFrame(callback: () => void): void;
  readonly MessageChannel: new () => {
    readonly port1: { onmessage: (() => void) | null };
    readonly port2: { postMessage(message: unknown): void };
  };
}

/** Notes for each key from now on what is on the screen. */
export function watchKeys(): void {
  const page = globalThis as unknown as PageGlobals;
  page.paintedKeys = [];
  const read = (selector: string) => Array.from(page.document.querySelectorAll(selector), (each) => each.textContent);
  let ghost = "";
  let text = "";
  let keyAt = 0;
  page.document.addEventListener(
    "keydown",
    ({ timeStamp }) => {
      keyAt = timeStamp;
      page.paintedKeys.push({ before: ghost, ghost });
    },
    true,
  );
  // A message that is sent before the frame is painted comes after that.
  const channel = new page.MessageChannel();
  const afterPaint: (() => void)[] = [];
  channel.port1.onmessage = () => afterPaint.splice(0).forEach((note) => note());
  const look = () => {
    const key = page.paintedKeys.at(-1);
    const nextGhost = read(".ghost-text-decoration, .suggest-preview-text .view-line").join("\n");
    const nextText = read(".editor-instance .view-line").join("\n");
    const at = keyAt;
    if (key && nextGhost !== ghost) {
      key.ghost = nextGhost;
      afterPaint.push(() => (key.ghostPainted = performance.now() - at));
    }
    if (key && nextText !== text && key.textPainted === undefined)
      afterPaint.push(() => (key.textPainted ??= performance.now() - at));
    ghost = nextGhost;
    text = nextText;
    if (afterPaint.length > 0) channel.port2.postMessage(undefined);
    page.requestAnimationFrame(look);
  };
  page.requestAnimationFrame(look);
}

/** What was noted since. */
export function takeKeys(): PaintedKey[] {
  const page = globalThis as unknown as PageGlobals;
  return page.paintedKeys.splice(0);
}
