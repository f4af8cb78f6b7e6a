// The token that requests bring. Whoever opens the page hands it over behind the address's “#”, which no server is sent, or a
// code that the server gives it for; it is taken away from there at once, and the token kept for this tab alone.

const key = "token";

export interface Token {
  readonly read: () => string | undefined;
  readonly write: (token: string) => void;
  /**
   * Takes what the address hands over. Resolves to whether the server had a token for it, if it is a code.
   * @throws TypeError where nobody answers
   */
  readonly take: () => Promise<boolean>;
  /** Calls back when the page is opened again, with another token. */
  readonly onHandedOver: (listener: () => void) => void;
}

export function createToken(): Token {
  let taking: Promise<boolean> | undefined;
  return {
    read: () => sessionStorage.getItem(key) ?? undefined,
    write: (token) => sessionStorage.setItem(key, token),
    // A code is good once, whoever waits for it.
    take: () => (taking ??= takeFromAddress().finally(() => (taking = undefined))),
    // Where the page is open already, such an address does not load it anew.
    onHandedOver: (listener) => {
      window.addEventListener("hashchange", listener);
    },
  };
}

async function takeFromAddress(): Promise<boolean> {
  // Some that open addresses encode the equals sign.
  const [, kind, given] = /^#(token|code)(?:=|%3D)([\w.~-]+)$/i.exec(location.hash) ?? [];
  if (given === undefined) return true;
  // A code stays there until the server has answered.
  const token = kind === "code" ? await exchange(given) : given;
  history.replaceState(null, "", location.pathname);
  if (token !== undefined) sessionStorage.setItem(key, token);
  return token !== undefined;
}

/** The token for a code; undefined where it was used, or is too old. */
async function exchange(code: string): Promise<string | undefined> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code }) };
  // Relative to the page.
  const response = await fetch("playground/token", init);
  return response.ok ? ((await response.json()) as { readonly token: string }).token : undefined;
}
