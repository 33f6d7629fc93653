"""How a gate says no.

A gate that raises Refusal stops the run: the node counts as failed in the metadata store, so it
is asked again next time, and the run ends as refused, not as broken.
"""

from __future__ import annotations


class Refusal(Exception):
    """A gate's no. The message is the reason, in one sentence for the person who reads it."""
