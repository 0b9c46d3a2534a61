"""Input to the form fields of the page shown: one script a field, as typing by key events takes a second a line.

Text goes in by the editor's own command, so that a field's limits hold and its events follow; a choice sends the events
of a click. A field that a user could not reach takes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

_WRITE = """
const [selector, text] = arguments;
const field = document.querySelector(selector);
if (!field) return false;
field.focus();
if (document.activeElement !== field) return false;
field.select();
document.execCommand(text ? 'insertText' : 'delete', false, text);
return true;
"""
_CLICK = """
const [selector, value, state] = arguments;
const found = [...document.querySelectorAll(selector)].find(one => !value || one.value === value);
if (!found || found.disabled) return false;
if (found.checked !== state) found.click();
return true;
"""
_SELECT = """
const [selector, value] = arguments;
const field = document.querySelector(selector);
if (!field || field.disabled || ![...field.options].some(one => one.value === value)) return false;
if (field.value !== value) {
  field.focus();
  field.value = value;
  for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, {bubbles: true}));
}
return true;
"""


def write(driver: WebDriver, selector: str, text: str) -> bool:
    """Replace the content of a text field; False if the page has no such field, or a user cannot reach it."""
    return bool(driver.execute_script(_WRITE, selector, text))


def click(driver: WebDriver, selector: str, value: str, *, state: bool) -> bool:
    """Bring a radio button of this value, or a check box, into this state by a click; False without a usable one."""
    return bool(driver.execute_script(_CLICK, selector, value, state))


def attach(driver: WebDriver, selector: str, file: Path) -> bool:
    """Choose a file in a field for one, as its dialog does; False if the page has no such field."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.remote.file_detector import UselessFileDetector

    found = driver.find_elements(By.CSS_SELECTOR, selector)
    if found:
        with driver.file_detector_context(UselessFileDetector):  # the browser is on this machine, and so is the file
            found[0].send_keys(str(file))
    return bool(found)


def select(driver: WebDriver, selector: str, value: str) -> bool:
    """Choose the option of this value in a drop-down; False if it has none or is greyed out."""
    return bool(driver.execute_script(_SELECT, selector, value))
