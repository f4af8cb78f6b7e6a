// The HTML of a page in a webview: it may load our two files and nothing else.

export interface PageParts {
  /** `Webview.cspSource`. */
  readonly cspSource: string;
  /** Unguessable, new for each page. */
  readonly nonce: string;
  readonly script: string;
  readonly style: string;
  /** A BCP 47 tag, for screen readers. */
  readonly language: string;
  /** Words in the user's language. */
  readonly strings: object;
  /** Which page it is, where a script has several. */
  readonly page?: string;
  readonly title?: string;
}

export function webviewHtml({
  cspSource,
  nonce,
  script,
  style,
  language,
  strings,
  page,
  title = "Falcon",
}: PageParts): string {
  const policy = [
    "default-src 'none'",
    // The hash is that of an empty style element, with which the UI toolkit finds out what the browser can do.
    `style-src ${cspSource} 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='`,
    `font-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="stylesheet" href="${escapeHtml(style)}" />
    <title>${escapeHtml(title)}</title>
  </head>
  <body data-strings="${escapeHtml(JSON.stringify(strings))}" data-page="${escapeHtml(page ?? "")}">
    <script nonce="${escapeHtml(nonce)}" src="${escapeHtml(script)}"></script>
  </body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
