"""The rules: a healthy call breaks none, each fault is named by the rule that it breaks."""
