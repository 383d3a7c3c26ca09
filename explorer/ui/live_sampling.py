"""Samples on a page: they start by themselves, arrive step by step, and can be stopped.

    found = live_sampling("guidance", network, wishes, looks=1)     # one list of Looks per wish

The call never waits. Finished films are shared by all learners and stay as long as there is room;
the rest is sampled by the process's one service, together with what others ask for. While it works
the lesson's live part is called again every POLL seconds (see `live_training`); `key` is the slug.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import streamlit as st

from explorer import sampling
from explorer.i18n import _
from explorer.inference import Network
from explorer.sampling import LIBRARY, SERVICE, Look, Part, Shared, Wish
from explorer.training.worker import Job
from explorer.ui.live_training import POLL, set_pace

Films = list[list[Look]]


def live_sampling(key: str, network: Network, wishes: Sequence[Wish], looks: int) -> Films:
    """The looks so far, at most `looks` of each wish; progress and a stop button while it works."""
    library = [(network.card["weights"]["sha256"], wish, looks) for wish in wishes]
    films: Films = [list(LIBRARY.get(place) or ()) for place in library]
    missing = tuple(n for n, film in enumerate(films) if not film)
    run = st.session_state.get(f"{key}.sampling")
    identity = (library[0][0], tuple(wishes), looks)
    if run is None or run[0] != identity:
        if run is not None:
            run[2].stop()
        run = _begin(identity, network, missing) if missing else None
        st.session_state[f"{key}.sampling"] = run
    if run is None:
        set_pace(key, None)
        return films
    chosen, job = run[1], run[2]
    parts: list[Part] = job.poll()
    for part in parts:
        if part.look is not None and chosen[part.index] in missing:
            films[chosen[part.index]].append(part.look)
    for part in parts:
        if part.step == part.steps and chosen[part.index] in missing:
            LIBRARY.put(library[chosen[part.index]], tuple(films[chosen[part.index]]))
    _tell(key, job, parts)
    set_pace(key, None if job.over else POLL)
    return films


def _begin(identity: tuple, network: Network, missing: tuple[int, ...]) -> tuple:
    wishes = [identity[1][n] for n in missing]
    make = partial(_films, network, wishes, identity[2])
    return identity, missing, sampling.submit(make)


def _films(
    network: Network, wishes: list[Wish], looks: int, share: Callable[[Network], Shared]
) -> Iterator[Part]:
    return sampling.films(share(network), wishes, looks)


def _tell(key: str, job: Job, parts: list[Part]) -> None:
    """One line: place in the queue, or how far and how long still; or how it ended."""
    if job.state == "done":
        return
    if job.state == "failed":
        kind = type(job.error).__name__
        st.warning(_("The sampling could not go on ({kind}).").format(kind=kind))
    if job.over:
        st.button(
            _("Go on sampling"),
            key=f"{key}.again",
            icon=":material/play_arrow:",
            on_click=lambda: st.session_state.pop(f"{key}.sampling", None),
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Stop"), key=f"{key}.halt", icon=":material/stop:", on_click=job.stop)
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
        words.append(_("shared with {count} other runs").format(count=others))
    return " · ".join(words)
