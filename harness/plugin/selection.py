"""Selects tests: profiles and rules become parameters; tests that the rig cannot run are marked at collection."""

from __future__ import annotations

import shutil
import typing
from functools import cache

import pytest

from harness.core.errors import NotApplicable
from harness.pbx.protocol import Ability, reason_against
from harness.plugin import profiles, properties
from harness.plugin.plan import Plan
from harness.plugin.profiles import rules_of
from harness.rig import factory
from harness.rig.field_types import Capability
from harness.rig.identities import MOST, identities_of
from harness.rig.model import Rig
from harness.rig.suggestions import nearest

NOT_APPLICABLE = "not applicable: "
STIMULI = ("keys", "settings", "far_end", "server", "web")
#: Capabilities without a key in the rig file, and how the harness finds them.
FOUND_HERE = ("g726_peer", "directory", "handsets", "identities", "brick", "reset", "certificates")
OF_THE_PBX = tuple(ability.value for ability in Ability)


class Selection:
    """Parametrises by profile and rule, and marks what is not applicable."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each profile, and for each rule if the test asks for the rule."""
        if "profile" in metafunc.fixturenames:
            metafunc.parametrize("profile", self.plan.profiles, indirect=True, scope="session")
        if "rule" in metafunc.fixturenames:
            rules = [name for mark in metafunc.definition.iter_markers("rule") for name in mark.args]
            if not rules:
                raise pytest.UsageError(
                    f"{metafunc.definition.nodeid} asks for `rule` but names no rule: add @rule(ID)"
                )
            metafunc.parametrize("rule", rules, indirect=True)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """A test of a rule that the profile's own file states is about the profile, too."""
        for feature in profiles.own_feature(profile_of(item), rule_of(item)):
            item.add_marker(pytest.mark.feature(feature))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark what is not applicable, with the reason; note features and stimuli for reports."""
        for item in items:
            item.user_properties += properties.of_test(
                profile=profile_of(item),
                rig=self.plan.rig.name,
                rule=rule_of(item),
                features=words(item, "feature"),
                stimuli=stimuli(item),
                smoke=item.get_closest_marker("smoke") is not None,
            )
            properties.note(item, "worker", self.plan.worker)
            reason = self.reason_against(item)
            if reason:
                item.add_marker(pytest.mark.skip(reason=NOT_APPLICABLE + reason))
            if len(self.plan.profiles) > 1 and profile_of(item):
                item.add_marker(pytest.mark.xdist_group(profile_of(item)))
        if self.plan.worker:  # long tests begin first, so that the other rigs do not wait for them at the end
            items.sort(key=lambda item: item.get_closest_marker("slow") is None)

    def reason_against(self, item: pytest.Item) -> str:
        """Why a test is not applicable to this rig and profile; empty if it is applicable."""
        profile = profile_of(item)
        wanted = words(item, "profile")
        if wanted and profile and profile not in wanted:
            return f"for profile {', '.join(wanted)} only"
        for mark in item.iter_markers("needs"):
            needs = [*mark.args, *(f"{name}={value}" for name, value in mark.kwargs.items())]
            for need in needs:
                reason = self._lacks(item, str(need), profile)
                if reason:
                    return reason
        return _rule_against(item, profile)

    def _lacks(self, item: pytest.Item, need: str, profile: str) -> str:
        rig = self.plan.rig
        name, _, number = need.partition("=")
        known = (*FOUND_HERE, *OF_THE_PBX, *_capabilities())
        if name not in known:
            raise pytest.UsageError(f"{item.nodeid}: needs({need!r}): no such capability{nearest(name, known)}")
        if name == "handsets":
            return _handsets_against(rig, profile, int(number))
        if name == "identities":
            return _identities_against(rig, profile, int(number))
        if name in OF_THE_PBX:
            return _pbx_against(rig, profile, Ability(name))
        if name == "g726_peer":
            return "" if _tool("baresip") else "needs baresip as a G.726 far end"
        if name == "directory":
            return "" if "ldap" in rig.network.services else f"network.services of {rig.name} does not name ldap"
        if name in ("brick", "reset", "certificates"):
            return "" if name in rig.permits else f"{rig.name} does not permit {name}"
        return "" if name in rig.capabilities else f"{rig.name} has no {name}"


def _handsets_against(rig: Rig, profile: str, number: int) -> str:
    """Why there are not so many handsets of identities that the PBX has accounts for."""
    there = len(rig.handsets)
    if number > there:
        return f"needs {number} handsets, {rig.name} has {there}"
    accounts = factory.pbx_identities(rig, profile) if profile else MOST
    bound = sum(entry.identity <= accounts for entry in rig.handsets)
    return f"needs {number} handsets, the PBX of {profile} has accounts for those of {bound}" if number > bound else ""


def _identities_against(rig: Rig, profile: str, number: int) -> str:
    """Why identities 1 to `number` are not all registered: one has no handset, or the PBX has too few accounts."""
    there = identities_of(rig)
    missing = next((identity for identity in range(1, number + 1) if identity not in there), 0)
    if missing:
        return f"needs identities 1 to {number}, no handset of {rig.name} is bound to identity {missing}"
    accounts = factory.pbx_identities(rig, profile) if profile else number
    return f"needs {number} identities, the PBX of {profile} has accounts for {accounts}" if number > accounts else ""


def _pbx_against(rig: Rig, profile: str, ability: Ability) -> str:
    """Why the PBX of a profile cannot do something; empty for a test without a profile."""
    if not profile:
        return ""
    try:
        return reason_against(factory.pbx_driver(rig, profile), ability, of=profile)
    except NotApplicable as error:
        return error.text


def profile_of(item: pytest.Item) -> str:
    """The profile a test was parametrised with; empty when it has none."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("profile", "")) if callspec else ""


def rule_of(item: pytest.Item) -> str:
    """The rule a test was parametrised with, or the only one it is marked with."""
    callspec = getattr(item, "callspec", None)
    if callspec and "rule" in callspec.params:
        return str(callspec.params["rule"])
    marked = words(item, "rule")
    return marked[0] if len(marked) == 1 else ""


def words(item: pytest.Item, mark: str) -> list[str]:
    """All arguments of all marks of one name, without repetitions, the closest mark first."""
    return list(dict.fromkeys(str(word) for found in item.iter_markers(mark) for word in found.args))


def stimuli(item: pytest.Item) -> list[str]:
    """The parts that the test uses; an unknown one is a usage error."""
    found = [word.replace("-", "_") for word in words(item, "stimulus")]
    for word in found:
        if word not in STIMULI:
            raise pytest.UsageError(f"{item.nodeid}: stimulus({word!r}): no such part{nearest(word, STIMULI)}")
    return found


def _rule_against(item: pytest.Item, profile: str) -> str:
    if not profile:
        return ""
    missing = [name for name in words(item, "rule") if name not in rules_of(profile)]
    named = rule_of(item)
    if named in missing or (missing and not named):
        return f"profile {profile} has no rule {', '.join(missing)}"
    return ""


@cache
def _tool(name: str) -> bool:
    return shutil.which(name) is not None


@cache
def _capabilities() -> tuple[str, ...]:
    return typing.get_args(Capability)
