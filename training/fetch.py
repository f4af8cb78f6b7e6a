"""Downloads the packages of sources.txt as the registries' own clients give them: python training/fetch.py

A package whose version the manifest names is taken in that version, so that the corpus can be made again. What was fetched stays,
and the rest is fetched when it is run again. A client downloads into a folder that nothing else reads, and an archive moves from
there when it is whole.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from paths import ARCHIVES, SHIPPED_MANIFEST, SOURCES

TIMEOUT_SECONDS = 400
CLIENTS = 6
#: Packages of one start of a client, which takes a second of processor time.
BATCH = 10


@dataclass(frozen=True)
class Pinned:
    version: str
    split: str


def read_sources(path: Path = SOURCES) -> list[tuple[str, str]]:
    """Pairs of registry ("npm", "pypi", "sdist") and package, each once."""
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return list(dict.fromkeys((registry, name) for registry, *names in lines for name in names))


def read_manifest(path: Path = SHIPPED_MANIFEST) -> dict[tuple[str, str], Pinned]:
    """Of the packages that the shipped model was made of, (registry, package) -> version and split."""
    with path.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {(row["registry"], row["package"]): Pinned(row["version"], row["split"]) for row in rows}


def archive_of(registry: str, name: str, version: str | None = None) -> Path | None:
    """Where it was fetched, in the version if one is asked for: name-version.tgz, or name-version-tags.whl."""
    archives = sorted(archive_folder(registry, name).glob("*"))
    asked = re.compile(rf"-{re.escape(version)}(-.+\.whl|\.tgz|\.zip|\.tar\.\w+)$" if version else "")
    return next((archive for archive in archives if asked.search(archive.name)), None)


def archive_folder(registry: str, name: str) -> Path:
    return ARCHIVES / registry / name.replace("/", "__")


def fetch(registry: str, wanted: dict[str, str | None]) -> list[str]:
    """Fetches packages of the versions, or the newest ones, with one start of a client; where it gives only some of them, the
    others one by one. Returns what went wrong."""
    problem = download(registry, wanted)
    missing = [name for name, version in wanted.items() if not archive_of(registry, name, version)]
    if len(wanted) == 1:
        return [f"{registry} {name}: {problem or f'the client gave no version {wanted[name]}'}" for name in missing]
    return [problem for name in missing for problem in fetch(registry, {name: wanted[name]})]


def download(registry: str, wanted: dict[str, str | None]) -> str:
    """Leaves each archive in its package's folder; returns the end of what the client said, where it failed."""
    with tempfile.TemporaryDirectory(prefix="partial-", dir=ARCHIVES) as folder:
        try:
            done = subprocess.run(
                command_of(registry, wanted, folder),
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"timed out after {TIMEOUT_SECONDS} s"
        if done.returncode == 0:
            for name, archive in downloaded(registry, wanted, Path(folder), done.stdout):
                target = archive_folder(registry, name)
                target.mkdir(parents=True, exist_ok=True)
                for other_version in target.iterdir():
                    other_version.unlink()
                archive.replace(target / archive.name)
        return "" if done.returncode == 0 else done.stderr.strip()[-200:]


def command_of(registry: str, wanted: dict[str, str | None], folder: str) -> list[str]:
    if registry == "npm":
        specs = [f"{without_version(name)}@{version}" if version else name for name, version in wanted.items()]
        return ["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", folder, *specs]
    specs = [f"{name}=={version}" if version else name for name, version in wanted.items()]
    form = "--only-binary" if registry == "pypi" else "--no-binary"
    return [sys.executable, "-m", "pip", "download", "-q", "--no-deps", form, ":all:", "-d", folder, *specs]


def downloaded(registry: str, wanted: dict[str, str | None], folder: Path, output: str) -> Iterator[tuple[str, Path]]:
    """Each package with its archive."""
    if registry == "npm":
        files = {entry["name"]: entry["filename"].replace("@", "").replace("/", "-") for entry in json.loads(output)}
        yield from ((name, folder / files[without_version(name)]) for name in wanted)
        return
    # name-version.tar.gz, or name-version-tags.whl
    stems = {normal(re.split(r"-(?=\d)", archive.name)[0]): archive for archive in folder.iterdir()}
    yield from ((name, stems[normal(name)]) for name in wanted if normal(name) in stems)


def normal(name: str) -> str:
    """As PyPI compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def without_version(name: str) -> str:
    """An npm name as in bootstrap@5 or @tabler/core, without the version."""
    return name[0] + name[1:].split("@", 1)[0]


def batches(missing: list[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Packages of one registry, no two of them versions of the same one, since a client tells its archives apart by their names;
    source archives one by one, since their clients build them."""
    rounds: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    seen: Counter[tuple[str, str]] = Counter()
    for registry, name in missing:
        package = registry, without_version(name)
        rounds[registry, seen[package]].append(name)
        seen[package] += 1
    for (registry, _), names in rounds.items():
        size = 1 if registry == "sdist" else BATCH
        yield from ((registry, names[start : start + size]) for start in range(0, len(names), size))


def version_of(source: tuple[str, str], pinned: dict[tuple[str, str], Pinned]) -> str | None:
    return pinned[source].version if source in pinned else None


def main() -> None:
    ARCHIVES.mkdir(parents=True, exist_ok=True)
    for left in ARCHIVES.glob("partial-*"):
        shutil.rmtree(left)
    pinned = read_manifest()
    sources = read_sources()
    missing = [source for source in sources if not archive_of(*source, version_of(source, pinned))]
    with ThreadPoolExecutor(CLIENTS) as pool:
        jobs = {}
        for registry, names in batches(missing):
            versions = {name: version_of((registry, name), pinned) for name in names}
            jobs[pool.submit(fetch, registry, versions)] = f"{registry} {' '.join(names)}"
        for job, packages in jobs.items():
            failure = job.exception()
            problems = [f"{packages}: {type(failure).__name__}: {failure}"] if failure else job.result()
            for problem in problems:
                print(problem, file=sys.stderr)
    here = sum(bool(archive_of(*source, version_of(source, pinned))) for source in sources)
    print(f"{here} of {len(sources)} packages are here")
    if here < len(sources):
        sys.exit(1)


if __name__ == "__main__":
    main()
