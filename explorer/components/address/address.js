const REST = 250; // ms; a browser allows 100 changes of the address in 30 seconds, a drag asks for more
let pending = null;

// On a phone Streamlit lists the pages as ul > div > li, which is no list: they are read as links instead.
const NAVIGATION = "[data-testid=stSidebarNavItems]";

function mendNavigation() {
  for (const node of document.querySelectorAll(`${NAVIGATION}, ${NAVIGATION} li`)) {
    if (!node.role) node.role = "presentation";
  }
}

export default function ({ data }) {
  const root = document.documentElement;
  if (root.lang !== data.lang) root.lang = data.lang; // writing it restyles the whole page
  mendNavigation();
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
