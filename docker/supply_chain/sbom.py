"""``make sbom``: a bill of materials for each image, CycloneDX 1.6 in JSON, in ``.sbom/``.

It lists what the service's lock installs, with its hashes, and Debian's packages where the image
is here (``make images``); without it the bill says only what the lock says, and the command so.
Each is checked against CycloneDX's schema before it is written. Runs with the interpreter of
``.venv-audit``, as a module.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from supply_chain import images, locks
from supply_chain.images import UnknownError

FOLDER = locks.REPOSITORY / ".sbom"
_CYCLONEDX = (sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible")


def python_part(service: str) -> Bom:
    """Return the bill of what the service's lock installs in its image, by cyclonedx-py."""
    lock = (locks.REPOSITORY / f"services/{service}/requirements.lock").read_text()
    made = subprocess.run(
        [*_CYCLONEDX, "--pyproject", f"services/{service}/pyproject.toml", "-"],
        cwd=locks.REPOSITORY,
        input=locks.for_images(lock),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    bill: Bom = Bom.from_json(json.loads(made))
    return bill


def add_debian(bill: Bom, packages: dict[str, str]) -> None:
    """Add Debian's packages; they are named as the purl specification says (type ``deb``)."""
    for name, version in packages.items():
        purl = PackageURL("deb", "debian", name, version, {"distro": "bookworm"})
        part = Component(
            name=name, version=version, type=ComponentType.LIBRARY, purl=purl, bom_ref=str(purl)
        )
        bill.components.add(part)


def shared_code() -> Component:
    """Return the library that all services share: no lock names it."""
    common = (locks.REPOSITORY / "libs/common/pyproject.toml").read_text()
    project = tomllib.loads(common)["project"]
    return Component(name=project["name"], version=project["version"], bom_ref="mentor-common")


def written(bill: Bom) -> str:
    """Return the bill's text.

    Raises
    ------
    ValueError
        When it does not keep the schema.
    """
    bill.register_dependency(bill.metadata.component, bill.components)
    text: str = JsonV1Dot6(bill).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"not CycloneDX 1.6: {error}")
    return text


def main() -> int:
    """Write the bills of the services named on the command line, of all without one."""
    FOLDER.mkdir(exist_ok=True)
    for service in sys.argv[1:] or images.SERVICES:
        bill = python_part(service)
        bill.components.add(shared_code())
        of_python = len(bill.components)
        try:
            add_debian(bill, images.installed(images.container_engine(), images.image_of(service)))
            debian = f"{len(bill.components) - of_python} of Debian"
        except UnknownError as error:
            debian = f"none of Debian: {error}"
        path = FOLDER / f"{service}.cdx.json"
        path.write_text(written(bill))
        print(f"{path.relative_to(locks.REPOSITORY)}: {of_python} packages of Python, {debian}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
