"""Makes the corpus of the fetched packages: python training/collect.py

Writes corpus.jsonl (one file a line: package, path, language, split, text) and a manifest beside it. Packages are read by as many
processes as there are processors; what was read of a package stays, so that a run that was ended goes on.
"""

import csv
import hashlib
import json
import pickle
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from duplicates import NearDuplicates
from fetch import Pinned, archive_of, read_manifest, read_sources
from files import BUILT_FOLDER, LANGUAGE_OF, clean, is_metadata, read_archive
from licences import is_permissive, read_metadata
from paths import CACHE, CORPUS, HERE, MANIFEST, whole

HELD_OUT_SHARE = 0.04
#: Bytes of one package, so that none dominates. What is measured on stays as it was for the first model.
MAX_OF_LANGUAGE = {
    "training": {
        "typescript": 3_000_000,
        "javascript": 1_500_000,
        "python": 600_000,
        "html": 400_000,
        "css": 500_000,
        "json": 40_000,
        "markdown": 350_000,
        "declarations": 150_000,
    },
    "held-out": {
        "typescript": 900_000,
        "javascript": 600_000,
        "python": 600_000,
        "html": 250_000,
        "css": 250_000,
        "json": 25_000,
        "markdown": 200_000,
        "declarations": 80_000,
    },
}
#: Cleaning takes long: of a training package not many more bytes are cleaned than are kept.
CLEANED = 1.4
SIGNER = NearDuplicates()


@dataclass
class Package:
    registry: str
    name: str
    split: str
    version: str = ""
    licence: str = ""
    #: Why nothing of it is used.
    left_out: str = ""
    files: dict[str, str] = field(default_factory=dict)
    signatures: dict[str, np.ndarray] = field(default_factory=dict)


def split_of(name: str, pinned: Pinned | None) -> str:
    """By the name alone, so that two forms of a package are on the same side. What is measured stays the same packages: one
    that came later and would be held out is neither trained on nor measured."""
    if pinned:
        return pinned.split
    digest = hashlib.sha256(b"falcon" + name.lower().encode()).digest()
    return "held-out-later" if int.from_bytes(digest[:4]) < HELD_OUT_SHARE * 2**32 else "training"


def limits_of(package: Package) -> dict[str, int]:
    return MAX_OF_LANGUAGE["training" if package.split == "training" else "held-out"]


def read_package(archive: Path, package: Package) -> Package:
    """Licence checked and files cleaned; left out where the licence does not do or the archive cannot be read. What the machine
    has too little of says nothing about the archive, and ends the run."""
    try:
        files = read_files(archive, package)
    except Exception as problem:
        # Archives are broken in many ways, and one leaves the others alone. The operating system numbers its errors; those of
        # a broken archive have no number.
        if isinstance(problem, MemoryError) or (isinstance(problem, OSError) and problem.errno):
            raise
        package.left_out = f"{type(problem).__name__}: {problem}"
        return package
    if not is_permissive(package.licence):
        package.left_out = f"licence {package.licence!r}"
        return package
    package.files = {path: text for path, content in files.items() if (text := clean(path, content))}
    package.signatures = {path: SIGNER.signature(text) for path, text in package.files.items()}
    return package


def read_files(archive: Path, package: Package) -> dict[str, bytes]:
    """What a person wrote, and of a training package the files that come first in the order of `limit`."""
    files: dict[str, bytes] = {}
    for path, content in read_archive(archive):
        if is_metadata(path):
            package.version, package.licence = read_metadata(path, content)
        if Path(path).suffix.lower() in LANGUAGE_OF:
            files[path] = content
    written = [
        path for path in files if not BUILT_FOLDER.match(path) and language_of(path) in ("typescript", "javascript")
    ]
    if package.registry == "npm" and sum(len(files[path]) for path in written if not path.endswith(".d.ts")) > 20_000:
        files = {path: content for path, content in files.items() if not BUILT_FOLDER.match(path)}
    if package.split != "training":
        return files
    used: Counter[str] = Counter()
    chosen = set()
    for path in by_hash(files):
        if used[language_of(path)] < CLEANED * limits_of(package)[language_of(path)]:
            used[language_of(path)] += len(files[path])
            chosen.add(path)
    return {path: content for path, content in files.items() if path in chosen}


def language_of(path: str) -> str:
    return LANGUAGE_OF[Path(path).suffix.lower()]


def by_hash(paths: dict) -> list[str]:
    return sorted(paths, key=lambda path: hashlib.sha256(path.encode()).digest())


def limit(package: Package) -> dict[str, str]:
    """The files within the limits, chosen by the hash of their path, in the order of their paths."""
    most = limits_of(package)
    used: Counter[str] = Counter()
    kept = []
    for path in by_hash(package.files):
        language = language_of(path)
        size = len(package.files[path].encode())
        declarations = path.endswith((".d.ts", ".d.mts", ".d.cts"))
        if used[language] + size > most[language] or (
            declarations and used["declarations"] + size > most["declarations"]
        ):
            continue
        used[language] += size
        used["declarations"] += size * declarations
        kept.append(path)
    return {path: package.files[path] for path in sorted(kept)}


def read_once(job: tuple[Path, Package]) -> Package:
    """`read_package`, or what an earlier run read of the same archive by the same rules."""
    archive, package = job
    kept = (
        CACHE / "packages" / rules() / f"{package.registry}--{package.name.replace('/', '__')}--{archive.name}.pickle"
    )
    if not kept.exists():
        read = read_package(archive, package)
        with whole(kept) as new:
            new.write_bytes(pickle.dumps(read))
        return read
    return pickle.loads(kept.read_bytes())


def rules() -> str:
    """A name of the code that decides what is read of a package."""
    modules = ("collect.py", "files.py", "licences.py", "duplicates.py")
    return hashlib.sha256(b"".join((HERE / module).read_bytes() for module in modules)).hexdigest()[:12]


def packages() -> Iterator[Package]:
    """Those held out first: what is nearly the same as a text of theirs is left out of training, and not the other way round."""
    pinned = read_manifest()
    jobs = []
    for registry, name in read_sources():
        if archive := archive_of(registry, name):
            jobs.append((archive, Package(registry, name, split_of(name, pinned.get((registry, name))))))
    jobs.sort(key=lambda job: job[1].split != "held-out")
    with ProcessPoolExecutor() as processes:
        for package in processes.map(read_once, jobs):
            if package.left_out:
                print(f"left out {package.registry} {package.name}: {package.left_out}", flush=True)
            else:
                yield package


def main() -> None:
    duplicates = NearDuplicates()
    totals: Counter[tuple[str, str]] = Counter()
    rows = {}
    with whole(CORPUS) as new, new.open("w") as corpus:
        for package in packages():
            package.files = {
                path: text for path, text in package.files.items() if duplicates.add_signature(package.signatures[path])
            }
            size = 0
            for path, text in limit(package).items():
                record = {
                    "package": f"{package.registry}:{package.name}",
                    "path": path,
                    "language": language_of(path),
                    "split": package.split,
                    "text": text,
                }
                corpus.write(json.dumps(record, ensure_ascii=False) + "\n")
                totals[package.split, language_of(path)] += len(text.encode())
                size += len(text.encode())
            if size:
                row = (package.registry, package.name, package.version, package.licence, size, package.split)
                rows[package.registry, package.name] = row
    with whole(MANIFEST) as new, new.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("registry", "package", "version", "licence", "bytes", "split"))
        writer.writerows(rows[source] for source in read_sources() if source in rows)
    for (split, language), size in sorted(totals.items()):
        print(f"{split:16} {language:11} {size / 1e6:7.2f} MB")


if __name__ == "__main__":
    main()
