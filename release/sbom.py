"""The list of everything that comes along with xlportfolio (CycloneDX 1.6), for IT departments.

``python release/sbom.py LISTED OUT`` takes what cyclonedx-py has listed of an environment, and adds
what no environment shows: what ships inside the package, and what other systems install.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
WEB = ROOT / "xlportfolio" / "web"
LICENCES = tomllib.loads(Path(__file__).with_name("licences.toml").read_text("utf-8"))


def component(kind: str, name: str, version: str, licence: str) -> dict[str, Any]:
    """A component as CycloneDX writes it."""
    purl = f"pkg:{kind}/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "licenses": [{"expression": licence, "acknowledgement": "declared"}],
        "purl": purl,
    }


def shipped() -> list[dict[str, Any]]:
    """What stands in the page to point at, as ``xlportfolio/web/README.md`` names it."""
    told = (WEB / "README.md").read_text("utf-8")
    versions = dict(re.findall(r"\b(echarts|zrender) (\d+\.\d+\.\d+)", told.lower()))
    script = (WEB / "echarts.min.js").read_bytes()
    charts = component("npm", "echarts", versions["echarts"], LICENCES["shipped"]["echarts"])
    charts["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(script).hexdigest()}]
    drawing = component("npm", "zrender", versions["zrender"], LICENCES["shipped"]["zrender"])
    return [charts | {"components": [drawing]}]


def elsewhere(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the lock file names for other systems and other versions of Python."""
    there = {(canonicalize_name(one["name"]), one["version"]) for one in listed}
    lines = re.findall(
        r"^\w.*?(?= \\$)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )
    found = []
    for needed in map(Requirement, lines):
        name, version = canonicalize_name(needed.name), str(needed.specifier).removeprefix("==")
        if (name, version) not in there:
            one = component("pypi", name, version, LICENCES["installed"][name])
            only = {"name": "xlportfolio:only_where", "value": str(needed.marker)}
            found.append(one | {"scope": "optional", "properties": [only]})
    return found


def bill(listed: dict[str, Any]) -> dict[str, Any]:
    """All of it, with xlportfolio as what the list is of."""
    of = {canonicalize_name(one["name"]): one for one in listed["components"]}
    product = of.pop("xlportfolio")
    product.pop("externalReferences", None)  # says where the wheel lay when it was installed
    product |= {"type": "application", "purl": f"pkg:pypi/xlportfolio@{product['version']}"}
    inside, others = shipped(), elsewhere(list(of.values()))
    extra = [one["bom-ref"] for one in (*inside, *others)]
    for known in listed["dependencies"]:
        if known["ref"] == product["bom-ref"]:
            known["dependsOn"] = sorted([*known["dependsOn"], *extra])
    return listed | {
        "metadata": listed["metadata"] | {"component": product},
        "components": [*of.values(), *others, *inside],
        "dependencies": [*listed["dependencies"], *({"ref": ref} for ref in extra)],
    }


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    text = json.dumps(bill(json.loads(source.read_text("utf-8"))), indent=1) + "\n"
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault is not None:
        sys.exit(f"not as CycloneDX 1.6 has it: {fault}")
    target.write_text(text, "utf-8")
