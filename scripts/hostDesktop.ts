// Downloads the newest VS Code and runs a suite in its extension host: EXTENSION SUITE WORKSPACE.

import { argv } from "node:process";

import { runTests } from "@vscode/test-electron";

const [extensionDevelopmentPath = "", extensionTestsPath = "", workspace = ""] = argv.slice(2);
await runTests({ extensionDevelopmentPath, extensionTestsPath, launchArgs: [workspace, "--disable-extensions"] });
