// A Git repository in a folder of its own, with a history that a test writes.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

export class GitRepository {
  readonly folder: string;

  constructor() {
    // As git names it: the folder for temporary files may be a link.
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "falcon-repository-")));
    this.git("init", "--quiet", "--initial-branch=main");
    this.git("config", "core.autocrlf", "false");
    this.git("config", "user.name", "Ada");
    this.git("config", "user.email", "ada@example.org");
  }

  git(...args: string[]): string {
    return execFileSync("git", args, {
      cwd: this.folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      // What the user of this machine has configured is no part of a test.
      env: { ...process.env, GIT_CONFIG_GLOBAL: os.devNull, GIT_CONFIG_NOSYSTEM: "1" },
    }).trimEnd();
  }

  /** Commits files with these texts, and returns the commit's id. Those of null are deleted. */
  commit(files: Readonly<Record<string, string | Buffer | null>>): string {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      if (text === null) fs.rmSync(file);
      else fs.writeFileSync(file, text);
    }
    this.git("add", "--all", "--force");
    this.git("commit", "--quiet", "--allow-empty", "--message", "A change");
    return this.git("rev-parse", "HEAD");
  }

  dispose(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
