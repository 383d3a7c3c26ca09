
/** Folder that Streamlit serves, also behind a path prefix: taken from Streamlit's own script. */
function served(name) {
  const script = document.querySelector('script[type="module"][src*="static/js/"]');
  const root = script ? script.src.replace(/static\/js\/.*$/, "") : new URL("./", location.href).href;
  return root + "app/static/" + name;
}

function plotly() {
  return (globalThis.__explorerPlotly ??= new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = served("%plotly%");
    tag.onload = () => resolve(globalThis.Plotly);
    tag.onerror = () => { globalThis.__explorerPlotly = undefined; reject(new Error("plotly")); };
    document.head.append(tag);
  }));
}

export default function (component) {
  const root = component.parentElement.querySelector(".gx-root");
  root.latest = component;
  // Streamlit calls what is returned when it has taken the element away, but also when newer data
  // overtook these on their way here: then the stage stays.
  const leave = () => { if (!root.isConnected) root.stage?.destroy(); };
  if (root.stage) { root.stage.update(component); return leave; }
  Promise.all([import(served("%stage%")), plotly()])
    .then(([module, Plotly]) => {
      if (!root.isConnected) return;
      root.stage ??= module.mount(root, Plotly);
      root.stage.update(root.latest);
    })
    .catch(() => {
      const [rest] = new TextDecoder().decode(component.data).split("\n", 1);
      root.textContent = JSON.parse(rest).words.failed;
    });
  return leave;
}
