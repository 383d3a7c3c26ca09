
/** Streamlit's own script tells where the app lives, also behind a path prefix. */
function home() {
  const script = document.querySelector('script[type="module"][src*="static/js/"]');
  return script ? script.src.replace(/static\/js\/.*$/, "") : new URL("./", location.href).href;
}

export default function (component) {
  const root = component.parentElement.querySelector(".fs-root");
  root.latest = component;
  // Also called while the element stays, where newer data overtook these (see the stage's loader).
  const leave = () => { if (!root.isConnected) root.filmstrip?.destroy(); };
  if (root.filmstrip) { root.filmstrip.update(component); return leave; }
  import(home() + "app/static/%filmstrip%")
    .then((module) => {
      if (!root.isConnected) return;
      root.filmstrip ??= module.mount(root, home());
      root.filmstrip.update(root.latest);
    })
    .catch(() => { root.textContent = component.data.words.failed; });
  return leave;
}
