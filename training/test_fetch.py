"""What fetch.py leaves of what the registries' own clients give, and what it says of the rest."""

import importlib.metadata
import io
import json
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import fetch
from conftest import make_archive
from fetch import Pinned, archive_folder, archive_of, batches

#: What the registry of the tests has; the last version is the newest.
VERSIONS = {"bootstrap": ["4.6.2", "5.3.8"], "@ant/design": ["4.24.16", "6.0.0"], "blocked": ["1.0.0"]}


class Registry(BaseHTTPRequestHandler):
    """Answers npm from VERSIONS."""

    def do_GET(self) -> None:
        name, _, version = self.path.strip("/").replace("%2f", "/").partition("/-/")
        if name not in VERSIONS:
            self.send_error(404)
            return
        body = tarball(name, version) if version else json.dumps(self.known_of(name)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def known_of(self, name: str) -> dict:
        address = f"http://127.0.0.1:{self.server.server_port}/{name}/-/"
        versions = {
            each: {"name": name, "version": each, "dist": {"tarball": address + each}} for each in VERSIONS[name]
        }
        return {"name": name, "dist-tags": {"latest": VERSIONS[name][-1]}, "versions": versions}

    def log_message(self, *_: object) -> None:
        pass


def tarball(name: str, version: str) -> bytes:
    content = json.dumps({"name": name, "version": version, "license": "MIT"}).encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as file:
        member = tarfile.TarInfo("package/package.json")
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture(autouse=True)
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "ARCHIVES", tmp_path / "archives")
    fetch.ARCHIVES.mkdir()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("npm_config_noproxy", "127.0.0.1")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_update_notifier", "false")
    yield
    server.shutdown()
    server.server_close()


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
    assert not list(fetch.ARCHIVES.glob("partial-*"))


def test_versions_of_a_package_are_in_batches_of_their_own() -> None:
    sources = [("npm", name) for name in ("bootstrap@4", "bootstrap@5", "antd@4", "zod", "antd")]
    assert list(batches([*sources, ("sdist", "a"), ("sdist", "b")])) == [
        ("npm", ["bootstrap@4", "antd@4", "zod"]),
        ("npm", ["bootstrap@5", "antd"]),
        ("sdist", ["a"]),
        ("sdist", ["b"]),
    ]


@pytest.mark.usefixtures("registry")
def test_each_version_is_in_its_own_folder_and_a_failure_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By npm itself, from a registry with the packages of VERSIONS."""
    names = ["blocked", "bootstrap@4", "bootstrap@5", "@ant/design@4", "@ant/design"]
    pins = {"bootstrap@4": "4.6.2", "bootstrap@5": "5.3.8", "@ant/design@4": "4.24.16"}
    monkeypatch.setattr(fetch, "BATCH", 2)
    monkeypatch.setattr(fetch, "read_sources", lambda: [("npm", name) for name in names])
    monkeypatch.setattr(
        fetch, "read_manifest", lambda: {("npm", name): Pinned(pins[name], "training") for name in pins}
    )
    # A folder cannot be made where a file is.
    archive_folder("npm", "blocked").parent.mkdir()
    archive_folder("npm", "blocked").touch()
    # Another version than the manifest's.
    archive_folder("npm", "bootstrap@4").mkdir()
    (archive_folder("npm", "bootstrap@4") / "bootstrap-5.3.8.tgz").touch()
    with pytest.raises(SystemExit) as ended:
        fetch.main()
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert "npm blocked" in printed.err and "FileExistsError" in printed.err
    archive_folder("npm", "blocked").unlink()
    fetch.main()
    assert "5 of 5 packages are here" in capsys.readouterr().out
    assert {name: [each.name for each in archive_folder("npm", name).iterdir()] for name in names} == {
        "blocked": ["blocked-1.0.0.tgz"],
        "bootstrap@4": ["bootstrap-4.6.2.tgz"],
        "bootstrap@5": ["bootstrap-5.3.8.tgz"],
        "@ant/design@4": ["ant-design-4.24.16.tgz"],
        "@ant/design": ["ant-design-6.0.0.tgz"],
    }
    assert archive_of("npm", "bootstrap@4", "4.6") is None


@pytest.mark.parametrize("archive", ["a-1.0.tgz", "a-1.0.tar.gz", "a-1.0-py3-none-any.whl"])
def test_an_archive_names_its_version(archive: str) -> None:
    archive_folder("pypi", "a").mkdir(parents=True)
    (archive_folder("pypi", "a") / archive).touch()
    assert archive_of("pypi", "a", "1.0").name == archive_of("pypi", "a").name == archive
    assert archive_of("pypi", "a", "1") is archive_of("pypi", "a", "0") is None
