"""Pure rules: evidence in, findings out. A rule does not wait, drives no device and reads no file.

A rule names its occasions and judges each: held, broken or cannot be said. Without an occasion it is not exercised.
Three users call the same functions: a test, the standing watch of a run, and `m9 judge` on a stored trace.
"""
