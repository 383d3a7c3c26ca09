// Sketchpad: place, move, spray and remove points on a plot with mouse, touch, pen or keyboard.
//
// Streamlit calls the default export at every change of `data` or theme, so it only hands the new
// data to a Pad that lives as long as its place in the page. The points live here; Python hears
// of them once per finished gesture (while spraying, at most every SEND_EVERY ms).

const SEND_EVERY = 125; // ms between messages while spraying; longer with more than MANY points
const MANY = 500;
const BRUSH = { radius: 26, rate: 40, tap: 5 }; // px; points per second; points of a mere tap
const REACH = { fine: 10, touch: 24 }; // px within which a pointer takes hold of a point
const LONG_PRESS = 550; // ms
const SLOP = 8; // px a finger may tremble and still tap
const HISTORY = 100; // steps back

// History outlives a Pad: Streamlit may rebuild the element while Python keeps its state.
const memories = new Map(); // component key -> {epoch, points, past, future}
const pads = new WeakMap(); // parentElement -> Pad

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".sketchpad");
  let pad = pads.get(parentElement);
  if (!pad || pad.root !== root) {
    pad?.destroy();
    pads.set(parentElement, (pad = new Pad(root, parentElement)));
  }
  pad.emit = (value) => setStateValue("points", value);
  pad.update(data);
  // Also called while the element stays, where newer data overtook these (see the stage's loader).
  return () => { if (!root.isConnected) pad.destroy(); };
}

// ---------------------------------------------------------------------------------- arithmetic

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const jitter = (id) => ((id * 0.618034) % 1) - 0.5; // golden ratio: even, and the same every time

/** Random numbers in [0, 1) from a seed (mulberry32): the same strokes give the same points. */
function random(seed) {
  let state = (seed * 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 1, 2 or 5 times a power of ten, so that `span` takes about `count` steps. */
function niceStep(span, count) {
  const rough = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
}

/** Digits after the point that a number needs to tell steps of `step` apart. */
const decimalsOf = (step) => clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 12);

function ticks([low, high], count) {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const values = [];
  for (let i = first; i <= last; i++) values.push(i * step);
  return { step, values };
}

function label(value, decimals) {
  const large = Math.abs(value) >= 1e6;
  const text = large ? value.toExponential(1).replace("e+", "e") : value.toFixed(decimals);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/** The axis: the range asked for, widened just enough to hold every point. */
function domain([low, high], values) {
  let [min, max] = [low, high];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const margin = 0.04 * (max - min);
  return [min < low ? min - margin : low, max > high ? max + margin : high];
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** "1.5, -2", "(1.5; -2)", "1,5; -2" or "1.5 -2" as numbers; null if it is not `dims` of them. */
function parse(text, dims) {
  const plain = text.normalize("NFKC").replace(/[−–]/g, "-").replace(/[()[\]]/g, " ").trim();
  const parts = plain.includes(";")
    ? plain.replace(/(\d),(\d)/g, "$1.$2").split(/\s*;\s*/)
    : plain.split(/\s*,\s*|\s+/);
  const good = parts.length === dims && parts.every((part) => NUMBER.test(part));
  return good ? parts.map(Number) : null;
}

function isDark(node) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(node).getPropertyValue("--st-background-color") || "#fff";
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(probe.fillStyle.slice(i, i + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

const fill = (template, values) =>
  template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

// ---------------------------------------------------------------------------------------- page

const ICONS = {
  place: '<circle cx="8" cy="8" r="3.2" class="solid"/><path d="M8 1v3M8 12v3M1 8h3M12 8h3"/>',
  paint: [[4, 5], [9, 3], [12.5, 7.5], [7.5, 8], [4, 11.5], [10.5, 12.5]]
    .map(([x, y]) => `<circle cx="${x}" cy="${y}" r="1.3" class="solid"/>`)
    .join(""),
  delete: '<circle cx="8" cy="8" r="6"/><path d="M5.5 5.5l5 5M10.5 5.5l-5 5"/>',
  undo: '<path d="M6 3L2.5 6.5 6 10M3 6.5h6a4 4 0 010 8H6"/>',
  redo: '<path d="M10 3l3.5 3.5L10 10M13 6.5H7a4 4 0 000 8h3"/>',
  clear: '<path d="M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9.5h6.6l.7-9.5M6.7 7v4.5M9.3 7v4.5"/>',
};

const buttons = (group, names) =>
  `<div class="${group}s" role="group">${names
    .map(
      (name) => `<button type="button" data-${group}="${name}">
        <svg viewBox="0 0 16 16" aria-hidden="true">${ICONS[name]}</svg>
        <span data-text="${name}"></span></button>`,
    )
    .join("")}</div>`;

// Ids need only be unique inside the component's shadow root.
const TEMPLATE = `
  <div class="bar">
    ${buttons("tool", ["place", "paint", "delete"])}
    ${buttons("edit", ["undo", "redo", "clear"])}
  </div>
  <div class="pane" role="application" tabindex="0">
    <svg aria-hidden="true">
      <g class="axes"></g>
      <text class="hint"></text>
      <g class="points"></g>
      <circle class="halo"></circle>
      <g class="cursor"><path></path></g>
      <circle class="brush" r="${BRUSH.radius}"></circle>
    </svg>
  </div>
  <p class="note"></p>
  <form class="typed" novalidate>
    <label for="typed" data-text="typed"></label>
    <input id="typed" type="text" autocomplete="off" spellcheck="false" aria-describedby="error">
    <button type="submit" data-text="add"></button>
  </form>
  <p class="error" id="error" role="alert"></p>
  <p class="status" role="status"></p>
  <details class="keys"><summary data-text="keys"></summary>
    <ul>${["arrows", "enter", "delete", "move", "next", "undo", "pointer"]
      .map((name) => `<li data-text="keys_${name}"></li>`)
      .join("")}</ul>
  </details>`;

const svgNode = (tag, attributes, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

// A letter key by what it types, or by its place where the keyboard types Hangul.
const letter = ({ key, code }) =>
  (/^[a-z]$/i.test(key) ? key : code.replace("Key", "")).toLowerCase();

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

// ----------------------------------------------------------------------------------------- pad

class Pad {
  constructor(root, parent) {
    this.root = root;
    this.parent = parent;
    root.innerHTML = TEMPLATE;
    for (const name of ["pane", "note", "typed", "error", "status", "tools", "edits"])
      this[name] = root.querySelector(`.${name}`);
    this.svg = root.querySelector(".pane svg");
    for (const name of ["axes", "hint", "halo", "cursor", "brush"])
      this[`${name}Node`] = this.svg.querySelector(`.${name}`);
    this.dots = this.svg.querySelector(".points");
    this.input = this.typed.querySelector("input");
    this.tool = "place";
    this.gesture = null; // {kind, …} while a pointer is down or a point is carried by keyboard
    this.strokes = 0; // the seed of the next spray
    this.nextId = 1;
    this.place = null; // the keyboard's cursor, in data units
    this.selected = null; // id of the point last touched
    this.hovered = null;
    this.listen();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.pane);
  }

  destroy() {
    if (this.timer) this.flush();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.pressTimer);
    this.observer.disconnect();
    if (pads.get(this.parent) === this) pads.delete(this.parent);
  }

  // ------------------------------------------------------------------------------ from Python

  update(data) {
    const before = this.data;
    this.data = data;
    this.say = data.labels;
    if (!before || before.epoch !== data.epoch) this.takeOver(before);
    this.root.style.setProperty("--pad-height", `${data.height}px`);
    this.root.style.setProperty("--data", data.color[isDark(this.root) ? 1 : 0]);
    this.write();
    this.resize();
  }

  /** New points from Python: a first look, a return to the page, or a data set just loaded. */
  takeOver(before) {
    const { data } = this;
    const known = memories.get(data.key);
    this.gesture = null; // whatever a hand was doing, it was doing to other points
    for (const timer of [this.timer, this.pressTimer]) clearTimeout(timer);
    this.timer = null;
    if (known?.epoch === data.epoch) {
      this.memory = known;
      this.nextId = 1 + Math.max(0, ...known.points.map((point) => point.id));
      return;
    }
    const points = data.points.map((row) => this.point(row[0], row[1] ?? 0));
    const keep = before && before.dims === data.dims && before.revision !== data.revision;
    const past = keep ? [...this.memory.past, this.memory.points].slice(-HISTORY) : [];
    this.memory = { epoch: data.epoch, points, past, future: [] };
    memories.set(data.key, this.memory);
    this.selected = this.hovered = this.place = null;
    const news = data.left_out
      ? fill(this.say.left_out, { n: this.count(data.left_out), limit: this.count(data.limit) })
      : keep ? this.say.loaded : "";
    this.tell(news);
  }

  point(x, y, id = this.nextId++) {
    return { x, y, id };
  }

  get points() {
    return this.memory.points;
  }

  set points(points) {
    this.memory.points = points;
  }

  get full() {
    return this.points.length >= this.data.limit;
  }

  /** All texts, so that a change of language reaches every one. */
  write() {
    for (const node of this.root.querySelectorAll("[data-text]"))
      node.textContent = this.say[node.dataset.text];
    this.tools.setAttribute("aria-label", this.say.tools);
    this.edits.setAttribute("aria-label", this.say.edit);
    this.pane.setAttribute("aria-roledescription", this.say.role);
    this.hintNode.textContent = this.say.empty;
    this.input.placeholder = this.say.example;
    this.note.textContent = this.say.note;
    this.note.hidden = !this.say.note;
  }

  // -------------------------------------------------------------------------------- to Python

  /** One finished gesture: remember how it was before, and send how it is now. */
  commit(before, message) {
    if (before === this.points) return;
    this.memory.past = [...this.memory.past, before].slice(-HISTORY);
    this.memory.future = [];
    this.tell(message);
    this.flush();
    this.draw();
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    this.sentAt = performance.now();
    const flat = this.data.dims === 1;
    const points = this.points.map((point) => (flat ? [point.x] : [point.x, point.y]));
    this.emit({ epoch: this.data.epoch, points });
  }

  flushSoon() {
    if (this.timer) return;
    const pause = SEND_EVERY * Math.max(1, this.points.length / MANY);
    const wait = pause - (performance.now() - (this.sentAt ?? -Infinity));
    this.timer = setTimeout(() => this.flush(), Math.max(wait, 0));
  }

  count(n) {
    return n.toLocaleString("en");
  }

  countText() {
    const n = this.points.length;
    if (n < 2) return n ? this.say.one : this.say.zero;
    return fill(this.say.many, { n: this.count(n) });
  }

  at(point) {
    const x = label(point.x, this.decimals[0]);
    return this.data.dims === 1 ? x : `(${x}, ${label(point.y, this.decimals[1])})`;
  }

  /** The visible status line is also what a screen reader hears, unless it changes every frame. */
  tell(message, silent = false) {
    this.status.setAttribute("aria-live", silent ? "off" : "polite");
    this.status.textContent = [this.countText(), message].filter(Boolean).join(" · ");
  }

  // ----------------------------------------------------------------------------------- layout

  resize() {
    if (!this.data) return;
    const width = this.pane.clientWidth;
    const height = this.pane.clientHeight;
    if (!width || !height) return;
    this.size = { width, height };
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.draw();
  }

  /** Everything, from the points. While a point is dragged, `moveDot` alone does. */
  draw() {
    if (!this.size) return;
    this.layout();
    this.drawAxes();
    this.drawPoints();
    this.drawCursor();
    this.drawButtons();
    this.pane.setAttribute("aria-label", fill(this.say.pane, { count: this.countText() }));
    this.hintNode.style.display = this.points.length ? "none" : "";
    this.hintNode.setAttribute("x", this.left + this.width / 2);
    this.hintNode.setAttribute("y", this.top + this.height * (this.data.dims === 1 ? 0.24 : 0.44));
  }

  layout() {
    const { data, size } = this;
    const flat = data.dims === 1;
    this.domains = [
      domain(data.x_range, this.points.map((point) => point.x)),
      flat ? [0, 1] : domain(data.y_range, this.points.map((point) => point.y)),
    ];
    this.top = 12;
    this.height = size.height - this.top - (data.x_title ? 52 : 30);
    this.yTicks = ticks(this.domains[1], this.height / 48);
    this.left = flat ? 16 : 18 + 8.5 * this.widest(this.yTicks) + (data.y_title ? 20 : 0);
    this.width = size.width - this.left - 16;
    this.xTicks = ticks(this.domains[0], clamp(this.width / 64, 2, 12));
    if (this.xTicks.values.length < 4) {
      // A narrow screen: as many as there is room for side by side.
      const room = 18 + 8.5 * this.widest(this.xTicks);
      this.xTicks = ticks(this.domains[0], clamp(this.width / room, 2, 6));
    }
    this.tickDecimals = [this.xTicks, this.yTicks].map(({ step }) => decimalsOf(step));
    // Coordinates are rounded to about one pixel: no more digits than a hand can mean.
    this.decimals = [this.width, this.height].map((pixels, axis) =>
      decimalsOf((1.8 * (this.domains[axis][1] - this.domains[axis][0])) / pixels),
    );
  }

  /** Characters of the longest tick label. */
  widest({ step, values }) {
    return Math.max(1, ...values.map((value) => label(value, decimalsOf(step)).length));
  }

  px(point) {
    const [[x0, x1], [y0, y1]] = this.domains;
    const y = this.data.dims === 1 ? 0.5 + 0.36 * jitter(point.id) : (point.y - y0) / (y1 - y0);
    return [
      this.left + (this.width * (point.x - x0)) / (x1 - x0),
      this.top + this.height * (1 - y),
    ];
  }

  /** A place on the pane, in data units, kept inside the axes and rounded. */
  dataAt(px, py) {
    const along = [(px - this.left) / this.width, 1 - (py - this.top) / this.height];
    return this.tidy(...along.map((t, axis) => {
      const [low, high] = this.domains[axis];
      return low + clamp(t, 0, 1) * (high - low);
    }));
  }

  tidy(x, y) {
    const [dx, dy] = this.decimals;
    return { x: Number(x.toFixed(dx)), y: this.data.dims === 1 ? 0 : Number(y.toFixed(dy)) };
  }

  drawAxes() {
    const { left, top, width, height, domains, data, size } = this;
    const frame = [left, top, width, height, domains, data.x_title, data.y_title, data.dims];
    const look = JSON.stringify(frame);
    if (look === this.look) return;
    this.look = look;
    const nodes = [];
    const line = (name, x1, y1, x2, y2) =>
      nodes.push(svgNode("line", { class: name, x1, y1, x2, y2 }));
    const text = (name, at, words) => nodes.push(svgNode("text", { class: name, ...at }, words));
    const bottom = top + height;
    for (const value of this.xTicks.values) {
      const [x] = this.px({ x: value, y: 0, id: 0 });
      line(value === 0 ? "zero" : "grid", x, top, x, bottom);
      text("tick", { x, y: bottom + 20 }, label(value, this.tickDecimals[0]));
    }
    for (const value of data.dims === 1 ? [] : this.yTicks.values) {
      const [, y] = this.px({ x: 0, y: value, id: 0 });
      line(value === 0 ? "zero" : "grid", left, y, left + width, y);
      text("tick side", { x: left - 8, y: y + 5 }, label(value, this.tickDecimals[1]));
    }
    if (data.dims === 1) line("rail", left, top + height / 2, left + width, top + height / 2);
    nodes.push(svgNode("rect", { class: "plot", x: left, y: top, width, height, rx: 2 }));
    text("title", { x: left + width / 2, y: size.height - 8 }, data.x_title);
    const turned = `translate(16 ${top + height / 2}) rotate(-90)`;
    text("title", { transform: turned }, data.y_title);
    this.axesNode.replaceChildren(...nodes);
  }

  drawPoints() {
    const { points, dots } = this;
    while (dots.childElementCount > points.length) dots.lastChild.remove();
    while (dots.childElementCount < points.length) dots.append(svgNode("circle", {}));
    this.radius = points.length > 800 ? 3 : points.length > 200 ? 4 : 5.5;
    const look = `${this.look} ${this.radius}`;
    let node = dots.firstElementChild;
    for (const point of points) {
      if (node.point !== point || node.look !== look) this.drawDot(node, point, look);
      node = node.nextElementSibling;
    }
    this.drawHalo();
  }

  /** Points are never changed, only replaced: the same object in the same axes needs no redraw. */
  drawDot(node, point, look) {
    const [x, y] = this.px(point);
    node.setAttribute("cx", x.toFixed(1));
    node.setAttribute("cy", y.toFixed(1));
    node.setAttribute("r", this.radius);
    [node.point, node.look] = [point, look];
  }

  /** The ring that says which point a key or a press would act on. */
  drawHalo() {
    const point = this.target();
    const idle = !this.gesture && this.hovered === null && !this.hasFocus();
    this.haloNode.style.display = point && !idle ? "" : "none";
    if (!point) return;
    const [x, y] = this.px(point);
    this.haloNode.setAttribute("cx", x);
    this.haloNode.setAttribute("cy", y);
    this.haloNode.setAttribute("r", this.radius + 5);
  }

  target() {
    if (!this.gesture && this.byKeys) return this.nearestToCursor();
    const id = this.gesture?.id ?? this.hovered ?? this.selected;
    return this.points.find((point) => point.id === id) ?? null;
  }

  drawCursor() {
    const shown = this.byKeys && this.hasFocus();
    this.cursorNode.style.display = shown ? "" : "none";
    if (!shown) return;
    const { left, top, width, height } = this;
    this.place ??= this.dataAt(left + width / 2, top + height / 2);
    const [x, y] = this.px({ ...this.place, id: 0 });
    const across = this.data.dims === 1 ? "" : `M${left} ${y}H${left + width}`;
    this.cursorNode.firstElementChild.setAttribute("d", `M${x} ${top}V${top + height}${across}`);
  }

  drawButtons() {
    for (const node of this.tools.children)
      node.setAttribute("aria-pressed", String(node.dataset.tool === this.tool));
    const able = {
      undo: this.memory.past.length > 0,
      redo: this.memory.future.length > 0,
      clear: this.points.length > 0,
    };
    // aria-disabled, not disabled: a button that switches itself off must not lose the focus.
    for (const node of this.edits.children)
      node.setAttribute("aria-disabled", String(!able[node.dataset.edit]));
    this.pane.dataset.tool = this.tool;
  }

  hasFocus() {
    return this.root.getRootNode().activeElement === this.pane;
  }

  // ---------------------------------------------------------------------------------- changes

  add(x, y) {
    if (this.full) return this.refuse();
    const point = this.point(x, y);
    this.points = [...this.points, point];
    this.selected = point.id;
    return point;
  }

  refuse() {
    this.tell(fill(this.say.full, { n: this.count(this.data.limit) }));
    return null;
  }

  move(id, x, y) {
    this.points = this.points.map((point) => (point.id === id ? { ...point, x, y } : point));
  }

  remove(id) {
    this.points = this.points.filter((point) => point.id !== id);
    if (this.selected === id) this.selected = null;
    if (this.hovered === id) this.hovered = null;
  }

  /** Remove one point as a gesture of its own. */
  discard(point) {
    if (!point) return;
    const before = this.points;
    this.remove(point.id);
    this.commit(before, fill(this.say.removed, { at: this.at(point) }));
  }

  /** `count` points around a place on the pane, uniform in the brush's disc. */
  spray(px, py, count, draw) {
    const fresh = [];
    for (let i = 0; i < count && this.points.length + fresh.length < this.data.limit; i++) {
      const radius = BRUSH.radius * Math.sqrt(draw());
      const angle = 2 * Math.PI * draw();
      const { x, y } = this.dataAt(px + radius * Math.cos(angle), py + radius * Math.sin(angle));
      fresh.push(this.point(x, y));
    }
    this.points = [...this.points, ...fresh];
    if (fresh.length < count) this.gesture.refused = true;
  }

  undo() {
    this.travel("past", "future", this.say.undone);
  }

  redo() {
    this.travel("future", "past", this.say.redone);
  }

  travel(from, to, message) {
    this.cancel();
    const target = this.memory[from].at(-1);
    if (!target) return;
    this.memory[to] = [...this.memory[to], this.points];
    this.memory[from] = this.memory[from].slice(0, -1);
    this.points = target;
    this.tell(message);
    this.flush();
    this.draw();
  }

  clear() {
    const before = this.points;
    if (!before.length) return;
    this.points = [];
    this.commit(before, this.say.cleared);
  }

  /** The point nearest to a place on the pane (py null: along the line only), the newest first. */
  nearest(px, py, reach) {
    let best = null;
    let shortest = reach;
    for (const point of this.points) {
      const [x, y] = this.px(point);
      const distance = Math.hypot(x - px, py === null ? 0 : y - py);
      if (distance <= shortest) [best, shortest] = [point, distance];
    }
    return best;
  }

  nearestToCursor() {
    if (!this.place) return null;
    const [x, y] = this.px({ ...this.place, id: 0 });
    return this.nearest(x, this.data.dims === 1 ? null : y, Infinity);
  }

  // ---------------------------------------------------------------------------------- pointer

  listen() {
    const { pane } = this;
    const on = (node, name, handler, options) =>
      node.addEventListener(name, (event) => this.data && handler(event), options);
    on(pane, "pointerdown", (event) => this.down(event));
    on(pane, "pointermove", (event) => this.moved(event));
    on(pane, "pointerup", (event) => this.up(event));
    on(pane, "pointercancel", () => this.cancel());
    on(pane, "pointerenter", (event) => this.entered(event));
    on(pane, "pointerleave", () => this.hover(null));
    on(pane, "contextmenu", (event) => event.preventDefault());
    // A finger on empty space scrolls the page; on a point, or spraying, it draws.
    on(pane, "touchstart", (event) => this.touched(event), { passive: false });
    on(pane, "keydown", (event) => this.key(event));
    on(pane, "focus", () => this.focused());
    on(pane, "blur", () => this.blurred());
    on(this.tools, "click", (event) => this.choose(event.target.closest("button")?.dataset.tool));
    on(this.edits, "click", (event) => this.edit(event.target.closest("button")));
    on(this.typed, "submit", (event) => this.submit(event));
    on(this.input, "input", () => this.complain(""));
    on(this.root, "keydown", (event) => this.shortcut(event));
  }

  where(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** Every place the pointer has been since the last event: a fast stroke leaves no gaps. */
  trail(event) {
    const between = event.getCoalescedEvents?.() ?? [];
    return (between.length ? between : [event]).map((each) => this.where(each));
  }

  reach(event) {
    return event.pointerType === "touch" ? REACH.touch : REACH.fine;
  }

  /** A pen draws like a mouse; it hovers first, which leaves time to say that it never scrolls. */
  entered(event) {
    this.pane.style.touchAction = event.pointerType === "pen" ? "none" : "";
  }

  touched(event) {
    if (event.touches.length !== 1) return;
    const [x, y] = this.where(event.touches[0]);
    if (this.tool === "paint" || this.nearest(x, y, REACH.touch)) event.preventDefault();
  }

  down(event) {
    if (!event.isPrimary) return this.cancel(); // a second finger: zooming, not drawing
    if (this.gesture) this.cancel();
    this.pane.focus({ preventScroll: true, focusVisible: false });
    this.byKeys = false;
    const [x, y] = this.where(event);
    const hit = this.nearest(x, y, this.reach(event));
    if (event.button === 2 || event.shiftKey || event.ctrlKey) return this.discard(hit);
    if (event.button !== 0) return;
    const start = { from: [x, y], before: this.points, pointer: event.pointerId };
    if (this.tool === "paint") this.startSpray(start);
    else if (this.tool === "delete") this.startErase(start, event);
    else if (hit) this.startDrag(start, hit, event);
    else if (event.pointerType !== "touch") this.startDrag(start, this.addAt(x, y), event, true);
    else this.gesture = { ...start, kind: "tap" }; // adds on release: it may become a scroll
    if (this.gesture && this.gesture.kind !== "tap") this.pane.setPointerCapture(event.pointerId);
    this.draw();
  }

  addAt(px, py) {
    const { x, y } = this.dataAt(px, py);
    return this.add(x, y);
  }

  startDrag(start, point, event, isNew = false) {
    if (!point) return;
    this.selected = point.id;
    // Axes stand still during a drag, so the point stays under the finger.
    this.gesture = { ...start, kind: "drag", id: point.id, point, isNew, grip: null };
    const [x, y] = this.px(point);
    this.gesture.grip = isNew ? [0, 0] : [x - start.from[0], y - start.from[1]];
    if (event.pointerType === "touch")
      this.pressTimer = setTimeout(() => this.longPress(), LONG_PRESS);
  }

  longPress() {
    if (this.gesture?.kind !== "drag" || this.gesture.moving) return;
    const { point } = this.gesture;
    this.gesture = null;
    this.discard(point);
  }

  startSpray(start) {
    if (this.full) return this.refuse();
    const gesture = { ...start, kind: "spray", path: [start.from], draw: random(++this.strokes) };
    this.gesture = gesture;
    gesture.clock = performance.now();
    this.spray(...start.from, BRUSH.tap, gesture.draw);
    this.flushSoon();
    this.frame = requestAnimationFrame(() => this.keepSpraying());
  }

  /** As many points as the time since the last frame asks for, spread along the path taken. */
  keepSpraying() {
    const { gesture } = this;
    if (gesture?.kind !== "spray") return;
    const due = Math.floor(((performance.now() - gesture.clock) * BRUSH.rate) / 1000);
    if (due > 0) {
      gesture.clock += (1000 * due) / BRUSH.rate;
      const { path } = gesture;
      for (let i = 0; i < due; i++)
        this.spray(...path[Math.floor(((i + 1) * path.length - 1) / due)], 1, gesture.draw);
      gesture.path = [path.at(-1)];
      this.tell("", true);
      this.flushSoon();
      this.drawPoints();
      this.hintNode.style.display = "none";
    }
    this.frame = requestAnimationFrame(() => this.keepSpraying());
  }

  startErase(start, event) {
    this.gesture = { ...start, kind: "erase", reach: this.reach(event) };
    this.eraseAt(...start.from);
  }

  eraseAt(x, y) {
    const hit = this.nearest(x, y, this.gesture.reach);
    if (!hit) return;
    this.gesture.last = hit;
    this.remove(hit.id);
    this.drawPoints();
  }

  moved(event) {
    const [x, y] = this.where(event);
    const { gesture } = this;
    this.showBrush(x, y, event.pointerType);
    if (!gesture) {
      if (event.pointerType !== "touch") this.hover(this.nearest(x, y, REACH.fine)?.id ?? null);
      return;
    }
    if (event.pointerId !== gesture.pointer) return;
    const far = Math.hypot(x - gesture.from[0], y - gesture.from[1]);
    if (gesture.kind === "drag") {
      const slop = event.pointerType === "touch" ? SLOP : 3;
      if (!gesture.moving && far < slop) return;
      gesture.moving = true;
      clearTimeout(this.pressTimer);
      this.dragTo(x + gesture.grip[0], y + gesture.grip[1]);
    } else if (gesture.kind === "spray") {
      gesture.path.push(...this.trail(event));
    } else if (gesture.kind === "erase") {
      for (const spot of this.trail(event)) this.eraseAt(...spot);
    } else if (far > SLOP) this.gesture = null;
  }

  dragTo(px, py) {
    const { gesture } = this;
    gesture.to = this.dataAt(px, py);
    if (this.frame && gesture.queued) return;
    gesture.queued = true;
    this.frame = requestAnimationFrame(() => {
      gesture.queued = false;
      if (this.gesture === gesture) this.moveDot(gesture.id, gesture.to);
    });
  }

  /** Move one node only: with 2,000 points on the pane this is what keeps a drag smooth. */
  moveDot(id, { x, y }) {
    const index = this.points.findIndex((point) => point.id === id);
    if (index < 0) return;
    if (this.gesture.copied !== this.points) this.gesture.copied = this.points = [...this.points];
    const point = (this.points[index] = { ...this.points[index], x, y });
    const node = this.dots.children[index];
    this.drawDot(node, point, node.look);
    for (const name of ["cx", "cy"]) this.haloNode.setAttribute(name, node.getAttribute(name));
    this.tell(this.at(point), this.gesture.kind === "drag");
  }

  up(event) {
    const { gesture } = this;
    if (!gesture || event.pointerId !== gesture.pointer) return;
    clearTimeout(this.pressTimer);
    const [x, y] = this.where(event);
    if (gesture.kind === "drag") return this.endDrag(gesture);
    this.gesture = null;
    if (gesture.kind === "tap") this.endTap(gesture, x, y);
    else if (gesture.kind === "spray") this.endSpray(gesture);
    else if (gesture.kind === "erase") this.endErase(gesture);
  }

  endDrag(gesture) {
    if (gesture.to) this.moveDot(gesture.id, gesture.to);
    this.gesture = null;
    const point = this.points.find((candidate) => candidate.id === gesture.id);
    if (point) this.place = { x: point.x, y: point.y };
    const text = gesture.isNew ? this.say.added : this.say.moved;
    this.commit(gesture.before, point ? fill(text, { at: this.at(point) }) : "");
    this.drawHalo();
  }

  endTap(gesture, x, y) {
    const point = this.addAt(x, y);
    if (point) this.commit(gesture.before, fill(this.say.added, { at: this.at(point) }));
  }

  endSpray(gesture) {
    cancelAnimationFrame(this.frame);
    const n = this.count(this.points.length - gesture.before.length);
    this.commit(gesture.before, fill(this.say.sprayed, { n }));
    if (gesture.refused) this.refuse();
  }

  endErase(gesture) {
    const n = gesture.before.length - this.points.length;
    const one = n === 1 && fill(this.say.removed, { at: this.at(gesture.last) });
    this.commit(gesture.before, one || fill(this.say.erased, { n: this.count(n) }));
  }

  /** Esc, a second finger, or the browser taking over (scroll): as if it had not happened. */
  cancel() {
    clearTimeout(this.pressTimer);
    const { gesture } = this;
    if (!gesture) return;
    this.gesture = null;
    cancelAnimationFrame(this.frame);
    if (gesture.kind === "spray") return this.endSpray(gesture);
    this.points = gesture.before;
    this.tell(gesture.kind === "tap" ? "" : this.say.dropped_back);
    this.draw();
  }

  hover(id) {
    if (id === null) this.brushNode.style.display = "none";
    if (this.hovered === id) return;
    this.hovered = id;
    this.pane.classList.toggle("over", id !== null);
    this.drawHalo();
  }

  showBrush(x, y, pointerType) {
    const shown = this.tool === "paint" && (pointerType !== "touch" || this.gesture);
    this.brushNode.style.display = shown ? "block" : "none";
    this.brushNode.setAttribute("cx", x);
    this.brushNode.setAttribute("cy", y);
  }

  // --------------------------------------------------------------------------------- keyboard

  focused() {
    this.byKeys = this.pane.matches(":focus-visible");
    this.draw();
  }

  blurred() {
    if (this.gesture?.kind === "carry") this.cancel();
    this.byKeys = false;
    if (this.size) this.draw();
  }

  /** Undo and redo anywhere in the pad but in the text field, which has its own. */
  shortcut(event) {
    event.stopPropagation(); // Streamlit's one-letter keys (R: rerun, C: clear cache) are not ours
    if (!(event.ctrlKey || event.metaKey) || event.target === this.input) return;
    const name = letter(event);
    if (name === "y" || (name === "z" && event.shiftKey)) this.redo();
    else if (name === "z") this.undo();
    else return;
    event.preventDefault();
  }

  key(event) {
    const name = letter(event);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key in ARROWS) this.arrow(ARROWS[event.key], event.shiftKey);
    else if (event.key === "Enter" || event.key === " ") this.act();
    else if (event.key === "Delete" || event.key === "Backspace") this.deleteKey();
    else if (event.key === "Escape" && this.gesture) this.cancel();
    else if (name === "m") this.carry();
    else if (name === "n") this.jump(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  }

  arrow(direction, large) {
    this.byKeys = true;
    this.drawCursor(); // gives the cursor its first place
    const flat = this.data.dims === 1;
    if (flat && direction[0] === 0) direction = [direction[1], 0];
    const target = ["x", "y"].map((axis, i) => {
      const tick = [this.xTicks, this.yTicks][i].step;
      const step = large ? tick : tick / 10;
      // From a clicked, untidy place the first press goes to the next tidy one.
      const steps = this.place[axis] / step;
      const [ahead, back] = [Math.floor(steps + 1e-6) + 1, Math.ceil(steps - 1e-6) - 1];
      const next = direction[i] > 0 ? ahead : back;
      return direction[i] ? clamp(next * step, ...this.domains[i]) : this.place[axis];
    });
    this.place = this.tidy(...target);
    if (this.gesture?.kind === "carry") this.moveDot(this.gesture.id, this.place);
    else this.tell(fill(this.say.cursor, { at: this.at(this.place) }));
    this.drawCursor();
    this.drawHalo();
  }

  act() {
    if (this.gesture?.kind === "carry") return this.putDown();
    this.byKeys = true;
    this.drawCursor();
    if (this.tool === "delete") return this.discard(this.nearestToCursor());
    const before = this.points;
    if (this.tool === "paint") return this.sprayOnce(before);
    const point = this.add(this.place.x, this.place.y);
    if (point) this.commit(before, fill(this.say.added, { at: this.at(point) }));
  }

  sprayOnce(before) {
    if (this.full) return this.refuse();
    const [x, y] = this.px({ ...this.place, id: 0 });
    const gesture = (this.gesture = { kind: "spray", before });
    this.spray(x, y, BRUSH.tap, random(++this.strokes));
    this.gesture = null;
    this.endSpray(gesture);
  }

  deleteKey() {
    if (this.gesture) return;
    this.discard(this.target());
  }

  carry() {
    if (this.gesture) return this.gesture.kind === "carry" ? this.putDown() : undefined;
    this.byKeys = true;
    this.drawCursor();
    const point = this.nearestToCursor();
    if (!point) return;
    this.place = { x: point.x, y: point.y };
    this.gesture = { kind: "carry", id: point.id, before: this.points };
    this.tell(this.say.carrying);
    this.drawCursor();
    this.drawHalo();
  }

  putDown() {
    const { before, id } = this.gesture;
    this.gesture = null;
    this.selected = id;
    const point = this.points.find((candidate) => candidate.id === id);
    if (before === this.points) this.tell("");
    this.commit(before, fill(this.say.moved, { at: this.at(point) }));
  }

  /** To the next point in reading order (left to right, then bottom to top). */
  jump(step) {
    if (this.gesture || !this.points.length) return;
    this.byKeys = true;
    this.drawCursor();
    const order = [...this.points].sort((a, b) => a.x - b.x || a.y - b.y || a.id - b.id);
    const current = order.findIndex((point) => point.id === this.nearestToCursor().id);
    const onIt = order[current].x === this.place.x && order[current].y === this.place.y;
    const next = onIt ? (current + step + order.length) % order.length : current;
    this.place = { x: order[next].x, y: order[next].y };
    this.tell(fill(this.say.cursor, { at: this.at(this.place) }));
    this.drawCursor();
    this.drawHalo();
  }

  // --------------------------------------------------------------------------- buttons, typing

  choose(tool) {
    if (!tool) return;
    this.cancel();
    this.tool = tool;
    this.drawButtons();
  }

  edit(node) {
    if (!node || node.getAttribute("aria-disabled") === "true") return;
    this[node.dataset.edit]();
  }

  submit(event) {
    event.preventDefault();
    const numbers = parse(this.input.value, this.data.dims);
    const { largest } = this.data;
    if (!numbers) return this.complain(this.say.bad);
    if (numbers.some((value) => Math.abs(value) > largest))
      return this.complain(fill(this.say.too_large, { n: this.count(largest) }));
    const before = this.points;
    const point = this.add(numbers[0], numbers[1] ?? 0);
    if (!point) return this.complain(fill(this.say.full, { n: this.count(this.data.limit) }));
    this.input.value = "";
    this.complain("");
    this.place = { x: point.x, y: point.y };
    const at = numbers.map((value) => String(value).replace("-", "−")).join(", ");
    this.commit(before, fill(this.say.added, { at: numbers.length > 1 ? `(${at})` : at }));
  }

  complain(message) {
    this.error.textContent = message;
    this.input.setAttribute("aria-invalid", String(message !== ""));
  }
}
