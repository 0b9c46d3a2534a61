"""Lab procedures, a folder for each area: they use drivers, read the capture and name rules.

There are three kinds of methods, and the name shows the kind:

- An actor acts: `call.handset.hold()`, `call.peer.refuse(486)`, `registration.server.grant(6)`. An act returns when the
  wire shows its effect; if there is no effect, the rules first report what the base broke.
  `with call.handset.talking():` lasts as long as its block; who is heard in it is expected by `call.media`.
- `expect`, `screen` and `judge` check what the base did: they raise ProductFailure if it is wrong.
- `require` checks the test's precondition: it raises InvalidTest if the stimulus did not reach the base, and
  NotApplicable if the PBX in between did not pass it on.

`read` returns evidence and judges nothing. A RigFault is raised if a part of the rig failed.
"""
