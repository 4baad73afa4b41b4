"""``make vendor``: write the library that the pages carry anew, as ``package-lock.json`` pins it.

Browsers resolve no bare names such as ``preact`` without an import map, which would be an inline
script; so a name becomes the path of the file beside it. Nothing else is changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
VENDOR = HERE.parent / "src" / "mentor_api" / "pages" / "vendor"
LOCK = HERE / "vendor.lock.json"
MODULES = {
    "preact": ("preact", "dist/preact.mjs"),
    "preact/hooks": ("preact", "hooks/dist/hooks.mjs"),
    "@preact/signals-core": ("@preact/signals-core", "dist/signals-core.mjs"),
    "@preact/signals": ("@preact/signals", "dist/signals.mjs"),
}
"""Package and file of each module, by the name that the others import it by."""
_IMPORT = re.compile(r'(?<=from)"([^".][^"]*)"')
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=.*\n?")


def file_name(module: str) -> str:
    """Return the name of a module's file: ``preact-hooks.js`` of ``preact/hooks``."""
    return module.removeprefix("@preact/").replace("/", "-") + ".js"


def vendored(source: str) -> str:
    """Return a module's text with the paths of what it imports; its source map is left behind."""
    return (
        _IMPORT.sub(lambda found: f'"./{file_name(found[1])}"', _SOURCE_MAP.sub("", source)) + "\n"
    )


def vendor(locked: dict[str, Any], read: Any) -> dict[str, str]:
    """Return the texts of all vendored files by their names.

    Parameters
    ----------
    locked
        ``packages`` of ``package-lock.json``.
    read
        Returns the text of a file below ``node_modules``.
    """
    files = {}
    for module, (package, path) in MODULES.items():
        version = locked[f"node_modules/{package}"]["version"]
        head = f"/*! {package} {version}, MIT: LICENSE-{file_name(package)[:-3]} */\n"
        files[file_name(module)] = head + vendored(read(f"{package}/{path}"))
        files[f"LICENSE-{file_name(package)[:-3]}"] = read(f"{package}/LICENSE")
    return files


def lock_of(locked: dict[str, Any], files: dict[str, str]) -> dict[str, Any]:
    """Return what ``vendor.lock.json`` says: versions with npm's hashes, and our files' hashes."""
    names = sorted({package for package, _ in MODULES.values()})
    entries = {name: locked[f"node_modules/{name}"] for name in names}
    return {
        "packages": {
            name: {key: entry[key] for key in ("version", "license", "integrity")}
            for name, entry in entries.items()
        },
        "sha256": {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())
        },
    }


def main() -> None:
    """Write the files and their lock."""
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    files = vendor(locked, lambda path: (PACKAGES / path).read_text())
    for name, text in files.items():
        (VENDOR / name).write_text(text)
    LOCK.write_text(json.dumps(lock_of(locked, files), indent=2) + "\n")
    print(f"wrote {len(files)} files to {VENDOR}")


if __name__ == "__main__":
    main()
