// “Write Tests”: code and how the workspace tests → model → a proposal in the file of tests, or in a new one.

import { randomUUID } from "node:crypto";

import { Range, Uri, ViewColumn, l10n, window, workspace, type TextDocument, type TextEditor } from "vscode";

import { type WorkspaceFiles, isFile, readText } from "../../chat/context/workspaceFiles.ts";
import { UserError } from "../../problems.ts";
import { plainName } from "../../shared/plainText.ts";
import { showProgress } from "../../surfaces.ts";
import { type EditDependencies, isOfUse, rangeToEdit } from "../editSelection.ts";
import { addTests } from "./addTests.ts";
import { type TestConvention, conventionOf, frameworkOf } from "./conventions.ts";
import { type TestPlace, nearestTests, placeOfTests } from "./testFiles.ts";

type Dependencies = EditDependencies & { readonly workspaceFiles: WorkspaceFiles };

/** Where the tests go, and how they are written there. */
interface Plan {
  readonly place?: TestPlace & { readonly uri: Uri };
  readonly source: string;
  readonly framework?: string;
  /** Tests to go by: those that the file has, or else others. */
  readonly sample: string;
}

/** Characters of other tests that are sent along; the server uses less. */
const sampleLength = 4_000;
/** Schemes of files that a new one can be saved beside. */
const savedSchemes = ["file", "vscode-remote"];

export async function writeTests({ document, selection }: TextEditor, dependencies: Dependencies): Promise<void> {
  const range = await rangeToEdit(document, selection);
  const text = document.getText(range);
  if (text.trim() === "") throw new UserError(l10n.t("Select the code first."));
  const plan = await planTests(document, dependencies);
  refuseUndecided(plan, dependencies);
  const { framework, source, place, sample } = plan;
  const params = {
    command: "tests",
    tests: { ...(framework !== undefined && { framework }), file: place?.path ?? "", source },
    uri: document.uri.toString(),
    languageId: document.languageId,
    text,
    before: "",
    after: sample,
    partialResultToken: randomUUID(),
  } as const;
  const title = l10n.t("Falcon writes tests for {0}", plainName(nameOf(document.uri)));
  const result = await showProgress(title, (report, cancelled) => {
    let lines = 0;
    const onDelta = (piece: string) => {
      lines += piece.split("\n").length - 1;
      report(l10n.t("{0} lines", lines));
    };
    return dependencies.server.edit(params, onDelta, cancelled);
  });
  if (!(await isOfUse(result, "", document))) return;
  await propose(result.text, document, plan, dependencies);
}

async function propose(
  tests: string,
  { languageId, uri }: TextDocument,
  { place }: Plan,
  { proposals }: Dependencies,
): Promise<void> {
  const target = await openTarget(place, languageId);
  const isSame = target.uri.toString() === uri.toString();
  await window.showTextDocument(target, isSame ? {} : { viewColumn: ViewColumn.Beside, preview: false });
  const proposal = proposals.begin(target, wholeOf(target));
  if ((await proposal.finish(addTests(target.getText(), tests, languageId))) !== "readOnly") return;
  await window.showTextDocument(await workspace.openTextDocument({ content: tests, language: languageId }));
}

function openTarget(place: Plan["place"], language: string): Thenable<TextDocument> {
  if (!place) return workspace.openTextDocument({ language });
  return workspace.openTextDocument(uriOf(place));
}

/** Before the model writes what could not be shown. */
function refuseUndecided({ place }: Plan, { proposals }: Dependencies): void {
  const uri = place && uriOf(place).toString();
  const open = workspace.textDocuments.find((each) => each.uri.toString() === uri);
  if (open) proposals.assertFree(open, wholeOf(open));
}

function uriOf({ exists, uri }: NonNullable<Plan["place"]>): Uri {
  return exists ? uri : uri.with({ scheme: "untitled" });
}

function wholeOf(document: TextDocument): Range {
  return document.validateRange(new Range(0, 0, document.lineCount, 0));
}

/** What the workspace says counts only where the user trusts it. */
async function planTests(document: TextDocument, { settings, workspaceFiles }: Dependencies): Promise<Plan> {
  const { uri, languageId } = document;
  const convention = conventionOf(languageId);
  const folder = workspace.getWorkspaceFolder(uri)?.uri ?? Uri.joinPath(uri, "..");
  const isSaved = savedSchemes.includes(uri.scheme);
  if (!isSaved) return planWith({ source: nameOf(uri), sample: "" }, convention, []);
  const prefix = `${folder.path.replace(/\/$/, "")}/`;
  const relative = ({ path }: Uri) => path.slice(prefix.length);
  const listed = workspace.isTrusted ? await workspaceFiles.listAnew() : [];
  const files = listed.filter((each) => each.scheme === uri.scheme && each.path.startsWith(prefix)).map(relative);
  const source = relative(uri);
  const found = placeOfTests(source, files, convention);
  const place = { ...found, uri: Uri.joinPath(folder, found.path) };
  const read = async (file: string | undefined) => {
    const other = file === undefined || file === source ? undefined : Uri.joinPath(folder, file);
    return !other || !workspace.isTrusted || settings.isExcluded(other) ? "" : ((await readText(other)) ?? "");
  };
  const own = await read(found.path);
  const other = await read(nearestTests(source, files, convention)[0]);
  // A new file may be there all the same, as git may ignore it.
  const exists = found.exists || (await isFile(place.uri));
  const sample = (own || other).slice(0, sampleLength);
  const manifests = workspace.isTrusted ? await readManifests(source, folder, files, convention) : [];
  return planWith({ place: { ...place, exists }, source, sample }, convention, [own, other, ...manifests]);
}

function planWith(plan: Omit<Plan, "framework">, convention: TestConvention, texts: readonly string[]): Plan {
  const framework = frameworkOf(convention, texts);
  return framework === undefined ? plan : { ...plan, framework };
}

/** Those of the nearest folder first. */
async function readManifests(
  source: string,
  folder: Uri,
  files: readonly string[],
  { manifests }: TestConvention,
): Promise<string[]> {
  const known = new Set(files);
  const parts = source.split("/");
  const found = parts
    .map((_, i) =>
      parts
        .slice(0, parts.length - 1 - i)
        .map((part) => `${part}/`)
        .join(""),
    )
    .flatMap((start) => manifests.map((name) => start + name))
    .filter((file) => known.has(file));
  return Promise.all(found.map(async (file) => `${file}\n${(await readText(Uri.joinPath(folder, file))) ?? ""}`));
}

function nameOf({ path: all }: Uri): string {
  return all.slice(all.lastIndexOf("/") + 1);
}
