const REST = 250; // ms; a browser allows 100 changes of the address in 30 seconds, a drag asks for more
let pending = null;

// On a phone Streamlit lists the pages as ul > div > li, which is no list: they are read as links instead.
const NAVIGATION = "[data-testid=stSidebarNavItems]";

function mendNavigation() {
  for (const node of document.querySelectorAll(`${NAVIGATION}, ${NAVIGATION} li`)) {
    if (!node.role) node.role = "presentation";
  }
}

const HELD = "explorer.held"; // what the session of this tab held when it was last heard of

// Another session than before, and the one before held something: say so until it is heard.
function remember({ session, things, heard }, report) {
  try {
    const before = JSON.parse(sessionStorage.getItem(HELD) ?? "{}");
    if (!heard && before.session !== session && before.things?.length) report(before.things);
    else sessionStorage.setItem(HELD, JSON.stringify({ session, things }));
  } catch {
    // A browser that keeps nothing: then nothing can be told.
  }
}

export default function ({ data, setTriggerValue }) {
  const root = document.documentElement;
  if (root.lang !== data.lang) root.lang = data.lang; // writing it restyles the whole page
  mendNavigation();
  if (data.held) remember(data.held, (things) => setTriggerValue("lost", things));
  clearTimeout(pending);
  const page = location.pathname;
  pending = setTimeout(() => {
    if (location.pathname !== page) return; // the reader has gone on
    const url = new URL(location.href);
    const keep = new URLSearchParams();
    for (const [name, value] of url.searchParams) if (name.startsWith("embed")) keep.append(name, value);
    for (const [name, value] of Object.entries(data.query)) keep.set(name, value);
    url.search = keep.toString();
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }, REST);
}
