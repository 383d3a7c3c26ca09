/* The stage: plotly kept alive, a film scrubbed here, handles dragged here. */

// Light value -> dark value of every role's colour; filled in from explorer/figures/theme.py.
const DARK = /*DARK*/{};
const LIGHT_VALUES = new RegExp(
  Object.keys(DARK).map((s) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") || "$^", "gi");

const NARROW = 520; // px; below it a figure may bring another layout
const GAP = 40; // ms between two reports while a handle moves
const ECHO = 3000; // ms in which the server's `start` may be the answer to our own report
const RETRY = 5000; // ms until the next try to open the line
const PATIENCE = 400; // ms after which an unanswered report no longer blocks the next

const SETTINGS = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false };

const toDark = (text) => text.replace(LIGHT_VALUES, (value) => DARK[value.toLowerCase()] ?? value);

function isDark(root) {
  const probe = document.createElement("span");
  probe.style.color = getComputedStyle(root).getPropertyValue("--st-background-color") || "#fff";
  root.append(probe);
  const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

function merge(base, change) {
  if (change === null || typeof change !== "object" || Array.isArray(change)) return change;
  if (base === null || typeof base !== "object" || Array.isArray(base)) return change;
  const result = { ...base };
  for (const [name, value] of Object.entries(change)) result[name] = merge(base[name], value);
  return result;
}

/** Axis settings may be written "xaxis.domain": value; plotly.react wants them nested. */
function nest(flat) {
  const result = {};
  for (const [path, value] of Object.entries(flat)) {
    const names = path.split(".");
    let place = result;
    for (const name of names.slice(0, -1)) place = place[name] ??= {};
    place[names.at(-1)] = value;
  }
  return result;
}

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function svg(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const ICONS = {
  first: "M5 5h2v14H5zM20 5v14L9 12z", back: "M15 5v14L5 12z", next: "M9 5v14l10-7z",
  play: "M7 4v16l13-8z", pause: "M6 5h4v14H6zM14 5h4v14h-4z",
};

function icon(name) {
  const picture = svg("svg", { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true" });
  picture.append(svg("path", { d: ICONS[name], fill: "currentColor" }));
  return picture;
}

// ---- what the server sends ahead of the page (explorer/components/ahead.py) ----------------------
const stages = new Map(); // key -> what that stage does with new data
let line = null, due = 0, pause = RETRY;

function listen(token) {
  if (!token || (line?.token === token && line.readyState <= WebSocket.OPEN) || performance.now() < due) return;
  due = performance.now() + pause;
  line?.close();
  const address = new URL("../../ahead/" + token, import.meta.url); // also behind a path prefix
  address.protocol = address.protocol.replace("http", "ws");
  const mine = line = new WebSocket(address);
  mine.token = token;
  mine.onopen = () => { pause = RETRY; };
  mine.onerror = () => { pause *= 4; }; // nobody answers there, or something in between refuses
  mine.onmessage = ({ data: text }) => {
    const [rest, figure, seen] = text.split("\n");
    const data = { ...JSON.parse(rest), figure, seen };
    stages.get(data.key)?.(data);
    afterPaint(() => { if (mine.readyState === WebSocket.OPEN) mine.send(String(data.number)); });
  };
}

function afterPaint(action) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = action;
  if (document.hidden) port2.postMessage(0); // nothing is painted in a tab that nobody sees
  else requestAnimationFrame(() => port2.postMessage(0));
}

/* Plotly asks every trace, at every drawing, which of its settings are lists, and walks through the
   whole schema for that: a quarter of a drawing's time. Which settings may be lists depends only on
   the trace's kind; so that is looked up once, and then only those settings are looked at. */
function quicken(schema) {
  const slow = schema?.findArrayAttributes, crawl = schema?.crawl;
  if (!slow || !crawl || slow.slow) return;
  const known = new Map(); // attributes of a kind of trace -> [path, ...], where path is [name, ...]
  const collect = (trace) => {
    const sets = [], paths = [];
    schema.crawl = (attributes) => sets.push(attributes); // the base's and the kind's own
    try { slow(trace); } finally { schema.crawl = crawl; }
    let path = [], linked = [];
    for (const attributes of sets) {
      crawl(attributes, (value, name, _all, level) => {
        path = [...path.slice(0, level), name];
        linked = [...linked.slice(0, level), value?._isLinkedToArray];
        if (value?.valType !== "data_array" && value?.arrayOk !== true) return;
        if (path[level - 1] === "colorbar" && /^tick(text|vals)$/.test(name)) return;
        paths.push(linked.some(Boolean) ? null : path); // lists of groups are left to plotly
      });
    }
    return paths.includes(null) ? null : paths;
  };
  const isList = (value) => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  const quick = (trace) => {
    const kind = trace._module?.attributes;
    if (!known.has(kind)) known.set(kind, collect(trace));
    return known.get(kind)?.filter((path) => isList(path.reduce((place, name) => place?.[name], trace)))
      .map((path) => path.join(".")) ?? slow(trace);
  };
  quick.slow = slow;
  schema.findArrayAttributes = quick;
}

export function mount(root, Plotly) {
  quicken(Plotly.PlotSchema);
  let component, data, figure, frames = [], dark, texts = {};
  let frame = 0, playing = null, shownWords = "";
  let dragging = null, lastSent = 0, waiting = 0, pending = null, queued = null;
  let asked = Date.now(); // number of the newest report; the server repeats the one it answers
  const ahead = new Map(); // handle -> where the hand has it, while that answer is on its way

  const plot = element("div", { class: "gx-plot", role: "img" });
  const overlay = svg("svg", { class: "gx-handles" });
  const wrap = element("div", { class: "gx-wrap" }, plot, overlay);
  const film = element("div", { class: "gx-film", role: "group" });
  const caption = element("figcaption", { class: "gx-summary" });
  const tools = element("div", { class: "gx-tools" });
  const stage = element("figure", { class: "gx-stage" }, wrap, film, element("div", { class: "gx-foot" }, caption, tools));
  root.replaceChildren(stage);

  // ---- the picture ------------------------------------------------------------------------
  function composed() {
    let traces = figure.data, layout = figure.layout;
    const now = frames[frame];
    if (now) {
      traces = traces.slice();
      (now.data ?? []).forEach((change, i) => {
        const index = now.traces ? now.traces[i] : i;
        traces[index] = merge(traces[index], change);
      });
      if (now.layout) layout = merge(layout, now.layout);
    }
    const meta = layout.meta ?? {};
    const isNarrow = wrap.clientWidth && wrap.clientWidth < NARROW;
    if (isNarrow) {
      layout = merge(layout, nest(meta.narrow ?? {}));
      const { l = 48, r = 8 } = layout.margin ?? {};
      layout = merge(layout, { font: { size: 13 }, margin: { l: Math.min(l, 48), r: Math.min(r, 8) } });
    }
    const height = isNarrow ? meta.narrowHeight ?? Math.min(layout.height ?? 430, 380) : layout.height ?? 430;
    wrap.style.height = height + "px";
    const font = getComputedStyle(root).getPropertyValue("--st-font") || "sans-serif";
    return { data: traces, layout: merge(layout, { height, width: wrap.clientWidth || undefined, font: { family: font } }) };
  }

  let drawn = ""; // the layout, and which settings the traces have
  let said = []; // what each trace last said, where no film has changed it since

  function draw() {
    const { data: traces, layout } = composed();
    const rest = JSON.stringify([layout, traces.map(kinds)]), words = traces.map((trace) => JSON.stringify(trace));
    if (rest === drawn && traces.every(isScatter) && axesStand()) {
      const changed = traces.map((_, i) => i).filter((i) => words[i] !== said[i] || undrawn.has(i));
      if (changed.length) {
        changed.push(...lightest(traces, words, changed));
        animate(changed.map((i) => traces[i]), changed);
      }
    } else {
      // What plotly has not drawn yet it would draw on top of this: then all once more.
      if (undrawn.size) requestAnimationFrame(() => { drawn = ""; draw(); });
      undrawn.clear();
      Plotly.react(plot, ...structuredClone([traces, layout]), SETTINGS); // plotly writes into them
    }
    drawn = rest;
    said = words;
    placeHandles();
    describe();
  }

  // Plotly clears a pair of axes of which it is given no trace: there one that costs little goes along.
  function lightest(traces, words, changed) {
    const axes = (trace) => `${trace.xaxis ?? "x"} ${trace.yaxis ?? "y"}`;
    const there = new Set(changed.map((i) => axes(traces[i])));
    const others = traces.map((_, i) => i).filter((i) => plot._fullData[i]?.visible === true);
    others.sort((a, b) => words[a].length - words[b].length);
    return others.filter((i) => !there.has(axes(traces[i])) && there.add(axes(traces[i])));
  }

  const isScatter = (trace) => (trace.type ?? "scatter") === "scatter";
  const axesStand = () => Object.entries(plot._fullLayout ?? {}).every(([name, axis]) =>
    !/^[xy]axis\d*$/.test(name) || !axis.autorange);

  // Two within one frame of the screen: plotly drops the first, so the second draws its traces too.
  const undrawn = new Set(); // traces that plotly has been given but may not have drawn yet
  let newest = 0;

  function animate(changes, traces) {
    const now = { mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 } }, mine = ++newest;
    for (const i of traces) undrawn.add(i);
    Plotly.animate(plot, { data: changes, traces }, now)
      .then(() => { if (mine === newest) undrawn.clear(); }, () => {}); // refused: a newer one has overtaken it
  }

  function describe() {
    const summary = data.summaries[frame] ?? data.summary;
    caption.hidden = data.bare;
    if (caption.textContent !== summary) caption.textContent = summary;
    plot.setAttribute("aria-label", summary);
  }

  // Plotly.animate redraws only the traces it is given, in half the time of react; but it draws
  // scatter traces alone, and what one picture says and the next does not would stay behind.
  let brisk = false;
  const kinds = (value) => value === null || typeof value !== "object" || Array.isArray(value) || "bdata" in value
    ? 0 : Object.entries(value).map(([name, part]) => [name, kinds(part)]);
  const sameKinds = () => {
    const say = (film) => JSON.stringify([film.traces, (film.data ?? []).map(kinds)]);
    return frames.length > 0 && figure.data.every(isScatter)
      && frames.every((film) => !film.layout && say(film) === say(frames[0]));
  };

  function flip() {
    const { data: changes = [], traces = changes.map((_, i) => i) } = frames[frame] ?? {};
    if (!brisk || [...undrawn].some((i) => !traces.includes(i))) { draw(); return; }
    for (const i of traces) said[i] = undefined;
    animate(changes, traces);
    describe();
  }

  // ---- the film (or the live slider, which looks the same) -----------------------------------
  const button = (name, action) => {
    const node = element("button", { type: "button", class: "gx-button", "aria-label": data.words[name], title: data.words[name] }, icon(name));
    node.onclick = action;
    return node;
  };
  let slider, output, playButton;

  function count() { return data.live ? data.live.values.length : frames.length; }

  function buildFilm() {
    film.replaceChildren();
    film.hidden = count() < 2;
    if (film.hidden) return;
    const name = data.live ? data.live.name : data.film;
    film.setAttribute("aria-label", name);
    slider = element("input", { type: "range", min: 0, max: count() - 1, step: 1, class: "gx-range", "aria-label": name });
    slider.oninput = () => { stop(); show(Number(slider.value), data.live !== null); };
    slider.onchange = () => rest();
    output = element("span", { class: "gx-output" });
    playButton = button("play", () => { if (playing) { stop(); rest(); } else play(); });
    film.append(
      button("first", () => { stop(); show(0); rest(); }),
      button("back", () => { stop(); show(frame - 1); rest(); }),
      playButton,
      button("next", () => { stop(); show(frame + 1); rest(); }),
      slider, output);
    label();
  }

  function label() {
    if (film.hidden) return;
    const text = data.live
      ? `${data.live.name} = ${Number(data.live.values[frame].toPrecision(4))}${data.live.unit ? " " + data.live.unit : ""}`
      : `${data.film} ${frames[frame]?.name ?? ""}`;
    slider.value = frame;
    slider.setAttribute("aria-valuetext", text);
    output.textContent = text;
  }

  function show(index, throttled = false) {
    frame = Math.max(0, Math.min(count() - 1, index));
    label();
    if (data.live) report("scrubbed", frame, throttled);
    else flip();
  }

  // Where the film rested of late: the server answers with each of these places as its `start`, and
  // a late answer must not pull the film back from where a quick hand has taken it since.
  const rested = new Map(); // frame -> when it was reported

  function rest() {
    if (!data.live && data.reports) { rested.set(frame, performance.now()); component.setTriggerValue("scrubbed", frame); }
    if (data.live) report("scrubbed", frame, false);
  }

  function play() {
    if (frame >= count() - 1) show(0);
    let last = performance.now();
    const tick = (now) => {
      if (!playing) return;
      if (now - last >= data.interval) {
        last = now;
        if (frame >= count() - 1) { stop(); rest(); return; }
        show(frame + 1, true);
      }
      playing = requestAnimationFrame(tick);
    };
    playing = requestAnimationFrame(tick);
    face("pause");
  }

  function stop() {
    if (playing) cancelAnimationFrame(playing);
    playing = null;
    face("play");
  }

  function face(name) {
    if (!playButton) return;
    playButton.replaceChildren(icon(name));
    playButton.setAttribute("aria-label", data.words[name]);
    playButton.title = data.words[name];
  }

  film.onkeydown = (event) => {
    if (event.target === slider) return; // the range has its own arrow keys
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    stop();
    show(event.key === "Home" ? 0 : event.key === "End" ? count() - 1 : frame + step);
    rest();
  };

  // ---- reports to the server: at most one unanswered, the newest wins -------------------------
  function report(kind, value, throttled) {
    const now = performance.now();
    clearTimeout(pending);
    queued = null;
    const wait = Math.max(GAP - (now - lastSent), waiting ? PATIENCE - (now - waiting) : 0);
    if (throttled && wait > 0) {
      queued = () => report(kind, value, true);
      pending = setTimeout(queued, wait);
      return;
    }
    lastSent = waiting = now;
    component.setTriggerValue(kind, value);
  }

  // ---- handles ------------------------------------------------------------------------------
  const axisOf = (handle, which) => {
    const name = which === "x" ? handle.xaxis : handle.yaxis;
    return plot._fullLayout?.[name[0] + "axis" + name.slice(1)];
  };
  const grips = new Map();

  function placeHandles() {
    const full = plot._fullLayout;
    if (!full) return;
    overlay.setAttribute("viewBox", `0 0 ${full.width} ${full.height}`);
    overlay.setAttribute("width", full.width);
    overlay.setAttribute("height", full.height);
    const wanted = new Set(data.handles.map((h) => h.id));
    for (const [id, grip] of grips) if (!wanted.has(id)) { grip.remove(); grips.delete(id); }
    for (const handle of data.handles) {
      if (!grips.has(handle.id)) grips.set(handle.id, makeGrip(handle.id));
      const grip = grips.get(handle.id);
      // A frame may carry its handles along, unless a hand has just put one elsewhere.
      const seat = ahead.has(handle.id) ? null : frames[frame]?.layout?.meta?.handles?.[handle.id];
      if (seat) [handle.x, handle.y] = seat;
      const at = dragging?.id === handle.id ? dragging : handle;
      const ax = axisOf(handle, "x"), ay = axisOf(handle, "y");
      if (!ax || !ay) continue;
      const px = ax._offset + ax.l2p(at.x), py = ay._offset + ay.l2p(at.y);
      const inside = px >= ax._offset - 9 && px <= ax._offset + ax._length + 9 && py >= ay._offset - 9 && py <= ay._offset + ay._length + 9;
      // A handle beyond the picture waits at the edge, where it can still be caught.
      const cx = inside ? px : Math.max(ax._offset, Math.min(ax._offset + ax._length, px));
      const cy = inside ? py : Math.max(ay._offset, Math.min(ay._offset + ay._length, py));
      grip.setAttribute("transform", `translate(${cx} ${cy})`);
      grip.style.setProperty("--gx-handle", dark ? toDark(handle.color) : handle.color);
      grip.setAttribute("data-shape", handle.shape);
      grip.setAttribute("data-axes", handle.axes);
      const number = (v) => Number(v.toPrecision(4));
      const where = { x: `${number(at.x)}`, y: `${number(at.y)}`, xy: `${number(at.x)}, ${number(at.y)}` }[handle.axes];
      grip.setAttribute("aria-label", `${handle.label}: ${where} (${data.words.drag})`);
    }
  }

  function makeGrip(id) {
    const grip = svg("g", { class: "gx-handle", tabindex: 0, role: "button", "data-id": id });
    grip.append(svg("circle", { class: "gx-hit", r: 22 }), svg("circle", { class: "gx-halo", r: 14 }), svg("path", { class: "gx-grip", d: "M0-9A9 9 0 1 1 0 9A9 9 0 1 1 0-9Z" }));
    const self = () => data.handles.find((h) => h.id === id);
    const limit = (handle, x, y) => {
      const [x0, x1, y0, y1] = handle.bounds;
      return [Math.min(x1 ?? Infinity, Math.max(x0 ?? -Infinity, x)), Math.min(y1 ?? Infinity, Math.max(y0 ?? -Infinity, y))];
    };
    const move = (handle, x, y, throttled) => {
      [x, y] = limit(handle, handle.axes.includes("x") ? x : handle.x, handle.axes.includes("y") ? y : handle.y);
      if (throttled) dragging = { id, x, y, dx: dragging.dx, dy: dragging.dy };
      else { handle.x = x; handle.y = y; }
      ahead.set(id, { x, y, number: ++asked, since: performance.now() });
      placeHandles();
      report("moved", { id, x, y, number: asked }, throttled);
    };
    const toData = (event, handle) => {
      const box = overlay.getBoundingClientRect();
      const ax = axisOf(handle, "x"), ay = axisOf(handle, "y");
      return [ax.p2l(event.clientX - box.left - ax._offset), ay.p2l(event.clientY - box.top - ay._offset)];
    };
    // touch-action says nothing to a group inside an svg: a finger would scroll the page instead.
    grip.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    grip.onpointerdown = (event) => {
      if (event.button) return;
      event.preventDefault();
      grip.focus({ preventScroll: true });
      grip.setPointerCapture(event.pointerId);
      const handle = self();
      const [x, y] = toData(event, handle);
      dragging = { id, x: handle.x, y: handle.y, dx: handle.x - x, dy: handle.y - y };
      grip.classList.add("gx-held");
    };
    grip.onpointermove = (event) => {
      if (dragging?.id !== id) return;
      const handle = self();
      const [x, y] = toData(event, handle);
      move(handle, x + dragging.dx, y + dragging.dy, true);
    };
    const release = () => {
      if (dragging?.id !== id) return;
      const handle = self(), { x, y } = dragging;
      dragging = null;
      grip.classList.remove("gx-held");
      move(handle, x, y, false);
    };
    grip.onpointerup = release;
    grip.onpointercancel = release;
    grip.onkeydown = (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      const handle = self(), far = event.shiftKey ? 10 : 1;
      move(handle, handle.x + way[0] * handle.step[0] * far, handle.y + way[1] * handle.step[1] * far, false);
    };
    overlay.append(grip);
    return grip;
  }

  // ---- saving the picture ---------------------------------------------------------------------
  async function save(format) {
    const { data: traces, layout } = composed();
    const paper = getComputedStyle(root).getPropertyValue("--st-background-color") || "#fff";
    const picture = { data: traces, layout: merge(layout, { paper_bgcolor: paper, plot_bgcolor: paper, width: 1200, height: Math.max(600, layout.height) }) };
    const url = await Plotly.toImage(picture, { format, width: 1200, height: picture.layout.height, scale: format === "png" ? 2 : 1 });
    const link = element("a", { href: url, download: `${data.filename}.${format}` });
    link.click();
  }

  function buildTools() {
    tools.replaceChildren(...(data.bare ? [] : ["png", "svg"]).map((format) => {
      const node = element("button", { type: "button", class: "gx-save", "aria-label": data.words[format], title: data.words[format] });
      node.textContent = format.toUpperCase();
      node.onclick = () => save(format);
      return node;
    }));
  }

  // ---- a new state from the server ------------------------------------------------------------
  function update(next) {
    component = next;
    const [rest, figure, frames] = new TextDecoder().decode(next.data).split("\n");
    const told = { ...JSON.parse(rest), figure, frames };
    stages.set(told.key, take);
    listen(told.line);
    take(told);
  }

  // With the element comes the whole film, ahead of it only the frame that is seen.
  let whole = false; // whether the whole film is here

  function load() {
    const read = (text) => JSON.parse(dark ? toDark(text) : text);
    whole = data.seen === undefined || !data.filmed;
    frames = data.seen === undefined ? (data.frames ? read(data.frames) : []) : new Array(data.count);
    if (data.seen) frames[data.start] = read(data.seen);
    brisk = whole && sameKinds();
  }

  // What answers an older report must not pull a handle back from where the hand is by now.
  function keepHand() {
    for (const handle of data.handles) {
      const hand = ahead.get(handle.id);
      if (!hand) continue;
      if (data.answered >= hand.number || performance.now() - hand.since > 3000) ahead.delete(handle.id);
      else { handle.x = hand.x; handle.y = hand.y; }
    }
  }

  function take(next) {
    const nowDark = next.seen === undefined ? isDark(root) : dark, same = data && next.line && data.line === next.line;
    if (same && next.number < data.number) return; // a newer one was here before
    if (same && next.number === data.number && nowDark === dark) {
      if (!whole && next.seen === undefined) { data = next; keepHand(); load(); if (frame !== data.start) draw(); }
      return;
    }
    const old = texts;
    data = next;
    dark = nowDark;
    waiting = 0;
    keepHand();
    texts = { figure: data.figure, film: data.filmed, start: data.start, dark };
    const another = old.figure !== data.figure || old.dark !== dark, anotherFilm = old.film !== data.filmed;
    if (another) figure = JSON.parse(dark ? toDark(data.figure) : data.figure);
    if (anotherFilm || old.dark !== dark || !whole) load();
    else if (another) brisk = sameKinds();
    if (data.live) { if (document.activeElement !== slider || !playing) frame = data.live.index; }
    else if (anotherFilm || old.start !== data.start) {
      const echo = !anotherFilm && performance.now() - (rested.get(data.start) ?? -Infinity) < ECHO;
      if (!echo) { if (old.film !== undefined) stop(); frame = data.start; }
    }
    frame = Math.max(0, Math.min(count() - 1, frame));
    const words = JSON.stringify([data.words, data.film, data.live?.name, count(), !!data.live]);
    if (words !== shownWords) { shownWords = words; stop(); buildFilm(); buildTools(); }
    else if (!film.hidden) { slider.max = count() - 1; label(); }
    draw();
    queued?.(); // where the hand is meanwhile
  }

  let lastWidth = 0;
  const observer = new ResizeObserver(() => {
    if (!figure || wrap.clientWidth === lastWidth || !wrap.clientWidth) return;
    lastWidth = wrap.clientWidth;
    draw();
  });
  observer.observe(wrap);

  function destroy() {
    stop();
    if (stages.get(data?.key) === take) stages.delete(data.key);
    observer.disconnect();
    Plotly.purge(plot);
    plot.emit = () => {}; // a drawing that was under way still wants to report its end
    root.stage = undefined;
  }

  return { update, destroy };
}
