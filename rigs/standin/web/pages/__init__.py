"""The pages that are no plain form, a module each: what one shows beside the frame, and what its buttons do.

A module is found by being here; it says with `@page("/name.htm")` where its page is, or with `@below("tab")` that it
adds something under the form of an identity's tab (`web/registry.py`). Plain forms are rows of `web/pages.yaml`.
"""
