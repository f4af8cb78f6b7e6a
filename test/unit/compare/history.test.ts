import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { CommitFiles } from "../../../server/compare/commitFiles.ts";
import { findPlaces, type HeldOutPlace } from "../../../server/compare/findPlaces.ts";
import { recentCommits } from "../../../server/compare/history.ts";
import { gitIn } from "../../../server/git.ts";
import { UserError } from "../../../server/userError.ts";
import { matchExcludedFiles, secretFiles } from "../../../src/shared/excludedFiles.ts";
import { GitRepository } from "../../support/gitRepository.ts";

const repositories: GitRepository[] = [];
after(() => {
  for (const each of repositories) each.dispose();
});

function newRepository(): GitRepository {
  const repository = new GitRepository();
  repositories.push(repository);
  return repository;
}

const isExcluded = matchExcludedFiles(secretFiles);

async function placesOf(folder: string): Promise<HeldOutPlace[]> {
  const git = gitIn("git", folder);
  const commits = await recentCommits(git, folder);
  const isLeftOut = (name: string) => isExcluded(pathToFileURL(path.join(folder, name)).href);
  const found: HeldOutPlace[] = [];
  for await (const place of findPlaces(git, commits, isLeftOut)) found.push(place);
  return found;
}

const module = "export const first = 1;\n\nexport function second() {\n  return first;\n}\n";
const grown = module.replace("return first;", "const doubled = first * 2;\n  return doubled;");

describe("the places of a history", () => {
  test("are where the newest commits wrote, the newest first, with the files as they were", async () => {
    const repository = newRepository();
    const root = repository.commit({ "src/a.ts": module });
    const second = repository.commit({ "src/a.ts": grown });
    const third = repository.commit({ "src/b.ts": 'import { second } from "./a.ts";\n\nconsole.log(second());\n' });
    const found = await placesOf(repository.folder);
    assert.deepEqual([...new Set(found.map(({ commit }) => commit))], [third, second]);
    const inModule = found.filter(({ path }) => path === "src/a.ts");
    assert.ok(inModule.length > 0);
    for (const { parent, prefix, suffix, truth, languageId } of inModule) {
      assert.equal(parent, root);
      assert.equal(languageId, "typescript");
      assert.ok(grown.startsWith(prefix + truth));
      assert.ok(module.endsWith(suffix.slice(1)));
    }
  });

  test("are the same each time", async () => {
    const repository = newRepository();
    repository.commit({ "a.ts": "" });
    repository.commit({ "a.ts": grown });
    assert.deepEqual(await placesOf(repository.folder), await placesOf(repository.folder));
  });

  test("follow a file that was renamed, and are not in what only went elsewhere", async () => {
    const repository = newRepository();
    const long = module + "export const text = `\n" + "one line of many\n".repeat(20) + "`;\n";
    repository.commit({ "old.ts": long, "moved.ts": module });
    const renamed = long.replace("return first;", "return first + third;");
    repository.commit({ "old.ts": null, "new.ts": renamed, "moved.ts": null, "elsewhere.ts": module });
    const found = await placesOf(repository.folder);
    assert.deepEqual([...new Set(found.map(({ path }) => path))], ["new.ts"]);
    for (const { prefix } of found) assert.match(prefix, /return first \+ $/);
  });

  test("are those of a merged branch once, and none of the merge", async () => {
    const repository = newRepository();
    repository.commit({ "a.ts": module });
    repository.git("checkout", "--quiet", "-b", "branch");
    const onBranch = repository.commit({ "branch.ts": "export const onBranch = true;\n" });
    repository.git("checkout", "--quiet", "main");
    const onMain = repository.commit({ "main.ts": "export const onMain = true;\n" });
    repository.git("merge", "--quiet", "--no-ff", "--message", "Merge", "branch");
    const commits = (await placesOf(repository.folder)).map(({ commit }) => commit);
    assert.deepEqual([...new Set(commits)].toSorted(), [onBranch, onMain].toSorted());
  });

  test("lie in the opened folder of a repository", async () => {
    const repository = newRepository();
    repository.commit({ "package/a.ts": module, "other/a.ts": module });
    repository.commit({ "package/a.ts": grown, "other/a.ts": grown });
    const found = await placesOf(path.join(repository.folder, "package"));
    assert.deepEqual([...new Set(found.map(({ path }) => path))], ["a.ts"]);
  });

  test("are in no file that holds secrets, that nobody wrote, or that is no text", async () => {
    const repository = newRepository();
    repository.commit({ "a.txt": "" });
    const line = "export const name = value.of(other);\n";
    repository.commit({
      "credentials.ts": line,
      "bundle.min.js": `var all = ${"many.parts(), ".repeat(300)}\n`,
      "parser.ts": `// Code generated by a program. DO NOT EDIT.\n${line}`,
      "binary.ts": Buffer.from(`${line}\0${line}`),
      "latin.ts": Buffer.from(`// caf\xe9\n${line}`, "latin1"),
      "utf16.ts": Buffer.from(line, "utf16le"),
      "data.csv": line,
      "large.ts": line.repeat(10_000),
    });
    fs.symlinkSync("a.txt", path.join(repository.folder, "link.ts"));
    repository.commit({ "written.ts": line });
    const found = await placesOf(repository.folder);
    assert.deepEqual([...new Set(found.map(({ path }) => path))], ["written.ts"]);
  });

  test("are looked for file by file, with time for others between them", async (t) => {
    const repository = newRepository();
    repository.commit({ "a.ts": module, "b.ts": module });
    repository.commit({ "a.ts": grown, "b.ts": grown });
    const git = gitIn("git", repository.folder);
    const commits = await recentCommits(git, repository.folder);
    let turns = 0;
    const countTurns = async (...asked: Parameters<typeof git>) => {
      const output = await git(...asked);
      turns = 0;
      return output;
    };
    // Each step seems to take as long as others are made to wait for.
    let now = 0;
    t.mock.method(performance, "now", () => (now += 10));
    const watch = setInterval(() => turns++, 1);
    await findPlaces(countTurns, commits, () => false).next();
    clearInterval(watch);
    assert.ok(turns > 0);
  });

  test("leave out a commit of a program, which changes a hundred files", async () => {
    const repository = newRepository();
    repository.commit({ "a.ts": module });
    repository.commit(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`file${i}.ts`, module])));
    const own = repository.commit({ "a.ts": grown });
    assert.deepEqual([...new Set((await placesOf(repository.folder)).map(({ commit }) => commit))], [own]);
  });
});

describe("without a history", () => {
  const reason = async (folder: string, program = "git") => {
    const error = await recentCommits(gitIn(program, folder), folder).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  };

  test("the reason says that there is no git, no repository, or no commit", async () => {
    const plain = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-plain-"));
    try {
      assert.match(await reason(plain, path.join(plain, "no-git")), /Git could not be run: .*no-git/);
      assert.match(await reason(plain), /is in no Git repository/);
    } finally {
      fs.rmSync(plain, { recursive: true });
    }
    const repository = newRepository();
    assert.match(await reason(repository.folder), /No commit of/);
    repository.commit({ "a.ts": module });
    assert.match(await reason(repository.folder), /No commit of/);
  });

  test("the reason says that a clone is shallow", async () => {
    const [repository, shallow] = [newRepository(), newRepository()];
    repository.commit({ "a.ts": module });
    repository.commit({ "a.ts": grown });
    const { href } = pathToFileURL(repository.folder);
    repository.git("clone", "--quiet", "--depth", "1", href, path.join(shallow.folder, "clone"));
    assert.match(await reason(path.join(shallow.folder, "clone")), /shallow clone.*git fetch --unshallow/);
  });

  test("the reason is in git's words where it cannot read its own", async () => {
    const repository = newRepository();
    const first = repository.commit({ "a.ts": module });
    repository.commit({ "a.ts": grown });
    fs.rmSync(path.join(repository.folder, ".git", "objects", first.slice(0, 2), first.slice(2)));
    assert.match(await reason(repository.folder), new RegExp(`could not read the history .*${first}`));
  });

  test("that was stopped, there is no reason", async () => {
    const { folder } = newRepository();
    await assert.rejects(recentCommits(gitIn("git", folder, AbortSignal.abort()), folder), { name: "AbortError" });
  });

  test("commits of binaries alone have no places", async () => {
    const repository = newRepository();
    repository.commit({ "a.png": Buffer.from([0, 1, 2]) });
    repository.commit({ "a.png": Buffer.from([0, 1, 3]), "b.png": Buffer.from([0]) });
    assert.deepEqual(await placesOf(repository.folder), []);
  });
});

test("the files around a place are those of its commit, whatever is on the disk", async () => {
  const repository = newRepository();
  const { folder } = repository;
  const first = repository.commit({ "src/a.ts": module, "src/.env": "KEY=1\n", "README.md": "# One\n" });
  const second = repository.commit({ "src/a.ts": grown, "README.md": null, "src/b.ts": module });
  fs.writeFileSync(path.join(folder, "src/a.ts"), "changed meanwhile\n");
  const files = new CommitFiles(gitIn("git", folder), folder, (name) => isExcluded(`file:///${name}`));
  const at = (name: string) => path.join(folder, name);
  const textOf = async (name: string) => (await files.chunksOf(at(name))).map(({ text }) => text).join("");

  assert.deepEqual((await files.enter(first)).toSorted(), ["README.md", "src/a.ts"].map(at));
  assert.equal(await textOf("src/a.ts"), module);
  assert.equal(await textOf("src/.env"), "");
  assert.deepEqual((await files.namesIn(folder)).toSorted(), ["README.md", "src"]);

  assert.deepEqual((await files.enter(second)).toSorted(), ["README.md", "src/a.ts", "src/b.ts"].map(at));
  assert.equal(await textOf("src/a.ts"), grown);
  assert.equal(await textOf("README.md"), "");
  assert.deepEqual(await files.namesIn(at("src")), ["a.ts", "b.ts"]);
});

test("of more text than there is room for, the highest files are kept, and those of earlier commits are not", async () => {
  const repository = newRepository();
  const { folder } = repository;
  const first = repository.commit({ "deep/er/a.ts": module, "b.ts": module });
  const second = repository.commit({ "b.ts": grown });
  const files = new CommitFiles(gitIn("git", folder), folder, () => false, grown.length);
  const textOf = async (name: string) =>
    (await files.chunksOf(path.join(folder, name))).map(({ text }) => text).join("");
  await files.enter(first);
  assert.deepEqual([await textOf("b.ts"), await textOf("deep/er/a.ts")], [module, ""]);
  await files.enter(second);
  assert.equal(await textOf("b.ts"), grown);
});
