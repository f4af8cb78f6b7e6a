// The playground: a page that tries the models, for browsers of this machine. It holds no secret, so that it needs no token;
// what it asks of the models brings one, which it may get for a code once.

import fs from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";

import { ApiError } from "./apiError.ts";
import { readBody } from "./body.ts";
import { type Exchange, type Route, sendJson } from "./exchange.ts";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // The hash is that of an empty style element, with which the UI toolkit finds out what the browser can do.
  "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Another version may serve there tomorrow.
  "cache-control": "no-cache",
};

/** Its addresses are relative: where VS Code forwards the port, there is a path before them. */
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="stylesheet" href="playground.css" />
    <script defer src="playground.js"></script>
    <title>Falcon Playground</title>
  </head>
  <body></body>
</html>
`;

/** Of the folder of the built pages. */
const files = {
  "playground.js": "text/javascript; charset=utf-8",
  "playground.css": "text/css; charset=utf-8",
  "codicon.ttf": "font/ttf",
};

export const playgroundRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    isOpen: true,
    run: (exchange) => send(exchange, "text/html; charset=utf-8", page),
  },
  {
    method: "POST",
    path: "/playground/token",
    isOpen: true,
    run: async (exchange) => {
      const { code } = await readBody(exchange.request, v.object({ code: v.string() }), exchange.limits.body);
      if (!exchange.pageCodes.take(code)) {
        throw new ApiError(403, "This code was used, or is too old.", { code: "invalid_page_code" });
      }
      sendJson(exchange, { token: exchange.token });
    },
  },
  ...Object.entries(files).map(([name, type]): Route => {
    return {
      method: "GET",
      path: `/${name}`,
      isOpen: true,
      run: async (exchange) => send(exchange, type, await fs.readFile(path.join(exchange.pages, name))),
    };
  }),
];

function send({ response }: Exchange, type: string, body: string | Buffer): void {
  response.writeHead(200, { ...headers, "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
