// Digit pad: draw on a small grid of pixels with mouse, pen, finger or keyboard.
//
// Ink is kept FINE times finer than the pixels that are reported, so that the brush has a smooth
// edge; a pixel is the mean of its cells. Streamlit calls the default export at every change of
// `data` or theme, so it only hands the new data to a Pad that lives as long as its place.

const FINE = 4; // cells along one side of a pixel
const SEND_EVERY = 120; // ms between reports while a stroke is drawn
const HISTORY = 60; // steps back
const ERASER = 1.8; // times as wide as the pen
const WIDTH = { min: 1, max: 5, step: 0.5, start: 2.5 }; // of the pen, in pixels

const memories = new Map(); // component key -> {epoch, ink, past}: outlives a rebuilt element
const pads = new WeakMap(); // parentElement -> Pad

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".digitpad");
  let pad = pads.get(parentElement);
  if (!pad || pad.root !== root) {
    pad?.destroy();
    pads.set(parentElement, (pad = new Pad(root, parentElement)));
  }
  pad.emit = (value) => setStateValue("drawing", value);
  pad.update(data);
  // Also called while the element stays, where newer data overtook these (see the stage's loader).
  return () => { if (!root.isConnected) pad.destroy(); };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const fill = (template, values) =>
  template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
// A letter key by what it types, or by its place where the keyboard types Hangul.
const letter = ({ key, code }) =>
  (/^[a-z]$/i.test(key) ? key : (code ?? "").replace("Key", "")).toLowerCase();
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/** Distance from (x, y) to the segment from (ax, ay) to (bx, by). */
function distance(x, y, ax, ay, bx, by) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length ? clamp(((x - ax) * dx + (y - ay) * dy) / length, 0, 1) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

const ICONS = {
  draw: '<path d="M2.5 13.5l1-3.5 7.5-7.5 2.5 2.5L6 12.5zM9.5 4l2.5 2.5"/>',
  erase: '<path d="M6 13.5L2 9.5 9 2.5l4.5 4.5-6.5 6.5zM5.5 6l4.5 4.5M6 13.5h8"/>',
  undo: '<path d="M6 3L2.5 6.5 6 10M3 6.5h6a4 4 0 010 8H6"/>',
  clear: '<path d="M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9.5h6.6l.7-9.5M6.7 7v4.5M9.3 7v4.5"/>',
};
const buttons = (group, names) =>
  `<div class="${group}s" role="group">${names
    .map(
      (name) => `<button type="button" data-${group}="${name}">
        <svg viewBox="0 0 16 16" aria-hidden="true">${ICONS[name]}</svg></button>`,
    )
    .join("")}</div>`;

const TEMPLATE = `
  <div class="pane" role="application" tabindex="0" aria-describedby="keys">
    <canvas aria-hidden="true"></canvas><span class="hint" aria-hidden="true"></span>
  </div>
  <div class="bar">${buttons("tool", ["draw", "erase"])}${buttons("edit", ["undo", "clear"])}</div>
  <div class="width"><label for="width"></label>
    <input id="width" type="range" min="${WIDTH.min}" max="${WIDTH.max}" step="${WIDTH.step}"
      value="${WIDTH.start}"></div>
  <p class="status" role="status"></p>
  <p class="keys" id="keys"></p>`;

class Pad {
  constructor(root, parent) {
    this.root = root;
    this.parent = parent;
    root.innerHTML = TEMPLATE;
    for (const name of ["pane", "hint", "tools", "edits", "status", "keys"])
      this[name] = root.querySelector(`.${name}`);
    this.canvas = root.querySelector("canvas");
    this.width = root.querySelector("input");
    this.sheet = document.createElement("canvas"); // one dot per cell of ink
    this.tool = "draw";
    this.stroke = null; // {pointer, last, before, tool} while a pointer is down
    this.pen = false; // the keyboard's pen is on the paper
    this.cursor = null; // [column, row], once the keyboard was used
    this.listen();
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.pane);
  }

  destroy() {
    if (this.timer) this.flush();
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    if (pads.get(this.parent) === this) pads.delete(this.parent);
  }

  // ------------------------------------------------------------------------------ from Python

  update(data) {
    const before = this.data;
    this.data = data;
    this.say = data.labels;
    this.side = data.size * FINE;
    if (before?.epoch !== data.epoch) this.takeOver(before);
    this.write();
    this.paint();
  }

  /** New ink from Python: a first look, a return to the page, or another drawing loaded. */
  takeOver(before) {
    const { data } = this;
    clearTimeout(this.timer);
    this.timer = this.stroke = null;
    this.pen = false;
    const known = memories.get(data.key);
    if (known?.epoch === data.epoch) this.memory = known;
    else {
      const keep = before?.size === data.size;
      const past = keep ? [...this.memory.past, this.memory.ink].slice(-HISTORY) : [];
      this.memory = { epoch: data.epoch, ink: this.spread(data.pixels), past };
      memories.set(data.key, this.memory);
    }
    if (this.cursor) this.cursor = this.cursor.map((at) => Math.min(at, data.size - 1));
    this.status.textContent = before ? this.say.loaded : this.amount();
  }

  /** Pixels from Python, each as FINE x FINE equal cells. */
  spread(text) {
    const { side } = this;
    const ink = new Float32Array(side * side);
    const bytes = atob(text);
    for (let y = 0; bytes && y < side; y++)
      for (let x = 0; x < side; x++)
        ink[y * side + x] =
          bytes.charCodeAt(Math.floor(y / FINE) * this.data.size + Math.floor(x / FINE)) / 255;
    return ink;
  }

  write() {
    const { say, data } = this;
    this.pane.setAttribute("aria-label", `${data.label}. ${say.help}`);
    this.pane.setAttribute("aria-roledescription", say.role);
    this.hint.textContent = say.hint;
    this.keys.textContent = say.keys;
    this.tools.setAttribute("aria-label", say.tools);
    this.edits.setAttribute("aria-label", say.edit);
    this.root.querySelector("label").textContent = say.width;
    this.widthSaid();
    for (const node of this.root.querySelectorAll("button")) {
      const name = say[node.dataset.tool ?? node.dataset.edit];
      node.setAttribute("aria-label", name);
      node.title = name;
    }
  }

  widthSaid() {
    this.width.setAttribute("aria-valuetext", fill(this.say.width_value, { n: this.width.value }));
  }

  // -------------------------------------------------------------------------------- to Python

  /** One number from 0 to 255 per pixel: the mean of its cells. */
  pixels() {
    const { side } = this;
    const sums = new Float64Array(this.data.size ** 2);
    this.memory.ink.forEach((value, i) => {
      const row = Math.floor(Math.floor(i / side) / FINE);
      sums[row * this.data.size + Math.floor((i % side) / FINE)] += value;
    });
    return Uint8Array.from(sums, (sum) => Math.round((255 * sum) / FINE ** 2));
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    this.sentAt = performance.now();
    const pixels = btoa(Array.from(this.pixels(), (byte) => String.fromCharCode(byte)).join(""));
    if (pixels === this.sent && this.sentEpoch === this.data.epoch) return;
    [this.sent, this.sentEpoch] = [pixels, this.data.epoch];
    this.emit({ epoch: this.data.epoch, pixels });
  }

  flushSoon() {
    const wait = SEND_EVERY - (performance.now() - (this.sentAt ?? -Infinity));
    this.timer ??= setTimeout(() => this.flush(), Math.max(wait, 0));
  }

  amount() {
    const bytes = this.pixels();
    const n = bytes.reduce((count, byte) => count + (byte > 63), 0);
    if (!bytes.some(Boolean)) return this.say.empty;
    return fill(this.say.inked, { n, all: bytes.length });
  }

  /** A finished change: remember how it was, report how it is. */
  commit(before, message = this.amount()) {
    this.memory.past = [...this.memory.past, before].slice(-HISTORY);
    this.status.textContent = message;
    this.flush();
    this.paint();
  }

  // ------------------------------------------------------------------------------------- ink

  /** Ink (or its absence) along a segment, in cells. */
  run([ax, ay], [bx, by], erase) {
    const { side } = this;
    const { ink } = this.memory;
    const radius = (Number(this.width.value) * FINE * (erase ? ERASER : 1)) / 2;
    const low = (a, b) => Math.max(0, Math.floor(Math.min(a, b) - radius - 1));
    const high = (a, b) => Math.min(side - 1, Math.ceil(Math.max(a, b) + radius + 1));
    for (let y = low(ay, by); y <= high(ay, by); y++)
      for (let x = low(ax, bx); x <= high(ax, bx); x++) {
        const cover = clamp(radius + 0.5 - distance(x + 0.5, y + 0.5, ax, ay, bx, by), 0, 1);
        const i = y * side + x;
        ink[i] = erase ? Math.min(ink[i], 1 - cover) : Math.max(ink[i], cover);
      }
  }

  copy() {
    return this.memory.ink.slice();
  }

  undo() {
    const { past } = this.memory;
    if (!past.length || this.stroke) return;
    this.memory.ink = past.at(-1);
    this.memory.past = past.slice(0, -1);
    this.status.textContent = `${this.say.undone} · ${this.amount()}`;
    this.flush();
    this.paint();
  }

  clear() {
    if (!this.memory.ink.some(Boolean) || this.stroke) return;
    const before = this.memory.ink;
    this.memory.ink = new Float32Array(before.length);
    this.commit(before);
  }

  // ----------------------------------------------------------------------------------- picture

  paintSoon() {
    this.frame ??= requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const shown = this.pane.clientWidth;
    if (!this.data || !shown) return;
    const { side, canvas, sheet } = this;
    const style = getComputedStyle(this.root);
    const resolution = Math.round(shown * (window.devicePixelRatio || 1));
    if (canvas.width !== resolution) canvas.width = canvas.height = resolution;
    if (sheet.width !== side) sheet.width = sheet.height = side;
    const dots = new ImageData(side, side);
    this.memory.ink.forEach((value, i) => (dots.data[4 * i + 3] = 255 * value));
    const pen = sheet.getContext("2d");
    pen.globalCompositeOperation = "source-over";
    pen.putImageData(dots, 0, 0);
    pen.globalCompositeOperation = "source-in";
    pen.fillStyle = style.color;
    pen.fillRect(0, 0, side, side);
    const paper = canvas.getContext("2d");
    paper.clearRect(0, 0, resolution, resolution);
    paper.drawImage(sheet, 0, 0, resolution, resolution);
    if (this.cursor && this.pane.matches(":focus")) this.paintCursor(paper, resolution, style);
    this.hint.hidden = this.memory.ink.some(Boolean) || Boolean(this.cursor);
    this.paintButtons();
  }

  paintCursor(paper, resolution, style) {
    const pixel = resolution / this.data.size;
    const colour = (name) => style.getPropertyValue(name).trim();
    paper.strokeStyle = colour("--st-text-color");
    paper.globalAlpha = 0.14;
    paper.lineWidth = 1;
    paper.beginPath();
    for (let i = 1; i < this.data.size; i++) {
      paper.moveTo(i * pixel, 0);
      paper.lineTo(i * pixel, resolution);
      paper.moveTo(0, i * pixel);
      paper.lineTo(resolution, i * pixel);
    }
    paper.stroke();
    paper.globalAlpha = 1;
    const [x, y] = this.cursor.map((at) => at * pixel);
    for (const [name, width] of [["--st-background-color", 0.55], ["--st-primary-color", 0.28]]) {
      paper.strokeStyle = colour(name);
      paper.lineWidth = width * pixel;
      paper.strokeRect(x, y, pixel, pixel);
    }
  }

  paintButtons() {
    const off = { undo: !this.memory.past.length, clear: !this.memory.ink.some(Boolean) };
    for (const node of this.root.querySelectorAll("button")) {
      const { tool, edit } = node.dataset;
      if (tool) node.setAttribute("aria-pressed", String(tool === this.tool));
      else node.setAttribute("aria-disabled", String(off[edit]));
    }
  }

  // --------------------------------------------------------------------------------- pointers

  listen() {
    const { pane } = this;
    pane.addEventListener("pointerdown", (event) => this.down(event));
    pane.addEventListener("pointermove", (event) => this.moved(event));
    pane.addEventListener("pointerup", (event) => this.up(event));
    pane.addEventListener("pointercancel", (event) => this.up(event));
    pane.addEventListener("lostpointercapture", (event) => this.up(event));
    pane.addEventListener("contextmenu", (event) => event.preventDefault());
    pane.addEventListener("keydown", (event) => this.key(event));
    pane.addEventListener("focus", () => this.focused());
    pane.addEventListener("blur", () => this.blurred());
    this.width.addEventListener("input", () => this.widthSaid());
    this.root.addEventListener("keydown", (event) => this.shortcut(event));
    this.root.addEventListener("click", (event) => {
      const { tool, edit } = event.target.closest("button")?.dataset ?? {};
      if (tool) this.tool = tool;
      if (edit) this[edit]();
      if (tool) this.paintButtons();
    });
  }

  where(event) {
    const box = this.canvas.getBoundingClientRect();
    const place = [event.clientX - box.left, event.clientY - box.top];
    return place.map((at) => (at / box.width) * this.side);
  }

  down(event) {
    const flipped = event.button === 5; // the eraser at the other end of a pen
    if ((event.button !== 0 && !flipped) || !event.isPrimary || this.stroke) return;
    event.preventDefault(); // no selection of text, no drag of the page
    this.pane.focus({ preventScroll: true, focusVisible: false });
    this.pane.setPointerCapture(event.pointerId);
    this.cursor = null;
    this.pen = false;
    const last = this.where(event);
    const erase = this.tool === "erase" || flipped;
    this.stroke = { pointer: event.pointerId, last, before: this.copy(), erase };
    this.run(last, last, erase);
    this.flushSoon();
    this.paintSoon();
  }

  moved(event) {
    const { stroke } = this;
    if (event.pointerId !== stroke?.pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const each of between.length ? between : [event]) {
      const next = this.where(each);
      this.run(stroke.last, next, stroke.erase);
      stroke.last = next;
    }
    this.flushSoon();
    this.paintSoon();
  }

  up(event) {
    const { stroke } = this;
    if (event.pointerId !== stroke?.pointer) return;
    this.stroke = null;
    this.commit(stroke.before);
  }

  // --------------------------------------------------------------------------------- keyboard

  focused() {
    if (this.pane.matches(":focus-visible")) this.showCursor();
    this.paint();
  }

  blurred() {
    this.pen = false;
    this.paint();
  }

  showCursor() {
    this.cursor ??= [Math.floor(this.data.size / 2), Math.floor(this.data.size / 2)];
  }

  shortcut(event) {
    event.stopPropagation(); // Streamlit's one-letter keys (R: rerun, C: clear cache) are not ours
    if (!(event.ctrlKey || event.metaKey) || letter(event) !== "z") return;
    event.preventDefault();
    this.undo();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.stroke) return;
    const known = event.key in ARROWS || event.key === "Enter" || event.key === " ";
    if (!known && letter(event) !== "p") return;
    event.preventDefault();
    this.showCursor();
    if (event.key in ARROWS) this.arrow(ARROWS[event.key], event.shiftKey ? 4 : 1);
    else if (known) this.toggle();
    else this.lower();
  }

  arrow(way, far) {
    const from = this.centre();
    this.cursor = this.cursor.map((at, i) => clamp(at + far * way[i], 0, this.data.size - 1));
    if (!this.pen) return this.sayCursor();
    const before = this.copy();
    this.run(from, this.centre(), this.tool === "erase");
    this.commit(before, this.cursorText());
  }

  /** The middle of the cursor's pixel, in cells. */
  centre() {
    return this.cursor.map((at) => (at + 0.5) * FINE);
  }

  isInk() {
    const [column, row] = this.cursor;
    return this.pixels()[row * this.data.size + column] > 127;
  }

  toggle() {
    const before = this.copy();
    this.run(this.centre(), this.centre(), this.isInk());
    this.commit(before, this.cursorText());
  }

  lower() {
    this.pen = !this.pen;
    const news = this.pen ? this.say.pen_down : this.say.pen_up;
    if (!this.pen) {
      this.status.textContent = news;
      return this.paint();
    }
    const before = this.copy();
    this.run(this.centre(), this.centre(), this.tool === "erase");
    this.commit(before, news);
  }

  cursorText() {
    const [column, row] = this.cursor.map((at) => at + 1);
    return fill(this.isInk() ? this.say.cursor_ink : this.say.cursor_blank, { row, column });
  }

  sayCursor() {
    this.status.textContent = this.cursorText();
    this.paint();
  }
}
