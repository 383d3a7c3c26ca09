"""Training in the page: start and stop, progress, place in the queue; everything else stays usable.

    records = live_training("network", make, identity, describe, ready)

`make()` returns an iterator of records with `step` and `steps`; it runs on the process's one
worker, in turns with other learners. The call returns what there is so far and never waits. What a
run has yielded stays in the session under its `identity` (everything the numbers depend on), so it
survives a click elsewhere and a page switch. While a run is under way the lesson's live part is
called again every POLL seconds: `Lesson.live` reads `polling(key)`; `key` is the lesson's slug.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import streamlit as st

from explorer.i18n import _
from explorer.training import worker
from explorer.training.worker import Job

POLL = 0.3  # seconds between two looks at a run under way
KEEP = 6  # runs of a page that a session remembers


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
    runs = _runs(key)
    job = runs.get(identity)

    def begin() -> None:
        for other in runs.values():
            other.stop()  # one run at a time for each learner
        runs.pop(identity, None)
        runs[identity] = worker.submit(make)
        for old in list(runs)[:-KEEP]:
            del runs[old]
        on_start()

    under_way = job is not None and not job.over
    with st.container(horizontal=True, vertical_alignment="center"):
        if under_way:
            st.button(_("Stop"), key=f"{key}.stop", icon=":material/stop:", on_click=_stop(job))
        else:
            st.button(
                _("Train"),
                key=f"{key}.train",
                icon=":material/play_arrow:",
                on_click=begin,
            )
    records = job.poll() if job is not None else []
    records = records or ready()
    _tell(job, records, describe)
    set_pace(key, POLL if under_way else None)
    return records


def polling(key: str) -> float | None:
    """Seconds after which the lesson's live part wants to be called again; None: not by itself."""
    return st.session_state.get(f"{key}.every")


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


def _stop(job: Job | None) -> Callable[[], None]:
    return job.stop if job is not None else lambda: None


def _tell(job: Job | None, records: list[Any], describe: Callable[[Any], str]) -> None:
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
    elif job.state == "stopped":
        st.caption(f"{_('Stopped.')} {words}")
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
