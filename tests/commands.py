"""How tests start commands that have to hear Ctrl-C."""

# A shell starts what it puts in the background deaf to Ctrl-C, and children inherit that. Not by a
# preexec_fn: a process that uses gRPC may hang in one.
HEARING_CTRL_C = ("env", "--default-signal=INT")
