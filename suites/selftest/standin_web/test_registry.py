"""Pages of their own are found by where they are, once each, and a defect can take the place of one."""

from __future__ import annotations

import pkgutil

import pytest

from rigs.standin.core.replacing import defect
from rigs.standin.web import pages, registry
from rigs.standin.web.definitions import pages as forms
from rigs.standin.web.definitions import tabs
from rigs.standin.web.http import Response
from rigs.standin.web.pages import log


@defect(feature="application-log", replaces=log.log)
def log_is_blank(healthy, site, request):
    """The log shows nothing."""
    return Response(b"blank")


def test_every_module_of_pages_has_one_and_none_is_a_form():
    found = {function.__module__.rpartition(".")[2] for function in [*registry._pages.values()]}
    below = {function.__module__.rpartition(".")[2] for function in registry._extras.values()}
    assert found | below == {info.name for info in pkgutil.iter_modules(pages.__path__)}
    assert registry.pages().keys() >= {"/", "/index.htm", "/status.htm", "/log.htm", "/update.htm"}
    assert not registry.pages().keys() & forms().keys()
    assert registry.extras().keys() <= tabs().keys()


@pytest.mark.parametrize(("decorator", "key"), [(registry.page, "/log.htm"), (registry.below, "handsets")])
def test_a_place_that_is_taken_is_refused(decorator, key):
    with pytest.raises(ValueError, match=f"^{key} is there twice: in rigs"):
        decorator(key)(lambda *arguments: None)


def test_a_defect_takes_the_place_of_a_page(browse):
    async def visit(browser):
        await browser.login()
        assert "Requests for unknown pages" in (await browser.get("/log.htm")).body
        undo = log_is_blank.put_in_force()
        try:
            assert (await browser.get("/log.htm")).body == "blank"
        finally:
            undo()

    browse(visit)
