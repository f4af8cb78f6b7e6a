"""Reads the version and the licence of a package from its metadata."""

import email.parser
import json
import re

PERMISSIVE = re.compile(
    r"\b(MIT|MIT-0|Apache([- ]2(\.0)?)?|Apache Software|Apache License|BSD|0BSD|ISC|Zlib|Unlicense|Python-2\.0|PSF|HPND|MIT-CMU|CC0-1\.0)\b",
    re.IGNORECASE,
)
COPYLEFT = re.compile(
    r"\b(A?L?GPL|GNU|MPL|Mozilla|EPL|CDDL|EUPL|SSPL|BUSL|CC-BY|proprietary|commercial)", re.IGNORECASE
)


def read_metadata(name: str, content: bytes) -> tuple[str, str]:
    """Version and licence as the package states them."""
    if name == "package.json":
        package = json.loads(content)
        licence = package.get("license") or [entry.get("type", "") for entry in package.get("licenses") or []]
        return package["version"], licence if isinstance(licence, str) else " OR ".join(licence) if isinstance(
            licence, list
        ) else licence.get("type", "")
    message = email.parser.Parser().parsestr(content.decode("utf-8", "replace"), headersonly=True)
    stated = message.get("License-Expression") or ""
    classifiers = [
        value.split("::")[-1].strip() for value in message.get_all("Classifier", []) if value.startswith("License")
    ]
    first_line = (message.get("License") or "").strip().split("\n")[0][:60]
    return message["Version"], stated or "; ".join(
        value for value in classifiers if value != "OSI Approved"
    ) or first_line


def is_permissive(licence: str) -> bool:
    """Every alternative and part must be permissive, so that nothing hangs on how a text is read."""
    return bool(PERMISSIVE.search(licence)) and not COPYLEFT.search(licence)
