// The chat page's HTML.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { webviewHtml } from "../../../src/webviewHtml.ts";

const nasty = `</script><b a="1" c='2'>&amp;`;
const html = webviewHtml({
  cspSource: "https://*.webview.test",
  nonce: "bm9uY2U=",
  script: "https://host.webview.test/webview.js",
  style: `https://host.webview.test/webview.css?"x`,
  language: "it",
  strings: { you: nasty },
});

function attribute(name: string): string {
  const value = new RegExp(` ${name}="([^"]*)"`).exec(html)?.[1] ?? "";
  return value.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

suite("webviewHtml", () => {
  test("lets the page load its two files and nothing else", () => {
    assert.deepEqual(attribute("content").split("; "), [
      "default-src 'none'",
      "style-src https://*.webview.test 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
      "font-src https://*.webview.test",
      "script-src 'nonce-bm9uY2U='",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    assert.equal(attribute("nonce"), "bm9uY2U=");
    assert.equal(attribute("src"), "https://host.webview.test/webview.js");
  });

  test("hands the words over whole, and no word becomes markup", () => {
    assert.deepEqual(JSON.parse(attribute("data-strings")), { you: nasty });
    assert.ok(!html.includes("<b "));
    assert.equal(html.split("<script").length, 2);
    assert.equal(attribute("href"), `https://host.webview.test/webview.css?"x`);
  });
});
