// Files that the model never reads by itself: those of secrets, and what else the user names.

/** What is excluded unless the user says otherwise; package.json has the same. */
export const secretFiles: readonly string[] = [
  ".env",
  ".env.*",
  "*.env",
  ".envrc",
  "*.pem",
  "*.key",
  "*.p12",
  "*.pfx",
  "*.jks",
  "*.keystore",
  "*.kdbx",
  "*.ppk",
  "id_rsa",
  "id_dsa",
  "id_ecdsa",
  "id_ed25519",
  ".ssh/*",
  ".netrc",
  "_netrc",
  ".npmrc",
  ".pypirc",
  ".pgpass",
  ".htpasswd",
  ".git-credentials",
  ".aws/*",
  ".kube/config",
  ".docker/config.json",
  "credentials",
  "credentials.*",
  "secrets.json",
  "secrets.toml",
  "secrets.yaml",
  "secrets.yml",
  "*.tfstate",
];

/**
 * Tells of a document's URI whether one of the globs names its file. `*` stands for any part of a name, `?` for one
 * character, `**` for any folders. A glob holds wherever the file is (`*.pem`, `secrets/`), or from the root of the file
 * system on where it begins with a slash. Case does not count.
 */
export function matchExcludedFiles(globs: readonly string[]): (uri: string) => boolean {
  const patterns = globs.map((glob) => {
    const names = glob.toLowerCase().replaceAll("\\", "/").replace(/\/$/, "/**").split("/");
    return names[0] === "" ? names.slice(1) : ["**", ...names];
  });
  return (uri) => {
    const names = pathOf(uri).toLowerCase().split("/");
    return patterns.some((pattern) => matchSequence(names, pattern, "**", matchName));
  };
}

function matchName(name: string, pattern: string): boolean {
  return matchSequence(name, pattern, "*", (character, expected) => expected === "?" || character === expected);
}

/**
 * Whether a sequence is what the pattern says, in which a `star` stands for any part of it. Takes at most the product of
 * both lengths: only the last star is ever tried again. The regular expressions that glob libraries make try them all.
 */
function matchSequence(
  sequence: ArrayLike<string>,
  pattern: ArrayLike<string>,
  star: string,
  matches: (item: string, expected: string) => boolean,
): boolean {
  let next = 0;
  let retry: { readonly next: number; position: number } | undefined;
  for (let position = 0; position < sequence.length;) {
    const expected = pattern[next];
    if (expected === star) {
      retry = { next: ++next, position };
    } else if (expected !== undefined && matches(sequence[position] ?? "", expected)) {
      next++;
      position++;
    } else if (retry) {
      next = retry.next;
      position = ++retry.position;
    } else {
      return false;
    }
  }
  while (pattern[next] === star) next++;
  return next === pattern.length;
}

/** The path without its first slash. */
function pathOf(uri: string): string {
  const path = uri.replace(/^[^:/?#]*:(\/\/[^/?#]*)?/, "").replace(/[?#].*$/s, "");
  return decode(path).replace(/^\/+/, "");
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
