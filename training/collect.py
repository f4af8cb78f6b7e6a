"""Makes the corpus of the fetched packages: python training/collect.py

Writes corpus.jsonl (one file a line: package, path, language, split, text) and the manifest.
"""

import csv
import hashlib
import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from duplicates import NearDuplicates
from fetch import archive_folder, read_sources
from files import BUILT_FOLDER, LANGUAGE_OF, clean, is_metadata, read_archive
from licences import is_permissive, read_metadata
from paths import CORPUS, MANIFEST

HELD_OUT_SHARE = 0.04
#: Bytes of one package, so that none dominates.
MAX_OF_LANGUAGE = {
    "typescript": 900_000,
    "javascript": 600_000,
    "python": 600_000,
    "html": 250_000,
    "css": 250_000,
    "json": 25_000,
    "markdown": 200_000,
}
MAX_DECLARATIONS = 80_000


@dataclass
class Package:
    registry: str
    name: str
    version: str = ""
    licence: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def split(self) -> str:
        """By name alone, so that two forms of one package are on the same side."""
        digest = hashlib.sha256(b"falcon" + self.name.lower().encode()).digest()
        return "held-out" if int.from_bytes(digest[:4]) < HELD_OUT_SHARE * 2**32 else "training"


def read_package(registry: str, name: str) -> Package | None:
    """Licence checked and files cleaned; nothing where there is no archive or the licence does not do."""
    archives = sorted(archive_folder(registry, name).glob("*"))
    if not archives:
        return None
    package = Package(registry, name)
    files: dict[str, bytes] = {}
    for path, content in read_archive(archives[0]):
        if is_metadata(path):
            package.version, package.licence = read_metadata(path, content)
        if Path(path).suffix.lower() in LANGUAGE_OF:
            files[path] = content
    if not is_permissive(package.licence):
        print(f"left out {registry} {name}: licence {package.licence!r}")
        return None
    written = [
        path
        for path in files
        if not BUILT_FOLDER.match(path) and LANGUAGE_OF[Path(path).suffix.lower()] in ("typescript", "javascript")
    ]
    if registry == "npm" and sum(len(files[path]) for path in written if not path.endswith(".d.ts")) > 20_000:
        files = {path: content for path, content in files.items() if not BUILT_FOLDER.match(path)}
    package.files = {path: text for path, content in files.items() if (text := clean(path, content))}
    return package


def limit(package: Package) -> dict[str, str]:
    """The files within the limits, chosen by the hash of their path, in the order of their paths."""
    used: Counter[str] = Counter()
    kept = []
    for path in sorted(package.files, key=lambda path: hashlib.sha256(path.encode()).digest()):
        language = LANGUAGE_OF[Path(path).suffix.lower()]
        size = len(package.files[path].encode())
        declarations = path.endswith((".d.ts", ".d.mts", ".d.cts"))
        if used[language] + size > MAX_OF_LANGUAGE[language] or (
            declarations and used["declarations"] + size > MAX_DECLARATIONS
        ):
            continue
        used[language] += size
        used["declarations"] += size * declarations
        kept.append(path)
    return {path: package.files[path] for path in sorted(kept)}


def main() -> None:
    duplicates = NearDuplicates()
    totals: Counter[tuple[str, str]] = Counter()
    rows = []
    CORPUS.parent.mkdir(parents=True, exist_ok=True)
    with CORPUS.open("w") as corpus, ProcessPoolExecutor(2) as processes:
        for package in filter(None, processes.map(read_package, *zip(*read_sources(), strict=True))):
            package.files = {path: text for path, text in package.files.items() if duplicates.add(text)}
            size = 0
            for path, text in limit(package).items():
                language = LANGUAGE_OF[Path(path).suffix.lower()]
                record = {
                    "package": f"{package.registry}:{package.name}",
                    "path": path,
                    "language": language,
                    "split": package.split,
                    "text": text,
                }
                corpus.write(json.dumps(record, ensure_ascii=False) + "\n")
                totals[package.split, language] += len(text.encode())
                size += len(text.encode())
            if size:
                rows.append((package.registry, package.name, package.version, package.licence, size, package.split))
    with MANIFEST.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("registry", "package", "version", "licence", "bytes", "split"))
        writer.writerows(rows)
    for (split, language), size in sorted(totals.items()):
        print(f"{split:9} {language:11} {size / 1e6:7.2f} MB")


if __name__ == "__main__":
    main()
