"""Training in the page: start and stop, progress, place in the queue; everything else stays usable.

    records = live_training("network", make, identity, describe, ready)

`make()` returns an iterator of records with `step` and `steps`; it runs on the process's one
worker, in turns with other learners. The call returns what there is so far and never waits. What a
run has yielded stays in the session under its `identity` (everything the numbers depend on), so it
survives a click elsewhere and a page switch. While a run is under way the lesson's live part is
called again every POLL seconds, in a crowd less often: `Lesson.live` reads `polling(key)`; `key`
is the lesson's slug.

A run that was stopped, by its button or because the page was away and nobody polled, can go on
where it stood: its iterator is still there.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any

import streamlit as st

from explorer.i18n import _
from explorer.training import worker
from explorer.training.worker import Job

POLL = 0.3  # seconds between two looks at a run under way
KEEP = 3  # runs of a page that a session remembers


def live_training(
    key: str,
    make: Callable[[], Iterable[Any]],
    identity: Hashable,
    describe: Callable[[Any], str],
    ready: Callable[[], list[Any]] = list,
    on_start: Callable[[], None] = lambda: None,
) -> list[Any]:
    """Buttons and progress, here; returns the records of the run with this identity so far.

    A new identity starts a run only when asked to. `ready()` gives what is known without one, for
    example the untrained network, or a default run made beforehand. `describe(record)` is the last
    record in words; `on_start` is called when the button is pressed.
    """
    runs, halted = _runs(key), _halted(key)
    job = runs.get(identity)

    def start(work: Callable[[], Iterable[Any]], seconds: float = 0.0) -> None:
        halted.update(runs)
        for other in runs.values():
            other.stop()  # one run at a time for each learner
        runs.pop(identity, None)
        halted.discard(identity)
        runs[identity] = worker.submit(work, (key, identity))
        runs[identity].seconds += seconds
        for old in list(runs)[:-KEEP]:
            del runs[old]
        halted.intersection_update(runs)
        on_start()

    def halt() -> None:
        halted.add(identity)
        runs[identity].stop()

    under_way = job is not None and not job.over
    with st.container(horizontal=True, vertical_alignment="center"):
        if under_way:
            st.button(_("Stop"), key=f"{key}.stop", icon=":material/stop:", on_click=halt)
        else:
            begin = partial(start, make)
            play = ":material/play_arrow:"
            st.button(_("Train"), key=f"{key}.train", icon=play, on_click=begin)
        if job is not None and job.state == "stopped":
            rest_of = partial(start, job.rest, job.seconds)
            resume = ":material/resume:"
            st.button(_("Go on"), key=f"{key}.resume", icon=resume, on_click=rest_of)
    records = job.poll() if job is not None else []
    records = records or ready()
    _tell(job, records, describe, identity in halted)
    set_pace(key, pace(key, worker.WORKER.others(job)) if job is not None and under_way else None)
    return records


def polling(key: str) -> float | None:
    """Seconds after which the lesson's live part wants to be called again; None: not by itself."""
    return st.session_state.get(f"{key}.every")


def pace(key: str, others: int) -> float:
    """How often a run under way is looked at: the more learners wait, the less often, for each look
    lays out the page. Settled when the run begins."""
    return polling(key) or POLL * min(max(1, others), 8)


def rest(key: str) -> None:
    """Call where a view without training is shown: nothing there changes by itself."""
    set_pace(key, None)


def running(key: str) -> bool:
    """Whether a run of this page is under way."""
    return any(not job.over for job in _runs(key).values())


def set_pace(key: str, seconds: float | None) -> None:
    """The pace is settled when the page is laid out, so a new one needs the whole page once."""
    if polling(key) != seconds:
        st.session_state[f"{key}.every"] = seconds
        st.rerun()


def _runs(key: str) -> dict[Hashable, Job]:
    return st.session_state.setdefault(f"runs:{key}", {})


def _halted(key: str) -> set[Hashable]:
    """Identities of the runs that the learner has stopped, by a button or by another run."""
    return st.session_state.setdefault(f"halted:{key}", set())


def _tell(
    job: Job | None, records: list[Any], describe: Callable[[Any], str], halted: bool
) -> None:
    """One line: how far, how long still, who else is in the queue, or how it ended."""
    words = describe(records[-1]) if records else ""
    if job is None:
        st.caption(words)
    elif not job.over:
        st.progress(_share(records), text=" · ".join([words, *_outlook(job, records)]))
    elif job.state == "failed":
        st.warning(
            _("The training could not go on ({kind}). What it had learned so far is shown.").format(
                kind=type(job.error).__name__
            )
        )
    elif job.state == "stopped" and halted:
        st.caption(f"{_('Stopped.')} {words}")
    elif job.state == "stopped":
        st.info(
            _("The training paused while this page was away or asleep. It can go on from here.")
        )
        st.caption(words)
    else:
        st.caption(f"{_('Done in {seconds:.1f} s.').format(seconds=job.seconds)} {words}")


def _share(records: list[Any]) -> float:
    return min(1.0, records[-1].step / max(records[-1].steps, 1)) if records else 0.0


def _outlook(job: Job, records: list[Any]) -> list[str]:
    """Time left at the pace so far, and with how many others the time is shared."""
    told = []
    share, others = _share(records), worker.WORKER.others(job)
    if share > 0:
        left = job.seconds / share * (1 - share) * (1 + others)
        told.append(_("about {seconds:.0f} s left").format(seconds=max(1.0, left)))
    else:
        told.append(_("it begins in a moment"))
    if others:
        told.append(_("shared with {count} other runs").format(count=others))
    return told
