// The files of a split model, as llama.cpp names and finds them: NAME-00001-of-00003.gguf and so on.

import fs from "node:fs";

/** The parts that a file's name tells of; the file itself where it is no first part. */
export function modelFiles(file: string): readonly string[] {
  const [, name, count] = /^(.*)-00001-of-(\d{5})\.gguf$/s.exec(file) ?? [];
  if (name === undefined || count === undefined) return [file];
  return Array.from({ length: Number(count) }, (_, i) => `${name}-${String(i + 1).padStart(5, "0")}-of-${count}.gguf`);
}

/** The first part of the model that a file is a part of; the file itself where it is none. */
export function firstFile(file: string): string {
  return file.replace(/-\d{5}(-of-\d{5}\.gguf)$/, "-00001$1");
}

/**
 * What tells a model's file, with all its parts, from others, and from itself before it was changed.
 * @throws the file system's error
 */
export function fileVersion(path: string): string {
  const parts = modelFiles(path).map((part) => {
    const { size, mtimeMs } = fs.statSync(part);
    return [part, size, mtimeMs];
  });
  return JSON.stringify(parts);
}
