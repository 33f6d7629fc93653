"""A run from its start to its verdict; one that failed is taken up again, if that is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Any

from kfp_server_api.exceptions import OpenApiException

from components.results.summary import Verdict
from kubeflow.client.answers import Trouble
from kubeflow.client.evidence import Evidence
from kubeflow.client.follow import End, Follower, Lost
from kubeflow.client.outcome import FAILED, LOST, decide, verdict

_STILL = "the run may still be going on in the cluster"


@dataclasses.dataclass(frozen=True)
class Watch:
    """How to watch a run.

    Attributes:
        sign_in: gives kfp's client, with the credentials of that moment.
        namespace: of the run, where KFP has many users.
        tasks: their names in the compiled file.
        say: prints a line.
        timeout: seconds to follow it at most; None for no end.
        start_timeout: seconds that a pod may take to start; None for no end.
        retries: how often a run is taken up again that failed.
    """

    sign_in: Callable[[], Any]
    namespace: str | None
    tasks: Collection[str]
    say: Callable[[str], None]
    timeout: float | None = None
    start_timeout: float | None = None
    retries: int = 0

    def until_its_end(self, client: Any, run_id: str) -> Verdict:
        """Follows a run, and decides how it ended.

        A gate's no is final. What failed otherwise is KFP's to try again: it keeps the tasks that
        succeeded, and a Tuner or Trainer goes on with what it had finished.
        """
        follower = Follower(
            client,
            self.sign_in,
            self.tasks,
            self.say,
            namespace=self.namespace,
            timeout=self.timeout,
            start_timeout=self.start_timeout,
        )
        left = self.retries
        try:
            while True:
                end = follower.follow(run_id, again=left < self.retries)
                ended = decide(end, Evidence(follower.client, run_id, self.namespace))
                if not left or not _may_be_retried(end, ended):
                    return ended
                left -= 1
                self.say(f"  {ended}")
                if refusal := self._retry(follower, run_id):
                    return verdict(ended.outcome, f"{ended.reason}; {refusal}")
                self.say(f"  trying again: {self.retries - left} of {self.retries}")
        except Lost as lost:
            return verdict(LOST, f"{lost}; {_STILL}")
        except OpenApiException as error:
            said = " ".join(str(error).split())
            return verdict(LOST, f"kfp cannot read the answer ({said}); {_STILL}")

    def _retry(self, follower: Follower, run_id: str) -> str:
        """Has KFP try a run again; says why it did not."""
        try:
            try:
                follower.client._run_api.run_service_retry_run(run_id)
            except Trouble as error:
                if not error.signed_out:
                    raise
                follower.client = self.sign_in()
                follower.client._run_api.run_service_retry_run(run_id)
        except Trouble as error:
            return f"KFP did not try it again: {error}"
        return ""


def _may_be_retried(end: End, ended: Verdict) -> bool:
    return end.state == "FAILED" and ended.outcome == FAILED
