export default function ({ data }) {
  document.documentElement.lang = data.lang;
  const url = new URL(location.href);
  const keep = new URLSearchParams();
  for (const [name, value] of url.searchParams) if (name.startsWith("embed")) keep.append(name, value);
  for (const [name, value] of Object.entries(data.query)) keep.set(name, value);
  url.search = keep.toString();
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
