"""Downloads the packages of sources.txt as the registries' own clients give them: python training/fetch.py

A package whose version the manifest names is taken in that version, so that the corpus can be made again.
"""

import csv
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paths import ARCHIVES, MANIFEST, SOURCES

TIMEOUT_SECONDS = 240


def read_sources(path: Path = SOURCES) -> list[tuple[str, str]]:
    """Pairs of registry ("npm", "pypi", "sdist") and package, each once."""
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return list(dict.fromkeys((registry, name) for registry, *names in lines for name in names))


def pinned_versions(path: Path = MANIFEST) -> dict[tuple[str, str], str]:
    """(registry, package) -> version, of the packages that the manifest names."""
    if not path.exists():
        return {}
    with path.open() as file:
        return {(row["registry"], row["package"]): row["version"] for row in csv.DictReader(file, delimiter="\t")}


def download(registry: str, name: str, version: str | None) -> str:
    """Leaves the archive in its own folder; says what went wrong, or nothing."""
    folder = archive_folder(registry, name)
    if folder.exists() and any(folder.iterdir()):
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    if registry == "npm":
        wanted = f"{without_version(name)}@{version}" if version else name
        command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), wanted]
    else:
        wanted = f"{name}=={version}" if version else name
        form = ["--only-binary", ":all:"] if registry == "pypi" else ["--no-binary", name]
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *form, "-d", str(folder), wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        return f"{registry} {name}: timed out"
    return "" if done.returncode == 0 else f"{registry} {name}: {done.stderr.strip()[-200:]}"


def without_version(name: str) -> str:
    """An npm name as in bootstrap@5 or @tabler/core, without the version."""
    return name[0] + name[1:].split("@", 1)[0]


def archive_folder(registry: str, name: str) -> Path:
    return ARCHIVES / registry / name.replace("/", "__")


def main() -> None:
    versions = pinned_versions()
    with ThreadPoolExecutor(5) as pool:
        jobs = [
            pool.submit(download, registry, name, versions.get((registry, name))) for registry, name in read_sources()
        ]
        for problem in filter(None, (job.result() for job in jobs)):
            print(problem, file=sys.stderr)


if __name__ == "__main__":
    main()
