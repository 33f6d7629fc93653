"""The schedules of KFP, which it calls recurring runs: one of each name, listed and ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubeflow.client.answers import Trouble
from kubeflow.client.versions import named
from modules.contract.values import unknown

_PAGE = 100


def replace(client: Any, experiment_id: str, name: str, made: str) -> list[str]:
    """Deletes the schedules of a name that there were before, which would fire at the same time.

    Args:
        client: signed in.
        experiment_id: where they are.
        name: of the schedule.
        made: the id of the one that stays.

    Returns:
        The ids of those that were deleted.

    Raises:
        Trouble: KFP refused it.
    """
    return _delete(client, experiment_id, name, keep=made)


def end(client: Any, experiment: str, name: str, namespace: str | None) -> list[str]:
    """Deletes the schedules of a name.

    Args:
        client: signed in.
        experiment: its name.
        name: of the schedules.
        namespace: where KFP has many users.

    Returns:
        The ids of those that were deleted; at least one.

    Raises:
        Trouble: there is none of that name, or KFP refused it.
    """
    found = client.list_experiments(namespace=namespace, filter=named(experiment)).experiments
    if not found:
        raise Trouble(f"there is no experiment '{experiment}'; name it with --experiment")
    experiment_id = found[0].experiment_id
    if gone := _delete(client, experiment_id, name):
        return gone
    names = sorted({one.display_name for one in _all(client, experiment_id=experiment_id)})
    choose = unknown("schedule", name, names) if names else "it has none at all"
    raise Trouble(f"experiment '{experiment}' has no schedule '{name}': {choose}")


def describe(client: Any, namespace: str | None) -> Iterator[str]:
    """Gives a line for each schedule that there is: its name, its times, and whether it is on.

    Raises:
        Trouble: KFP refused it.
    """
    for one in _all(client, namespace=namespace):
        trigger = one.trigger
        cron = trigger.cron_schedule.cron if trigger and trigger.cron_schedule else ""
        state = str(one.status or one.mode or "").lower()
        yield f"{one.display_name}  '{cron}'  {state}  {one.recurring_run_id}".rstrip()


def _delete(client: Any, experiment_id: str, name: str, keep: str = "") -> list[str]:
    gone = []
    for one in _all(client, experiment_id=experiment_id, filter=named(name)):
        # The filter is the server's; nothing of another name is deleted, whatever it answers.
        if one.display_name == name and one.recurring_run_id != keep:
            client.delete_recurring_run(one.recurring_run_id)
            gone.append(one.recurring_run_id)
    return gone


def _all(client: Any, **which: Any) -> list[Any]:
    found: list[Any] = []
    page = ""
    while True:
        answer = client.list_recurring_runs(page_token=page, page_size=_PAGE, **which)
        found += answer.recurring_runs or []
        page = answer.next_page_token or ""
        if not page:
            return found
