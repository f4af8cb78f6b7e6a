"""The steps before the training, with real archives: what they make, and what a step finds that another one left half-way."""

import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import fetch
from conftest import PACKAGES, make_archive, python
from fetch import archive_folder
from paths import ARCHIVES, CACHE, CORPUS, HERE, whole
from rows import Rows
from tokenizer import read_corpus

pytestmark = pytest.mark.usefixtures("corpus")


def test_fetch_takes_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By pip itself, from a folder in place of the registry."""
    make_archive("tqdm", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with monkeypatch.context() as hasty:
        hasty.setattr(fetch, "TIMEOUT_SECONDS", 0.01)
        assert fetch.fetch("pypi", {"tqdm": None}) == ["pypi tqdm: timed out after 0.01 s"]
    assert fetch.archive_of("pypi", "tqdm") is None
    [problem] = fetch.fetch("pypi", {"tqdm": None, "falcon-no-package": "1.0"})
    assert "pypi falcon-no-package: " in problem and "No matching distribution" in problem
    assert fetch.archive_of("pypi", "tqdm").name == f"tqdm-{importlib.metadata.version('tqdm')}-py3-none-any.whl"
    assert not list(ARCHIVES.glob("partial-*"))
    shutil.rmtree(archive_folder("pypi", "tqdm"))


def test_corpus_is_split_by_package() -> None:
    splits = {(file["package"], file["split"]) for file in read_corpus()}
    assert splits == {(f"pypi:{name}", "held-out" if name == "pyyaml" else "training") for name in PACKAGES}


def test_collect_goes_on_after_it_was_killed() -> None:
    before = CORPUS.read_bytes()
    kept = sorted((CACHE / "packages").glob("*/*.pickle"))
    assert len(kept) == len(PACKAGES)
    CORPUS.unlink()
    # As a process leaves it that was killed while it wrote.
    kept[0].rename(kept[0].with_name(kept[0].name + ".new"))
    kept[0].with_name(kept[0].name + ".new").write_bytes(b"half")
    python("training/collect.py")
    assert CORPUS.read_bytes() == before


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole(path) as new:
        new.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with whole(path) as new:
        new.write_text("new")
    assert path.read_text() == "new"


def test_rows_come_in_one_order_from_any_place() -> None:
    rows = Rows(128)
    try:
        first, place = rows.take(7), rows.place
        # What ends a training, as Ctrl+C does, reaches its processes too; it still saves where it was.
        for number in rows.pool._processes:
            os.kill(number, signal.SIGTERM)
            os.kill(number, signal.SIGINT)
        many = rows.take(3000)
    finally:
        rows.close()
    assert place == (0, 7)
    # A corpus so small is one group, and the second epoch follows in an order of its own.
    assert many.shape == (3000, 129) and rows.place[0] > 0
    again = Rows(128, place)
    try:
        assert np.array_equal(again.take(3000), many)
        assert not np.array_equal(again.take(7), first)
    finally:
        again.close()


def test_processes_that_arrange_rows_end_with_a_killed_training() -> None:
    code = (
        "import sys, time; sys.path.insert(0, 'training')\n"
        "from rows import Rows\n"
        "if __name__ == '__main__':\n"
        "    rows = Rows(128); rows.take(1)\n"
        "    print(*rows.pool._processes, flush=True); time.sleep(600)\n"
    )
    script = CACHE / "killed.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, script], cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        workers = [int(number) for number in process.stdout.readline().split()]
        process.kill()
    assert workers
    deadline = time.monotonic() + 60
    while (left := [number for number in workers if is_running(number)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    # One that nobody waited for is listed until somebody does.
    return "Z" not in Path(f"/proc/{number}/stat").read_text().split(")")[1].split()[0]
