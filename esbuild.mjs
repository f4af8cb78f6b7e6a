// Builds every bundle into dist/: host, language server and model process (CommonJS for Node), the chat page, the pages of panels,
// and the playground.
// `node esbuild.mjs --watch` keeps building.

import fs from "node:fs";
import { argv } from "node:process";
import esbuild from "esbuild";

/** Source maps stay out of the VSIX; a stack trace of the product names functions, by `keepNames`. */
const common = { bundle: true, outdir: "dist", minify: true, sourcemap: true, logLevel: "info" };

/** VS Code 1.104 runs extensions on Node 22. */
const forNode = {
  ...common,
  platform: "node",
  target: "node22",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  keepNames: true,
};

const builds = [
  { ...forNode, entryPoints: { extension: "src/extension.ts" }, external: ["vscode"] },
  // node-llama-cpp is an ES module that finds its binaries beside itself: it is imported at run time.
  {
    ...forNode,
    entryPoints: {
      server: "server/main.ts",
      cli: "server/cli.ts",
      service: "server/service.ts",
      engine: "server/engine/llama/main.ts",
      parentWatch: "server/engine/llama/parentWatch.ts",
      convert: "server/models/convert/worker.ts",
    },
    external: ["node-llama-cpp"],
  },
  {
    ...common,
    platform: "browser",
    target: "chrome138",
    format: "iife",
    entryPoints: {
      webview: "webview/main.ts",
      pages: "webview/pages/main.ts",
      playground: "webview/playground/main.ts",
    },
    loader: { ".ttf": "file" },
    assetNames: "[name]",
  },
];

/** Tree-sitter's runtime and the grammars of `server/syntax/grammars.ts`. C++ and C# weigh five megabytes each. */
const grammars = ["bash", "css", "go", "java", "javascript", "php", "python", "rust", "tsx", "typescript"];
for (const name of ["tree-sitter", ...grammars.map((grammar) => `tree-sitter-${grammar}`)]) {
  fs.mkdirSync("dist/grammars", { recursive: true });
  fs.copyFileSync(`node_modules/@vscode/tree-sitter-wasm/wasm/${name}.wasm`, `dist/grammars/${name}.wasm`);
}

if (argv.includes("--watch")) {
  const contexts = await Promise.all(builds.map((build) => esbuild.context(build)));
  await Promise.all(contexts.map((context) => context.watch()));
} else {
  await Promise.all(builds.map((build) => esbuild.build(build)));
}
