// Files that the model never reads by itself: those of secrets, and what else the user names.

/** What is excluded unless the user says otherwise; package.json has the same. */
export const secretFiles: readonly string[] = [
  ".env",
  ".env.*",
  "*.env",
  ".envrc",
  ".dev.vars",
  ".Renviron",
  "*.pem",
  "*.key",
  "*.p12",
  "*.p8",
  "*.pkcs12",
  "*.pfx",
  "*.jks",
  "*.keystore",
  "*.jceks",
  "*.keytab",
  "*.kdbx",
  "*.kdb",
  "*.ovpn",
  "*.gpg",
  "*.ppk",
  "id_rsa",
  "id_dsa",
  "id_ecdsa",
  "id_ecdsa_sk",
  "id_ed25519",
  "id_ed25519_sk",
  ".ssh/*",
  ".gnupg/*",
  ".password-store/",
  ".netrc",
  "_netrc",
  ".authinfo",
  ".npmrc",
  ".pypirc",
  ".pgpass",
  "pgpass.conf",
  ".my.cnf",
  ".mylogin.cnf",
  ".htpasswd",
  ".git-credentials",
  ".smbcredentials",
  "gh/hosts.yml",
  ".aws/*",
  ".azure/*",
  "gcloud/*",
  ".s3cfg",
  ".boto",
  ".kube/config",
  ".docker/config.json",
  ".dockercfg",
  ".dockerconfigjson",
  "credentials",
  "credentials.*",
  "application_default_credentials.json",
  ".vault_pass",
  ".vault_pass.*",
  ".vault-token",
  ".*_history",
  "fish_history",
  ".secret",
  ".secrets",
  "secrets.json",
  "secrets.toml",
  "secrets.yaml",
  "secrets.yml",
  "*.tfstate",
  "*.tfstate.*",
  "*.tfvars",
  ".terraformrc",
  ".m2/settings.xml",
  ".gradle/gradle.properties",
  "local.settings.json",
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
