// What looks like a real key or token is not written: a model can only have it from somewhere else, or make it up.

const secrets =
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:\s|\\[rn]){1,20}[A-Za-z0-9+/]{20}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}|\bxox[abprs]-[\w-]{20,}|\bsk-(?:(?:proj|ant)-[\w-]{30,}|[A-Za-z0-9]{30,})|\bAIza[\w-]{35}|\bhf_[A-Za-z]{30,}|\beyJ[\w-]{20,300}\.eyJ[\w-]{20}/;

/** @param linePrefix of the cursor's line, in which a secret may begin */
export function withholdSecret(text: string, linePrefix: string): string {
  const found = secrets.exec(linePrefix + text);
  return found && found.index + found[0].length > linePrefix.length ? "" : text;
}
