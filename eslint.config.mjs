// Strict, type-checked lint, and the import directions of CONTRIBUTING.md.

import noUnsanitized from "eslint-plugin-no-unsanitized";
import tseslint from "typescript-eslint";

/** Forbids imports whose path matches one of the patterns, with the reason. */
function forbidImports(files, ignores, ...rules) {
  const patterns = rules.map(([regex, message]) => ({ regex, message }));
  return { files, ignores, rules: { "no-restricted-imports": ["error", { patterns }] } };
}

const noVscode = ["^vscode$", "Only src/ talks to VS Code."];
const noServer = ["/server/", "The three processes share src/shared/ and nothing else."];
/** `up` leads out of src/ from the files of one depth: src/server/ is the host's own, server/ is not. */
const leaves = (up) => [
  `^${up.replaceAll(".", "\\.")}(?!package\\.json$)`,
  "The three processes share src/shared/ and nothing else.",
];
const noHost = ["/src/(?!shared/)", "The three processes share src/shared/ and nothing else."];
const noWebview = ["/webview/", "The three processes share src/shared/ and nothing else."];
const noEngine = ["^node-llama-cpp$", "Only server/engine/llama/ imports node-llama-cpp."];
const noNode = ["^node:", "The page has no Node."];
const noConnection = ["^vscode-languageserver(?!-textdocument)", "The core runs without a connection."];

const server = [noVscode, noHost, noWebview, noEngine];
/** Forbids a part of server/ the folders above it, and what implements an interface that it has. */
const layer = (folders) => [`^\\.[./]*/(engine/)?(${folders})\\b`, "CONTRIBUTING.md: imports of server/ go one way."];

/** What VS Code reads links, icons and Markdown in, or shows as it comes. */
const surfaces = [
  ...["showErrorMessage", "showWarningMessage", "showInformationMessage", "withProgress"],
  ...["showQuickPick", "createQuickPick", "showInputBox", "createInputBox"],
  ...["createStatusBarItem", "setStatusBarMessage", "createOutputChannel", "createTerminal"],
];
const surfacesOnly = "Only src/surfaces.ts shows words in VS Code's own surfaces, as plain text.";

export default tseslint.config(
  { ignores: ["dist/", "out/", "node_modules/", "**/*.cjs"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "no-unsanitized": noUnsanitized },
    rules: {
      "no-unsanitized/method": "error",
      "no-unsanitized/property": "error",
      eqeqeq: "error",
      "max-lines": ["error", { max: 400, skipComments: true, skipBlankLines: true }],
      complexity: ["error", 15],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-invalid-void-type": "off",
    },
  },
  forbidImports(["src/*.ts"], [], leaves("../"), noEngine),
  forbidImports(["src/*/*.ts"], ["src/shared/**"], leaves("../../"), noEngine),
  forbidImports(["src/shared/**"], [], noVscode, noServer, noHost, noWebview, noEngine, noNode, [
    "^[^.](?!scode-languageserver-protocol$)",
    "src/shared/ imports the LSP type constructors and nothing else.",
  ]),
  // Small helpers ← engine.ts ← models ← features ← lsp ← roots; features never import one another.
  forbidImports(
    ["server/*.ts", "server/syntax/**"],
    ["server/main.ts", "server/service.ts", "server/cli.ts", "server/installation.ts"],
    ...server,
    noConnection,
    layer("engine|metrics|models|completion|chat|edit|evaluate|http|lsp"),
  ),
  forbidImports(
    ["server/engine/*.ts", "server/engine/plan/**"],
    [],
    ...server,
    noConnection,
    layer("metrics|models|completion|chat|edit|http|lsp|llama|process|shared|remote"),
  ),
  forbidImports(
    ["server/engine/process/**"],
    [],
    ...server,
    noConnection,
    layer("metrics|models|completion|chat|edit|http|lsp|llama|shared|remote"),
  ),
  forbidImports(
    ["server/engine/shared/**"],
    [],
    ...server,
    noConnection,
    layer("metrics|models|completion|chat|edit|http|lsp|llama|remote"),
  ),
  forbidImports(
    ["server/engine/remote/**"],
    [],
    ...server,
    noConnection,
    layer("metrics|models|completion|chat|edit|http|lsp|llama|process|shared"),
  ),
  forbidImports(
    ["server/engine/llama/**"],
    [],
    ...[noVscode, noHost, noWebview, noConnection],
    layer("metrics|models|completion|chat|edit|http|lsp|remote|process/(?!answerModel|copyFolder)"),
  ),
  forbidImports(
    ["server/metrics/**"],
    [],
    ...server,
    noConnection,
    layer("models|completion|chat|edit|http|lsp|llama|process|shared|remote"),
  ),
  forbidImports(
    ["server/models/**"],
    [],
    ...server,
    noConnection,
    layer("completion|chat|edit|http|lsp|llama|process|shared|remote"),
  ),
  forbidImports(
    ["server/completion/**"],
    [],
    ...server,
    noConnection,
    layer("models|chat|edit|http|lsp|llama|process|shared|remote"),
  ),
  forbidImports(
    ["server/chat/**"],
    [],
    ...server,
    noConnection,
    layer("models|completion|edit|http|lsp|llama|process|shared|remote"),
  ),
  // An edit is a question in the model's chat format.
  forbidImports(
    ["server/edit/**"],
    [],
    ...server,
    noConnection,
    layer("models|completion|chat/(?!formats|demonstration)|http|lsp|llama|process|shared|remote"),
  ),
  // Trained is what the completion asks, in its own words.
  forbidImports(
    ["server/finetune/**"],
    [],
    ...server,
    noConnection,
    layer("models|chat|edit|evaluate|http|lsp|llama|process|shared|remote"),
  ),
  // A gap is filled as the completion fills one.
  forbidImports(
    ["server/evaluate/**"],
    [],
    ...server,
    noConnection,
    layer("completion/(?!infillPrompt)|chat|edit|http|lsp|llama|process|shared|remote"),
  ),
  forbidImports(
    ["server/compare/**"],
    [],
    ...server,
    noConnection,
    layer("chat|edit|evaluate|http|lsp|llama|process|shared|remote"),
  ),
  forbidImports(["server/http/**"], [], ...server, noConnection, layer("models|edit|lsp|llama|process|shared|remote")),
  forbidImports(["server/lsp/**"], [], ...server, layer("llama|process|shared|remote")),
  forbidImports(["server/cli/**"], [], ...server, noConnection, layer("lsp/(?!settings)|llama|process|shared|remote")),
  forbidImports(["server/{main,service,cli,installation}.ts"], [], ...server),
  forbidImports(["test/**/*.test.ts"], [], ["^fast-check$", "test/support/fastCheck.ts fixes the seed."]),
  forbidImports(["webview/**"], [], noVscode, noServer, noHost, noEngine, noNode),
  {
    files: ["src/**", "server/**"],
    ignores: ["src/surfaces.ts"],
    rules: {
      "no-restricted-properties": ["error", ...surfaces.map((property) => ({ property, message: surfacesOnly }))],
      "no-restricted-syntax": [
        "error",
        { selector: "NewExpression[callee.name='MarkdownString']", message: surfacesOnly },
        { selector: "NewExpression[callee.property.name='MarkdownString']", message: surfacesOnly },
      ],
    },
  },
  {
    // node:test returns promises that its runner awaits.
    files: ["test/**"],
    rules: {
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["test", "suite", "describe", "it"] },
          ],
        },
      ],
    },
  },
  { files: ["**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
