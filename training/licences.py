"""Reads the version and the licence of a package from its metadata."""

import email.parser
import json
import re

#: Names as packages write them, of licences that ask for no more than their notice.
PERMISSIVE = re.compile(
    r"""
    MIT([ ]License)? | MIT-0 | MIT-CMU | ISC([ ]License([ ]\(ISCL\))?)? | 0BSD
    | Apache([ ]Software)?([ ]License)?([ -]2(\.0)?)?([ ]License)?
    | BSD([ -][23]-Clause)?([ ]License)?
    | Zlib | (The[ ])?Unlicense([ ]\(Unlicense\))? | CC0-1\.0 | HPND
    | PSF(-2\.0)? | Python-2\.0 | Python[ ]Software[ ]Foundation[ ]License
    """,
    re.IGNORECASE | re.VERBOSE,
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
    """Every alternative and part must be a licence of the list and nothing else, so that nothing hangs on how a text is read:
    what is derived from one of them may ask for more, or have other terms for its documentation."""
    parts = re.split(r" AND | OR |; ", re.sub(r"^\((.*)\)$", r"\1", licence.strip()))
    return all(PERMISSIVE.fullmatch(part) for part in parts)
