// `npm start [-- --browser]`: packs the extension and opens a VS Code that has it, with a model and a small workspace.
// The desktop VS Code where `code` is on the PATH; else, or with --browser, one in the browser.

import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

import { startEditor } from "./codeServer.ts";
import { cacheFolder } from "./install.mjs";
import { findProgram, runProgram, showInBrowser } from "./system.ts";
import { packageExtension, vsixPath } from "./vsix.ts";

const sample = path.join(path.dirname(import.meta.dirname), "test/fixtures/sample-workspace");
const { values } = parseArgs({ options: { browser: { type: "boolean", default: false } } });

await packageExtension();
const settings = {
  // The workspace is ours and the profile is for trying: no question at the door, no sign-in for other assistants.
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "readme",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
};
console.log(
  "\nThe model is the small one that comes with the extension, for demonstration.\n" +
    "Choose one of your own with the command “Falcon: Choose Model…”.\n",
);
// In a terminal of a remote window, `code` is that window's own: it would install into the user's profile.
const isRemoteTerminal = process.env["VSCODE_IPC_HOOK_CLI"] !== undefined;
const code = values.browser || isRemoteTerminal ? undefined : findProgram("code");
await (code ? openDesktop(code) : openBrowser());

/** Opens the user's VS Code with a profile of its own, so that nothing of his is touched. */
async function openDesktop(code: string): Promise<void> {
  const profile = path.join(cacheFolder(), "desktop");
  const workspace = path.join(profile, "harbour");
  const settingsFile = path.join(profile, "user-data/User/settings.json");
  if (!fs.existsSync(workspace)) fs.cpSync(sample, workspace, { recursive: true });
  fs.mkdirSync(path.dirname(settingsFile), { recursive: true });
  if (!fs.existsSync(settingsFile)) fs.writeFileSync(settingsFile, JSON.stringify(settings, null, 2));
  const args = [
    "--user-data-dir",
    path.join(profile, "user-data"),
    "--extensions-dir",
    path.join(profile, "extensions"),
  ];
  // `code` is a batch file on Windows.
  const shell = process.platform === "win32";
  await runProgram(code, [...args, "--install-extension", vsixPath(), "--force"], { shell });
  await runProgram(code, [...args, "--new-window", workspace], { shell });
}

/** Serves VS Code on the loopback until Ctrl+C. */
async function openBrowser(): Promise<void> {
  // Ctrl+C is the way to end this, and takes the editor along.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit());
  const editor = await startEditor({ vsix: vsixPath(), workspace: sample, settings });
  const address = `${editor.url}/?folder=${encodeURIComponent(editor.workspace)}`;
  console.log(`VS Code with Falcon:  ${address}\nPassword:             ${editor.password}\nCtrl+C ends it.`);
  showInBrowser(address);
}
