"""Which tests run with a rig and without one, and what is not applicable."""

from harness.profiles import model

pytest_plugins = ["pytester"]


def test_suites_without_a_rig_are_a_usage_error_and_nothing_starts(project):
    project.write("open('imported', 'w')\ndef test_call(): open('started', 'w')\n")
    result = project.run(rig=False)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*needs a rig, and no rig is named*", "*--rig rigs/standin.yaml*"])
    assert not (project.pytester.path / "started").exists()
    assert not project.run_dir.exists()


def test_the_harness_tests_run_without_a_rig_and_are_left_out_with_one(project):
    (project.suites / "selftest" / "test_own.py").write_text("def test_own(): pass\n")
    project.run(rig=False).assert_outcomes(passed=1)
    project.write("def test_call(): pass\n")
    result = project.run("-v")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*test_own*")


def test_a_marked_test_wants_a_rig_wherever_it_lies(project):
    (project.suites / "selftest" / "test_own.py").write_text(
        "import pytest\n@pytest.mark.feature('hold')\ndef test_x(): pass\n"
    )
    assert project.run(rig=False).ret == 4


def test_what_the_rig_cannot_do_is_not_applicable_with_its_reason(project):
    project.write("""
@pytest.mark.needs("audio")
def test_tones(): pass
@pytest.mark.needs(handsets=2)
def test_two(): pass
@pytest.mark.needs("dhcp", handsets=1)
def test_one(): pass
@pytest.mark.needs("brick")
def test_brick(): pass
""")
    result = project.run("-rs")
    result.assert_outcomes(passed=1, skipped=3)
    result.stdout.fnmatch_lines_random(
        ["*not applicable: paper has no audio*", "*needs 2 handsets, paper has 1*", "*paper does not permit brick*"]
    )
    assert project.result["counts"]["not_applicable"] == 3


def test_an_identity_that_no_handset_is_bound_to_or_the_pbx_has_no_account_for_is_not_applicable(project):
    rig = project.pytester.path / "rig.yaml"
    two = '  - {number: 1, ipui: "005C30C840", identity: 1}\n  - {number: 2, ipui: "005C30C841", identity: '
    rig.write_text(rig.read_text().replace('  - {number: 1, ipui: "005C30C840", identity: 1}', two + "2}"))
    project.write("""
@pytest.mark.needs(identities=1)
def test_one(profile): pass
@pytest.mark.needs(identities=2)
def test_two(profile): pass
@pytest.mark.needs(identities=3)
def test_three(profile): pass
""")
    assert _reasons(project, "asterisk") == [
        "not applicable: needs identities 1 to 3, no handset of paper is bound to identity 3"
    ]
    assert _reasons(project, "broadsoft")[0] == (
        "not applicable: needs 2 identities, the PBX of broadsoft has accounts for 1"
    )
    project.write("@pytest.mark.needs(handsets=2)\ndef test_both(profile): pass\n", "test_handsets.py")
    assert "not applicable: needs 2 handsets, the PBX of broadsoft has accounts for those of 1" in _reasons(
        project, "broadsoft"
    )
    assert len(_reasons(project, "asterisk")) == 1
    rig.write_text(rig.read_text().replace("identity: 2}", "identity: 3}"))
    assert _reasons(project, "asterisk")[0] == (
        "not applicable: needs identities 1 to 2, no handset of paper is bound to identity 2"
    )


def _reasons(project, profile):
    items, _ = project.pytester.inline_genitems("--rig", "rig.yaml", "--profile", profile, "--collect-only")
    return [mark.kwargs["reason"] for item in items for mark in item.iter_markers("skip")]


def test_an_unknown_capability_or_stimulus_is_a_usage_error(project):
    project.write("@pytest.mark.needs('adio')\ndef test_x(): pass\n")
    result = project.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*needs('adio'): no such capability (did you mean audio?)*"])
    project.write("@pytest.mark.stimulus('kyes')\ndef test_x(): pass\n")
    assert project.run().ret == 4


def test_profile_and_rule_are_parameters_in_that_order(project):
    project.write("""
@pytest.mark.rule("HLD-1", "HLD-5")
def test_hold(profile, rule):
    assert rule.id in ("HLD-1", "HLD-5") and profile.name == "asterisk"
""")
    result = project.run("-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*test_hold[[]asterisk-HLD-1]*", "*test_hold[[]asterisk-HLD-5]*"])


def test_a_test_of_a_rule_that_the_profile_itself_states_is_about_the_profile(project):
    project.write("""
@pytest.mark.feature("registration-shape")
@pytest.mark.rule("REG-8", "REG-9")
def test_x(profile, rule): pass
""")
    project.run("--profile", "broadsoft")
    own = model.load("broadsoft").own
    found = {test["rule"]: "profile-broadsoft" in test["features"] for test in project.result["tests"]}
    assert found == {rule: rule in own for rule in ("REG-8", "REG-9")}
    assert len(set(found.values())) == 2


def test_a_rule_that_the_profile_does_not_have_is_not_applicable(project):
    project.write("@pytest.mark.rule('LYN-99')\ndef test_x(profile, rule): pass\n")
    project.run("-rs").stdout.fnmatch_lines(["*profile asterisk has no rule LYN-99*"])


def test_a_profile_the_rig_has_no_pbx_for_is_a_usage_error(project):
    project.write("def test_x(profile): pass\n")
    result = project.run("--profile", "asterix")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*paper has asterisk, broadsoft (did you mean asterisk?)*"])


def test_tests_of_another_profile_and_attacks_on_an_external_pbx_are_not_applicable(project):
    project.write("""
@pytest.mark.profile("asterisk")
def test_own(profile): pass
@pytest.mark.needs("steerable_pbx")
def test_flood(profile): pass
""")
    result = project.run("--profile", "broadsoft", "-rs", "--collect-only", "-q")
    assert result.ret == 0
    assert _reasons(project, "broadsoft") == [
        "not applicable: for profile asterisk only",
        "not applicable: the external PBX of broadsoft is neither steered nor provoked",
    ]


def test_collecting_makes_no_folder_and_a_wrong_rig_file_no_run(project):
    project.write("def test_x(): pass\n")
    assert project.run("--collect-only").ret == 0
    assert not project.run_dir.exists()
    rig = project.pytester.path / "rig.yaml"
    rig.write_text(rig.read_text().replace("kind: simulated", "kind: real"))
    result = project.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*rig.yaml:3  kind: 'real' is not one of physical, simulated*"])
    assert not project.run_dir.exists()


def test_more_workers_than_rigs_are_a_usage_error(project):
    project.write("def test_x(): pass\n")
    result = project.run("-n", "2")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*-n 2 needs 2 rigs, and 1 is named*"])
