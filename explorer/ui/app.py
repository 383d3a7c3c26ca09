"""The whole app: what the server does once, and the navigation drawn from the catalogue."""

import asyncio
import ctypes
import gc
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from itertools import groupby, islice
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config
from streamlit.dataframe_util import determine_data_format
from streamlit.runtime.pages_manager import PagesManager

from explorer import catalog, i18n, inference, lessons
from explorer.checkpoints import CheckpointError
from explorer.components import stage
from explorer.i18n import _
from explorer.sampling import Wish, seeds, walk
from explorer.training import small_vae
from explorer.training.worker import one_thread
from explorer.ui import guard, language, networks, parcel

HOME = "pages/home/home.py"
ICON = catalog.ROOT / "explorer" / "ui" / "icon.svg"

ARENA_MAX, MMAP_THRESHOLD = -8, -3  # of glibc, see mallopt(3)

guard.read_forgivingly()
parcel.collect()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Before the first learner: files in place, catalogues read, the imports' objects settled."""
    try:
        stage.publish()
    except OSError as error:  # a full or read-only disk; raised, it would be a traceback
        reason = f"({error.strerror or type(error).__name__})"
        print(f"The server cannot write into {stage.STATIC} {reason}.", file=sys.stderr)
        print("Make room there, or allow it to be written, and start again.", file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)
    for name in i18n.LANGUAGES:
        i18n.catalogue(name)
    # Streamlit takes any folder named `pages` for its older kind of multipage app until the first
    # st.navigation, and greets a link straight to a lesson with "Page not found" until then.
    PagesManager.uses_pages_directory = False
    # The first component of all makes Streamlit import pandas. If a class comes at once, plotly
    # would meet the half of it that is there meanwhile, and take it for the whole.
    determine_data_format([])
    # Streamlit looks through all of its settings six times a run, and one up for each element; they
    # stay as they are from here.
    config.get_options_for_section = cache(config.get_options_for_section)
    config.get_option = cache(config.get_option)
    share_fairly()
    answer_at_once()
    if os.environ.get("EXPLORER_PRELOAD"):
        preload()
    gc.collect()
    gc.freeze()  # what the imports made stays for good; spare the collector the walk
    tasks = [asyncio.create_task(task) for task in (tidy(), parcel.deliver())]
    yield
    for task in tasks:
        task.cancel()


def preload() -> None:
    """What lessons with a network would load one after the other, and a class would wait for each:
    torch, the networks, the digits, and what torch imports and compiles for the first step of
    training, and of sampling."""
    one_thread()
    networks.preload()
    for _record in islice(small_vae.train(), 2):
        pass
    with suppress(CheckpointError):
        net = inference.load("diffusion-mnist")
        for count in (1, 8, 16):
            wish = Wish((0,) * count, seeds(0, count), steps=2, gamma=2.0)
            for _look in walk(net.model, wish):
                pass


def share_fairly() -> None:
    """Settings of the whole process for a class that shares it.

    A thread that answers a hand asks for Python's lock some dozens of times; while somebody trains,
    each time it would wait for Python's usual 5 ms. A full collection stops everybody for .3 s, and
    with a class at work Python would begin one every ten seconds.

    The others are about memory. The C library keeps what was freed apart for each of many threads
    (glibc's arenas, eight for each core), and in pieces between what is still in use unless blocks
    come from the system itself. And torch's convolutions keep a program for each size of batch that
    ever came (oneDNN, 1,024 of them), which is 30 MiB once a class has sampled for a while.
    """
    sys.setswitchinterval(0.0005)
    gc.set_threshold(*gc.get_threshold()[:2], 60)
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")  # read when torch is loaded
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(ARENA_MAX, 2)
        library.mallopt(MMAP_THRESHOLD, 2**16)


async def tidy(pause: float = 30.0) -> None:
    """Now and then the C library gives back to the computer what has been freed.

    By itself it keeps it, in pieces between what is still in use: a class of thirty at full work
    held 936 MiB after five minutes, and 856 after this.
    """
    with suppress(AttributeError, OSError):  # only glibc has it
        trim = ctypes.CDLL(None).malloc_trim
        while True:
            await asyncio.sleep(pause)
            await asyncio.to_thread(trim, 0)


def answer_at_once() -> None:
    """Small messages leave when they are written (TCP_NODELAY); connections inherit it from here.

    asyncio sees to that only for sockets that name their protocol, and Streamlit's does not. Then
    the second message of an answer waits for the browser to acknowledge the first (Nagle's
    algorithm), and a browser that is being sent one answer after the other takes 40 ms over that:
    whoever drags a handle would wait 45 ms for a page that is laid out in 5.
    """
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket) and thing.fileno() >= 0:
            with suppress(OSError):  # not every system has both questions for every kind of socket
                if _hears(thing):
                    thing.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _hears(place: socket.socket) -> bool:
    """Whether connections over TCP come in there."""
    inet = place.family in (socket.AF_INET, socket.AF_INET6)
    return inet and bool(place.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


#: What the server is made with, beside the entry script.
SERVER: dict[str, Any] = {
    "lifespan": lifespan,
    "middleware": [Middleware(guard.Gate)],
    "on_script_error": guard.sorry,
}


def run() -> None:
    """Set the page up, build the navigation in sections and run the chosen page."""
    language.settle()
    name = _("Generative models explorer")
    # Before the navigation: it would fetch the picture of a page's icon from elsewhere for the tab.
    st.set_page_config(page_title=name, page_icon=str(ICON), layout="wide")
    sections: dict[str, list] = {
        "": [st.Page(HOME, title=_("Home"), icon=":material/map:", url_path="home", default=True)]
    }
    for part, entries in groupby(catalog.LESSONS, key=lambda entry: entry.part):
        sections[_(catalog.PARTS[part])] = [
            st.Page(
                entry.path,
                title=lessons.read(entry.slug, i18n.current()).title,
                icon=entry.icon,
                url_path=entry.slug,
            )
            for entry in entries
        ]
    page = st.navigation(sections, position="top")
    if page.url_path:
        st.set_page_config(page_title=f"{page.title} · {name}")
    page.run()
