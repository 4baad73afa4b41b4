"""Who may play from the CDN: its template, played by CloudFront's and browsers' documented rules.

The rules, as far as they decide this:

- An edge keeps a response, headers included, under what the cache policy names; `CachingOptimized`
  names the path and no header.
- The origin is sent what the origin request policy names; S3 answers an `Origin` that its CORS
  rules know with `Access-Control-Allow-Origin`, and one that they do not know without.
- A response headers policy changes what the viewer gets, from the cache as well, and not what is
  kept: for an `Origin` of its list it sets `Access-Control-Allow-Origin`; with `OriginOverride`
  also where the origin had set it.
- A browser keeps a response for pages of one site together, and uses it for a request whose headers
  agree in what `Vary` names; it asks again where they do not (RFC 9111, 4.1).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import pytest

from simulation.template import resources_of

PAGES = ("https://a.example.org", "https://b.example.org")
STRANGER = "https://elsewhere.example.net"
IMMUTABLE = "max-age=31536000, immutable"
FILM = "/videos/m/q/web.mp4"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CORS_S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"

Headers = dict[str, str]


def of_kind(resources: dict[str, Any], kind: str) -> Any:
    (found,) = (one["Properties"] for one in resources.values() if one["Type"] == kind)
    return found


@dataclass
class Cdn:
    """An edge of CloudFront before S3, as the stage's templates configure both."""

    behaviour: dict[str, Any]
    policy: dict[str, Any] | None
    allowed: tuple[str, ...]
    kept: dict[str, Headers] = field(default_factory=dict)

    @classmethod
    def of_the_templates(cls, allowed: tuple[str, ...]) -> Cdn:
        cdn = deepcopy(resources_of("cdn"))
        distribution = of_kind(cdn, "AWS::CloudFront::Distribution")["DistributionConfig"]
        behaviour = distribution["DefaultCacheBehavior"]
        policy = None
        if "ResponseHeadersPolicyId" in behaviour:
            named = behaviour["ResponseHeadersPolicyId"].name
            policy = cdn[named]["Properties"]["ResponseHeadersPolicyConfig"]
            assert (
                policy["CorsConfig"]["AccessControlAllowOrigins"]["Items"].name == "AllowedOrigins"
            )
        assert behaviour["CachePolicyId"] == CACHING_OPTIMIZED
        assert behaviour["OriginRequestPolicyId"] == CORS_S3_ORIGIN
        return cls(behaviour, policy, allowed)

    def get(self, path: str, origin: str | None) -> Headers:
        if path not in self.kept:
            self.kept[path] = self._s3(origin)
        answer = dict(self.kept[path])
        if self.policy is None:
            return answer
        cors = self.policy["CorsConfig"]
        given = self._allow(origin)
        for name, value in given.items():
            if cors["OriginOverride"] or name not in answer:
                answer[name] = value
        for each in self.policy["CustomHeadersConfig"]["Items"]:
            if each["Override"] or each["Header"] not in answer:
                answer[each["Header"]] = each["Value"]
        return answer

    def _s3(self, origin: str | None) -> Headers:
        told = self._allow(origin)
        vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
        return {"Cache-Control": IMMUTABLE} | told | ({"Vary": vary} if told else {})

    def _allow(self, origin: str | None) -> Headers:
        if origin is None or not {origin, "*"} & {*self.allowed}:
            return {}
        shared = "*" if "*" in self.allowed else origin
        return {"Access-Control-Allow-Origin": shared}


@dataclass
class Browser:
    """One person's browser, whose pages are all of one site."""

    cdn: Cdn
    kept: dict[str, list[tuple[str | None, Headers]]] = field(default_factory=dict)

    def plays(self, page: str, *, cors: bool = True) -> bool:
        """Return whether a page may play the film; without ``cors`` it asks as <video> does."""
        origin = page if cors else None
        answer = self._answer(origin)
        return not cors or answer.get("Access-Control-Allow-Origin") in {page, "*"}

    def _answer(self, origin: str | None) -> Headers:
        for asked, answer in self.kept.get(FILM, []):
            if "Origin" not in answer.get("Vary", "").split(", ") or asked == origin:
                return answer
        answer = self.cdn.get(FILM, origin)
        self.kept.setdefault(FILM, []).append((origin, answer))
        return answer


@pytest.mark.parametrize("allowed", [PAGES, ("*",)])
@pytest.mark.parametrize("order", list(permutations([*PAGES, None])))
def test_every_allowed_page_plays_whoever_played_first(
    allowed: tuple[str, ...], order: tuple[str | None, ...]
) -> None:
    cdn = Cdn.of_the_templates(allowed)
    together = Browser(cdn)
    for page in order:  # None: a player that asks without CORS
        for browser in (together, Browser(cdn)):
            assert browser.plays(page or PAGES[0], cors=page is not None), page


def test_a_page_that_is_not_allowed_does_not_play_whoever_played_first() -> None:
    cdn = Cdn.of_the_templates(PAGES)
    assert not Browser(cdn).plays(STRANGER)
    assert Browser(cdn).plays(PAGES[0])
    assert not Browser(cdn).plays(STRANGER)


def without_policy(cdn: Cdn) -> None:
    cdn.policy = None


def without_override(cdn: Cdn) -> None:
    assert cdn.policy
    cdn.policy["CorsConfig"]["OriginOverride"] = False


def without_vary(cdn: Cdn) -> None:
    assert cdn.policy
    cdn.policy["CustomHeadersConfig"]["Items"] = []


@pytest.mark.parametrize("fault", [without_policy, without_override, without_vary])
def test_without_its_policy_the_page_that_plays_first_decides_for_all(fault: Any) -> None:
    """The faults that this file is there for are found by it."""
    plays = []
    for order in permutations([*PAGES, None]):
        cdn = Cdn.of_the_templates(PAGES)
        fault(cdn)
        together = Browser(cdn)
        plays += [
            browser.plays(page or PAGES[0], cors=page is not None)
            for page in order
            for browser in (together, Browser(cdn))
        ]
    assert not all(plays)


def test_preflights_reach_s3_which_answers_the_same_origins() -> None:
    """CloudFront answers no preflight by itself."""
    cdn = of_kind(resources_of("cdn"), "AWS::CloudFront::Distribution")["DistributionConfig"]
    bucket = resources_of("stateful")["StaticBucket"]["Properties"]
    (rule,) = bucket["CorsConfiguration"]["CorsRules"]
    assert "OPTIONS" in cdn["DefaultCacheBehavior"]["AllowedMethods"]
    assert rule["AllowedOrigins"].name == "AllowedOrigins"
    policy = of_kind(resources_of("cdn"), "AWS::CloudFront::ResponseHeadersPolicy")
    cors = policy["ResponseHeadersPolicyConfig"]["CorsConfig"]
    assert set(cors["AccessControlAllowMethods"]["Items"]) == {*rule["AllowedMethods"], "OPTIONS"}
    assert cors["AccessControlExposeHeaders"]["Items"] == rule["ExposedHeaders"]
