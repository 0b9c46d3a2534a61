"""The command m9: each command's options here are its own module's."""

from __future__ import annotations

import typer

from harness.cli import bench, doctor, nightly, profile, prove, set_up, signoff, standin, survey, test

app = typer.Typer(
    name="m9",
    help="Drives SIP-DECT bases, handsets and real calls on a rig, and judges them on the wire.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command("nightly")(nightly.command)
app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(test.command)
app.command("apart")(test.apart)
app.command("set-up")(set_up.command)
app.command("doctor")(doctor.command)
app.command("survey")(survey.command)
app.command("prove")(prove.command)
app.command("signoff")(signoff.command)
app.command("bench")(bench.command)
app.add_typer(standin.app, name="standin")
app.add_typer(profile.app, name="profile")


def main() -> None:
    """The console script's entry."""
    app(prog_name="m9")


if __name__ == "__main__":
    main()
