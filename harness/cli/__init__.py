"""The command m9: one module a command; `bootstrap` is standard library only."""
