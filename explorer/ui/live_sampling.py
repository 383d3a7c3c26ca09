"""Samples on a page: they start by themselves, arrive step by step, and can be stopped.

    found = live_sampling("guidance", network, wishes, looks=1)     # one list of Looks per wish

The call never waits. Finished films are shared by all learners and stay as long as there is room;
the rest is sampled by the process's one service, together with what others ask for. While it works
the lesson's live part is called again every POLL seconds (see `live_training`); `key` is the slug.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import streamlit as st

from explorer import sampling
from explorer.i18n import _
from explorer.inference import Network
from explorer.sampling import LIBRARY, SERVICE, Look, Part, Shared, Wish
from explorer.training.worker import Job
from explorer.ui.live_training import pace, set_pace
from explorer.ui.state import own_names

Films = list[list[Look]]
PLACE = ".sampling"  # behind a lesson's slug: where its session keeps the run


class _Run(NamedTuple):
    """What the session remembers: what was asked for, what of it was missing, and the job."""

    identity: tuple
    missing: tuple[int, ...]
    job: Job


def live_sampling(
    key: str, network: Network | Sequence[Network], wishes: Sequence[Wish], looks: int
) -> Films:
    """The looks so far, at most `looks` of each wish; progress and a stop button while it works.

    `network` is one for all wishes, or one for each of them.
    """
    nets = [network] * len(wishes) if isinstance(network, Network) else list(network)
    library = [
        (net.card["weights"]["sha256"], wish, looks) for net, wish in zip(nets, wishes, strict=True)
    ]
    films: Films = [list(LIBRARY.get(place) or ()) for place in library]
    missing = tuple(n for n, film in enumerate(films) if not film)
    run = _run(key, tuple(library), nets, missing)
    if run is None:
        set_pace(key, None)
        return films
    parts: list[Part] = run.job.poll()
    for part in parts:
        number = run.missing[part.index]
        if number not in missing:  # another learner's run has finished it meanwhile
            continue
        if part.look is not None:
            films[number].append(part.look)
        if part.step == part.steps:
            LIBRARY.put(library[number], tuple(films[number]))
    _tell(key, run.job, parts)
    set_pace(key, None if run.job.over else pace(key, SERVICE.others(run.job)))
    return films


def leave() -> None:
    """Call when a lesson is opened: the session lets go of the films of earlier ones.

    Finished ones stay in the library while there is room, and what the service dropped half way
    would begin anew in any case; only what the learner has stopped is kept as it is.
    """
    for name in [name for name in own_names() if name.endswith(PLACE)]:
        run: _Run | None = st.session_state[name]
        halted = st.session_state.get(f"{name.removesuffix(PLACE)}.halted")
        if run is None or (run.job.over and not halted):
            del st.session_state[name]


def whole(film: Sequence[Look]) -> bool:
    """Whether a film has come to its end."""
    return bool(film) and film[-1].step == film[-1].steps


def _run(
    key: str, identity: tuple, nets: Sequence[Network], missing: tuple[int, ...]
) -> _Run | None:
    """The run under way for just this, a new one if something is missing, or None."""
    place = f"{key}{PLACE}"
    run: _Run | None = st.session_state.get(place)
    if run is not None and run.identity == identity and not _dropped(key, run):
        return run
    if run is not None:
        run.job.stop()
    run = _Run(identity, missing, _begin(identity, nets, missing)) if missing else None
    st.session_state[place] = run
    st.session_state[f"{key}.halted"] = False
    return run


def _dropped(key: str, run: _Run) -> bool:
    """The service let the run go while the page was not open: it begins anew."""
    return run.job.state == "stopped" and not st.session_state.get(f"{key}.halted")


def _begin(identity: tuple, nets: Sequence[Network], missing: tuple[int, ...]) -> Job:
    asked = [(nets[n], identity[n][1]) for n in missing]
    return sampling.submit(partial(_films, asked, identity[0][2]))


def _films(
    asked: Sequence[tuple[Network, Wish]], looks: int, share: Callable[[Network], Shared]
) -> Iterator[Part]:
    for index, (net, wish) in enumerate(asked):
        for part in sampling.films(share(net), [wish], looks):
            yield replace(part, index=index, wishes=len(asked))


def _tell(key: str, job: Job, parts: list[Part]) -> None:
    """One line: place in the queue, or how far and how long still; or how it ended."""
    if job.state == "done":
        return
    if job.state == "failed":
        kind = type(job.error).__name__
        st.warning(_("The sampling could not go on ({kind}).").format(kind=kind))
    if job.over:
        st.button(
            _("Sample again"),
            key=f"{key}.again",
            icon=":material/play_arrow:",
            on_click=lambda: st.session_state.pop(f"{key}{PLACE}", None),
        )
        return

    def halt() -> None:
        st.session_state[f"{key}.halted"] = True
        job.stop()

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Stop"), key=f"{key}.halt", icon=":material/stop:", on_click=halt)
        st.progress(_share(parts), text=_outlook(job, parts))


def _share(parts: list[Part]) -> float:
    if not parts:
        return 0.0
    last = parts[-1]
    return min(1.0, (last.index + last.step / last.steps) / last.wishes)


def _outlook(job: Job, parts: list[Part]) -> str:
    place, others, share = SERVICE.place(job), SERVICE.others(job), _share(parts)
    if place:
        return _("Waiting in the queue, place {place}.").format(place=place)
    words = [_("Sampling: {percent:.0f} %").format(percent=100 * share)]
    if share > 0:
        left = max(1.0, job.seconds / share * (1 - share))
        words.append(_("about {seconds:.0f} s left").format(seconds=left))
    if others:
        words.append(_("computed together with {count} other requests").format(count=others))
    return " · ".join(words)
