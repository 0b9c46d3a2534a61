"""The menu is a tree of menu.yaml: what its entries show and do, and which rows are refused."""

from __future__ import annotations

import pytest

from rigs.standin.handset import menu_tree
from rigs.standin.handset.menu_tree import node, tree


def test_the_menu_shows_what_is_set_and_leads_to_the_lists(play):
    async def scene(room):
        await room.press(1, "OK")
        shown = ["Menu", "Do not disturb: off", "Alarm clock", "Forwarding", "Ringer volume: 5"]
        assert (await room.rows(1))[:5] == shown
        await room.press(1, "DOWN", "DOWN", "DOWN", "OK", "DOWN", "OK")
        lists = ["Call lists", "Missed calls (0)", "Received calls (0)", "Dialed numbers (0)"]
        assert (await room.rows(1))[:4] == lists
        await room.press(1, "SOFT2")
        assert (await room.rows(1))[3] == "Ringer volume: 6", "the marked row is the last of four"
        await room.press(1, "ONHOOK", "SOFT1")
        assert (await room.rows(1))[:4] == lists

    play(scene)


def test_each_act_and_each_figure_stands_in_the_menu():
    def below(at):
        return [at, *(deeper for entry in at.entries for deeper in below(entry))]

    nodes = below(tree())
    assert {at.act for at in nodes if at.act} == menu_tree.ACTS.keys()
    assert {at.state or at.count for at in nodes} - {""} == menu_tree.FIGURES.keys()


@pytest.mark.parametrize(
    "row",
    [
        {"label": "menu.title"},
        {"label": "menu.title", "act": "no_such"},
        {"label": "menu.title", "act": "register", "state": "no_such"},
        {"label": "menu.title", "act": "register", "entries": [{"label": "menu.title", "act": "register"}]},
    ],
)
def test_an_entry_without_a_way_on_is_refused(row):
    with pytest.raises(ValueError, match=r"^menu\.yaml: menu\.title: its act or figure"):
        node(row)
