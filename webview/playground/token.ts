// The token that requests bring. Whoever opens the page hands it over behind the address's “#”, which no server is sent; it is
// taken away from there at once, and kept for this tab alone.

const key = "token";

export interface Token {
  readonly read: () => string | undefined;
  readonly write: (token: string) => void;
  /** Calls back when the page is opened again, with another token. */
  readonly onHandedOver: (listener: () => void) => void;
}

export function createToken(): Token {
  takeFromAddress();
  return {
    read: () => sessionStorage.getItem(key) ?? undefined,
    write: (token) => sessionStorage.setItem(key, token),
    onHandedOver: (listener) => {
      // Where the page is open already, such an address does not load it anew.
      window.addEventListener("hashchange", () => {
        if (takeFromAddress()) listener();
      });
    },
  };
}

/** Whether there was one. */
function takeFromAddress(): boolean {
  // Some that open addresses encode the equals sign.
  const [, token] = /^#token(?:=|%3D)([\w.~-]+)$/i.exec(location.hash) ?? [];
  if (token === undefined) return false;
  sessionStorage.setItem(key, token);
  history.replaceState(null, "", location.pathname);
  return true;
}
