// Runs the host suite inside a real extension host, in the way that @vscode/test-electron starts it.

import Mocha from "mocha";

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", timeout: 120_000, color: false });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  await import("./activation.ts");
  await import("./withoutGit.ts");
  await import("./settings.ts");
  await import("./chat.ts");
  await import("./chatContext.ts");
  await import("./completion.ts");
  await import("./languageModel.ts");
  await import("./edit.ts");
  await import("./editMeanwhile.ts");
  await import("./manyChanges.ts");
  await import("./prose.ts");
  await import("./readyCommands.ts");
  await import("./commitMessage.ts");
  await import("./explain.ts");
  await import("./prompts.ts");
  await import("./downloads.ts");
  await import("./conversion.ts");
  await import("./cuda.ts");
  await import("./fineTune.ts");
  await import("./localApi.ts");
  await import("./pages.ts");
  await import("./comparison.ts");
  await import("./evaluation.ts");
  await import("./server.ts");
  await import("./deactivation.ts");
  const { failures, stats } = await new Promise<Mocha.Runner>((resolve) => {
    const runner = mocha.run(() => resolve(runner));
  });
  console.log(`${stats?.passes ?? 0} passed, ${failures} failed`);
  if (failures > 0) throw new Error(`${failures} host tests failed`);
}
