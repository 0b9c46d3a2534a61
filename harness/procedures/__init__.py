"""Lab procedures, a folder for each area: drivers are worked, the wire is asked, rules are named.

Three kinds of methods, told apart by their names, and none is of two kinds:

- An actor acts: `call.handset.hold()`, `call.peer.refuse(486)`, `registration.server.grant(6)`. An act returns when the
  wire shows its effect; where none comes, the rules say first what the base broke.
- `expect`, `screen` and `judge` say whether the base did what it should: ProductFailure where it did not.
- What is `require`d is what the test is about: InvalidTest where the stimulus never reached the base, and
  NotApplicable where the PBX between kept it to itself.

What `read` looks at is evidence and judges nothing. A RigFault is raised where a part of the rig failed.
"""
