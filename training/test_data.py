"""The steps before the training, with real archives: what they make, and what a step finds that another one left half-way."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import collect
from collect import Package, read_once, read_package
from conftest import PACKAGES, python
from fetch import archive_folder
from files import MAX_METADATA_BYTES
from paths import CACHE, CORPUS, HERE, TOKENS, whole
from rows import Rows
from tokenizer import read_corpus

pytestmark = pytest.mark.usefixtures("corpus")


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


def test_a_broken_archive_is_left_out_and_named_in_every_run() -> None:
    before = CORPUS.read_bytes()
    archive = archive_folder("pypi", "tqdm") / "tqdm-1.0-py3-none-any.whl"
    archive.parent.mkdir()
    archive.write_bytes(b"half")
    try:
        for _ in range(2):
            assert "left out pypi tqdm: BadZipFile: " in python("training/collect.py")
            assert CORPUS.read_bytes() == before
    finally:
        archive.unlink()
        archive.parent.rmdir()
        for kept in (CACHE / "packages").glob("*/pypi--tqdm--*"):
            kept.unlink()


def test_what_the_machine_lacks_is_not_remembered_of_an_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_little_memory(_: Path) -> None:
        raise MemoryError

    [archive] = archive_folder("pypi", "jinja2").iterdir()
    job = archive.with_name("jinja2-other.whl"), Package("pypi", "other", "training")
    with pytest.raises(FileNotFoundError):
        read_once(job)
    job[0].write_bytes(archive.read_bytes())
    try:
        with monkeypatch.context() as small:
            small.setattr(collect, "read_archive", of_little_memory)
            with pytest.raises(MemoryError):
                read_once(job)
        read = read_once(job)
        assert read.left_out == "" and read.files
    finally:
        job[0].unlink()
        for kept in (CACHE / "packages").glob("*/pypi--other--*"):
            kept.unlink()


def test_metadata_of_any_size_is_not_read(tmp_path: Path) -> None:
    archive = tmp_path / "big-1.0-py3-none-any.whl"
    stated = "Version: 1.0\nLicense: MIT\n\n"
    for size, left_out in ((0, ""), (MAX_METADATA_BYTES, "ValueError: big-1.0.dist-info/METADATA has ")):
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("big-1.0.dist-info/METADATA", stated + "a" * size)
        package = read_package(archive, Package("pypi", "big", "training"))
        assert package.left_out[: len(left_out) or 1] == left_out


def test_tokens_of_two_runs_are_not_taken_together() -> None:
    index = TOKENS / "training.json"
    before = index.read_text()
    rows = Rows(128)
    try:
        index.write_text(json.dumps(json.loads(before)[:-1]))
        with pytest.raises(SystemExit, match="not of the same run"):
            rows.take(1)
    finally:
        rows.close()
        index.write_text(before)


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
