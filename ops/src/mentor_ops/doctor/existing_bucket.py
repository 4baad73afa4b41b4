"""Checks of a static bucket that was there before the stage, and has its own owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mentor_common.events import CANARY
from mentor_ops.doctor.wiring import Checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mentor_ops.doctor.deployed import DeployedResources

    Rule = Mapping[str, Any]

_VERSION_DAYS: Final = 30
_SUPERSEDED: Final = {"Key": "superseded", "Value": "true"}
_RESULTS: Final = "videos/"
_SAYS: Final = "docs/migrate.md#prepare-the-bucket-and-the-cdn"


def check(deployed: DeployedResources) -> Iterator[Checked]:
    """Yield the checks of the bucket that the parameter ``StaticArn`` names, if it names one."""
    name = deployed.existing_bucket()
    if name is None:
        return
    what = f"S3::Bucket {name}"
    if deployed.bucket(name) is None:
        yield Checked(what, "missing, or not ours")
        return
    rules = deployed.lifecycle(name)
    faults = [*version_faults(deployed.versioning(name)), *lifecycle_faults(rules)]
    yield Checked(what, "; ".join([*faults, f"see {_SAYS}"]) if faults else None)


def version_faults(status: str | None) -> Iterator[str]:
    """Yield what is wrong with a bucket's versioning; ``None`` where it cannot be seen."""
    if status is None:
        yield "whether it keeps versions is not ours to see (s3:GetBucketVersioning)"
    elif status != "Enabled":
        yield "keeps no versions, so what is trimmed away can be gone for good the day after"


def lifecycle_faults(rules: Sequence[Rule] | None) -> Iterator[str]:
    """Yield what a bucket's lifecycle rules, as S3 tells them, lack or do too much."""
    if rules is None:
        yield "has no lifecycle rules, or they are not ours to see (s3:GetLifecycleConfiguration)"
        return
    enabled = [rule for rule in rules if rule["Status"] == "Enabled"]
    if not any("Expiration" in rule and _tags(rule) == [_SUPERSEDED] for rule in enabled):
        yield "no rule expires what is tagged superseded=true, which stays for ever"
    of_all = [rule for rule in enabled if not _tags(rule) and _concerns_results(rule)]
    versions = [
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in of_all
        if "NoncurrentVersionExpiration" in rule
    ]
    if not versions:
        yield "no rule removes versions, which stay for ever"
    elif min(versions) < _VERSION_DAYS:
        yield f"removes versions after {min(versions)} days, not {_VERSION_DAYS}"
    for rule in of_all:
        if rule.get("Expiration", {}).keys() & {"Days", "Date"}:
            yield f"its rule {rule.get('ID', 'without a name')} removes what pages play"


def _tags(rule: Rule) -> list[Any]:
    """Return the tags that an object must have for a rule to concern it."""
    asked = rule.get("Filter", {})
    return [asked["Tag"]] if "Tag" in asked else list(asked.get("And", {}).get("Tags", []))


def _concerns_results(rule: Rule) -> bool:
    """Return whether a rule's prefix lets it concern results, or some of them."""
    asked = rule.get("Filter", {})
    prefix = str(asked.get("And", asked).get("Prefix", rule.get("Prefix", "")))
    of_canaries = prefix == f"{_RESULTS}{CANARY}/"
    return _RESULTS.startswith(prefix) or (prefix.startswith(_RESULTS) and not of_canaries)
