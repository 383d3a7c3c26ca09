/* Filmstrip: pictures from one sheet, painted on canvas while the hand moves. */

// Filled in from explorer/figures/theme.py: role -> [light, dark]; colours of classes.
const ROLES = /*ROLES*/{};
const COMPONENTS = /*COMPONENTS*/[];

const GAP = 40; // ms between two reports while the hand moves
const PATIENCE = 2000; // ms after which an unanswered report no longer blocks the next
const ECHO = 3000; // ms in which the server's `start` may be the answer to our own report
const AGAIN = [300, 1000, 3000, 0]; // ms of waiting after each try to fetch
const NARROW = 560; // px; below it the picture lies above the plane
const KEPT = 8; // sheets and points kept decoded, by their address, which is a hash of the content
const MARGIN = { left: 46, right: 12, top: 10, bottom: 42 }; // px around the plane, for its axes

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
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

function button(kind, words, content, action) {
  const node = element("button", { type: "button", class: kind, "aria-label": words, title: words }, content);
  node.onclick = action;
  return node;
}

function isDark(root) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color") || "#fff";
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(probe.fillStyle.slice(i, i + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/** A number as it is read: three digits after the point at most, and a real minus. */
function digits(value, step) {
  const text = value.toFixed(clamp(Math.ceil(-Math.log10(step) - 1e-9), 0, 6));
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

function ticks([low, high], count) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= high / step + 1e-9; i++) values.push(i * step);
  return { step, values };
}

// ---- what is fetched, once ------------------------------------------------------------------

const fetched = new Map(); // address -> promise; the newest last

/** A run that was cut short may take a file away that the next run brings back: ask again. */
async function bring(url) {
  for (const pause of AGAIN) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return answer;
    await new Promise((done) => setTimeout(done, pause));
  }
  throw new Error(url);
}

function fetchOnce(home, address, read) {
  if (!fetched.has(address)) {
    const url = address.startsWith("data:") ? address : home + address.replace(/^\//, "");
    const promise = bring(url).then(read);
    fetched.set(address, promise);
    promise.catch(() => fetched.delete(address)); // another try is allowed
    if (fetched.size > KEPT) fetched.delete(fetched.keys().next().value);
  }
  return fetched.get(address);
}

const readSheet = async (answer) =>
  createImageBitmap(await answer.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });

async function readPoints(answer) {
  const bytes = await answer.arrayBuffer(), count = bytes.byteLength / 9; // 2 × 4 bytes and 1
  return { count, places: new Float32Array(bytes, 0, 2 * count), kinds: new Uint8Array(bytes, 8 * count) };
}

// ---- one picture ------------------------------------------------------------------------------

/** A canvas that shows a small picture large, in whole device pixels where it is `pixelated`. */
function makePicture() {
  const canvas = element("canvas", { class: "fs-picture", role: "img" });
  const small = document.createElement("canvas"); // the picture in its own pixels
  const pen = small.getContext("2d");
  let drawn = "";

  function resize([height, width]) {
    if (small.width !== width || small.height !== height) { small.width = width; small.height = height; }
    pen.globalCompositeOperation = "source-over";
    pen.globalAlpha = 1;
  }

  /** Tiles [[row, col, weight], …] of a sheet, mixed: each next one covers its share of the sum. */
  function mix(sheet, [height, width], parts) {
    resize([height, width]);
    let sum = 0;
    for (const [row, col, weight] of parts) {
      if (weight <= 0) continue;
      sum += weight;
      pen.globalAlpha = weight / sum;
      pen.drawImage(sheet, col * width, row * height, width, height, 0, 0, width, height);
    }
    pen.globalAlpha = 1;
  }

  /** The bytes that Python sent. */
  function put({ size, pixels }) {
    resize(size);
    const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
    const [height, width] = size, channels = bytes.length / (height * width);
    const image = pen.createImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[channels * i + (channels === 3 ? c : 0)];
      image.data[4 * i + 3] = 255;
    }
    pen.putImageData(image, 0, 0);
  }

  /** Paint `small` on the page, at most `room` CSS pixels wide; `like` fixes the frame's pixels. */
  function paint(look, room, like, grid = [1, 1]) {
    const [rows, cols] = grid, gap = rows * cols > 1 ? 1 : 0;
    const [height, width] = like;
    const wide = width + gap * (cols - 1), high = height + gap * (rows - 1);
    const ratio = window.devicePixelRatio || 1;
    let scale = (room * ratio) / wide;
    if (look.pixelated && scale >= 1) scale = Math.floor(scale);
    const size = [Math.max(1, Math.round(wide * scale)), Math.max(1, Math.round(high * scale))];
    const now = `${size} ${ratio}`;
    if (now !== drawn) {
      [canvas.width, canvas.height] = size;
      canvas.style.width = size[0] / ratio + "px";
      canvas.style.height = size[1] / ratio + "px";
      drawn = now;
    }
    const brush = canvas.getContext("2d");
    brush.globalCompositeOperation = "source-over";
    brush.imageSmoothingEnabled = !(look.pixelated && scale >= 1);
    brush.imageSmoothingQuality = "high";
    brush.clearRect(0, 0, ...size);
    const own = [small.height / rows, small.width / cols], each = [height / rows, width / cols];
    const edge = (n, side) => Math.round(n * (side + gap) * scale);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const box = [edge(col, each[1]), edge(row, each[0]), Math.round(each[1] * scale), Math.round(each[0] * scale)];
        brush.drawImage(small, col * own[1], row * own[0], own[1], own[0], ...box);
        if (look.invert) {
          brush.globalCompositeOperation = "difference";
          brush.fillStyle = "#fff";
          brush.fillRect(...box);
          brush.globalCompositeOperation = "source-over";
        }
      }
    }
    return size[0] / ratio;
  }

  return { canvas, mix, put, paint };
}

function save(canvas, filename) {
  canvas.toBlob((blob) => {
    const url = URL.createObjectURL(blob);
    element("a", { href: url, download: `${filename}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }, "image/png");
}

function saveButton(data, canvas) {
  const node = button("fs-save", data.words.png, "PNG", () => save(canvas, data.filename));
  return node;
}

/** Call `action` when the element's width or the screen's pixel ratio changes. */
function whenResized(node, action) {
  let width = 0, ratio = 0;
  const look = () => {
    const now = node.clientWidth;
    if (!now || (now === width && ratio === window.devicePixelRatio)) return;
    width = now; ratio = window.devicePixelRatio;
    action();
  };
  const observer = new ResizeObserver(look);
  observer.observe(node);
  window.addEventListener("resize", look); // zooming changes the ratio, not always the width
  return () => { observer.disconnect(); window.removeEventListener("resize", look); };
}

// ---- the plane ----------------------------------------------------------------------------------

function makePlane(root, home) {
  let component, data, sheet = null, points = null, dark = false;
  let at = [0, 0], hand = null, held = false, unsettled = false, shown = "", view = "pictures";
  let asked = Date.now(); // number of the newest report; the server repeats the one it answers
  let lastSent = 0, waiting = null, pending = null, coming = 0;
  let box = { left: 0, top: 0, width: 1, height: 1 }, room = 280; // plane on its canvas, px
  let drawnMap = "", drawnMarks = "", wanted = {};

  const picture = makePicture();
  const state = element("p", { class: "fs-state" });
  const place = element("p", { class: "fs-place" });
  const tools = element("div", { class: "fs-tools" });
  const side = element("div", { class: "fs-side" }, picture.canvas, element("div", { class: "fs-words" }, place, state, tools));
  const map = element("canvas", { class: "fs-layer", "aria-hidden": "true" });
  const marks = element("canvas", { class: "fs-layer", "aria-hidden": "true" });
  const cross = svg("svg", { class: "fs-cross", "aria-hidden": "true" });
  const pane = element("div", { class: "fs-pane", role: "slider", tabindex: 0 }, map, marks, cross);
  const views = element("div", { class: "fs-views", role: "group" });
  const caption = element("figcaption", { class: "fs-summary" });
  const figure = element("figure", { class: "fs-plane" }, side, element("div", { class: "fs-map" }, views, pane), caption);
  root.replaceChildren(figure);

  const lines = ["fs-under", "fs-line"].flatMap((kind) => ["h", "v"].map((way) => svg("line", { class: kind, "data-way": way })));
  const grip = svg("g", { class: "fs-grip" }, svg("circle", { class: "fs-halo", r: 15 }), svg("circle", { class: "fs-rim", r: 9 }), svg("circle", { class: "fs-ring", r: 9 }), svg("circle", { class: "fs-dot", r: 2 }));
  cross.append(...lines, grip);

  const ink = (role) => ROLES[role][dark ? 1 : 0];
  const toX = (x) => box.left + (box.width * (x - data.x_range[0])) / (data.x_range[1] - data.x_range[0]);
  const toY = (y) => box.top + (box.height * (data.y_range[1] - y)) / (data.y_range[1] - data.y_range[0]);
  const steps = () => [data.x_range, data.y_range].map(([low, high]) => (high - low) / 100);

  // -- sizes
  function layout() {
    const width = figure.clientWidth;
    if (!width) return;
    const narrow = width < NARROW;
    figure.toggleAttribute("data-narrow", narrow);
    room = Math.floor(narrow ? Math.min(data.size, 0.5 * width, 200) : Math.min(data.size, 0.36 * width));
    side.style.width = narrow ? "" : room + 2 + "px"; // 2: the picture's border
    const most = narrow ? width : Math.min(560, width - room - 2 - 28);
    const spans = [data.x_range, data.y_range].map(([low, high]) => high - low);
    const ratio = clamp(spans[1] / spans[0], 0.5, 1.6);
    let inner = most - MARGIN.left - MARGIN.right, tall = inner * ratio;
    if (tall > 470) { tall = 470; inner = tall / ratio; }
    box = { left: MARGIN.left, top: MARGIN.top, width: Math.round(inner), height: Math.round(tall) };
    const size = [box.width + MARGIN.left + MARGIN.right, box.height + MARGIN.top + MARGIN.bottom];
    pane.style.width = size[0] + "px";
    pane.style.height = size[1] + "px";
    cross.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    const dpr = window.devicePixelRatio || 1;
    for (const layer of [map, marks]) {
      layer.width = Math.round(size[0] * dpr);
      layer.height = Math.round(size[1] * dpr);
    }
    drawnMap = drawnMarks = "";
  }

  const penOf = (layer) => {
    const pen = layer.getContext("2d"), dpr = window.devicePixelRatio || 1;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, layer.width, layer.height);
    pen.setTransform(dpr, 0, 0, dpr, 0, 0);
    return pen;
  };
  const clip = (pen) => { pen.save(); pen.beginPath(); pen.rect(box.left, box.top, box.width, box.height); pen.clip(); };

  // -- what lies still: axes, and the map or the points
  function drawMap() {
    const font = getComputedStyle(root).getPropertyValue("--st-font") || "sans-serif";
    const now = JSON.stringify([view, sheet?.address, data.points, !!points, data.x_range, data.y_range,
      data.labels, data.invert, dark, font, box, window.devicePixelRatio]);
    if (now === drawnMap) return;
    drawnMap = now;
    const pen = penOf(map);
    const pictures = view === "pictures" && sheet;
    pen.font = `13px ${font}`;
    pen.fillStyle = ink("muted");
    pen.strokeStyle = ink("grid");
    pen.lineWidth = 1;
    const [across, up] = [ticks(data.x_range, box.width / 70), ticks(data.y_range, box.height / 55)];
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const x of across.values) {
      pen.fillText(digits(x, across.step), toX(x), box.top + box.height + 6);
      if (!pictures) line(pen, [[toX(x), box.top], [toX(x), box.top + box.height]]);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const y of up.values) {
      pen.fillText(digits(y, up.step), box.left - 6, toY(y));
      if (!pictures) line(pen, [[box.left, toY(y)], [box.left + box.width, toY(y)]]);
    }
    pen.fillStyle = ink("ink");
    pen.font = `15px ${font}`;
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.fillText(data.labels[0], box.left + box.width / 2, box.top + box.height + MARGIN.bottom);
    pen.save();
    pen.translate(2, box.top + box.height / 2);
    pen.rotate(-Math.PI / 2);
    pen.textBaseline = "top";
    pen.fillText(data.labels[1], 0, 0);
    pen.restore();
    clip(pen);
    if (pictures) {
      pen.imageSmoothingQuality = "high";
      pen.drawImage(sheet.bitmap, box.left, box.top, box.width, box.height);
      if (data.invert) {
        pen.globalCompositeOperation = "difference";
        pen.fillStyle = "#fff";
        pen.fillRect(box.left, box.top, box.width, box.height);
      }
    }
    if (view === "points" && points) drawPoints(pen, font);
    pen.restore();
    pen.strokeStyle = ink("muted");
    pen.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
  }

  function line(pen, corners) {
    pen.beginPath();
    corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.stroke();
  }

  /** Each class as its number in its colour, drawn once and stamped. */
  function drawPoints(pen, font) {
    const dpr = window.devicePixelRatio || 1, side = 18;
    const stamps = new Map();
    const stamp = (kind) => {
      if (stamps.has(kind)) return stamps.get(kind);
      const node = document.createElement("canvas");
      node.width = node.height = Math.ceil(side * dpr);
      const brush = node.getContext("2d");
      brush.scale(dpr, dpr);
      brush.translate(side / 2, side / 2);
      brush.fillStyle = kind === 255 ? ink("data") : COMPONENTS[kind % COMPONENTS.length];
      brush.strokeStyle = ink("paper");
      if (kind === 255) { brush.globalAlpha = 0.7; brush.beginPath(); brush.arc(0, 0, 3, 0, 7); brush.fill(); }
      else {
        brush.font = `bold ${points.count > 800 ? 11 : 13}px ${font}`;
        brush.textAlign = "center";
        brush.textBaseline = "middle";
        brush.lineWidth = 2;
        brush.strokeText(`${kind}`, 0, 0);
        brush.fillText(`${kind}`, 0, 0);
      }
      stamps.set(kind, node);
      return node;
    };
    for (let i = 0; i < points.count; i++) {
      const x = toX(points.places[2 * i]), y = toY(points.places[2 * i + 1]);
      if (x === x && y === y) pen.drawImage(stamp(points.kinds[i]), x - side / 2, y - side / 2, side, side);
    }
  }

  // -- what a rerun may change: ellipses, path, samples; each with an edge, to be seen on pictures
  function drawMarks() {
    const now = JSON.stringify([data.ellipses, data.path, data.samples, data.x_range, data.y_range, dark, box, window.devicePixelRatio]);
    if (now === drawnMarks) return;
    drawnMarks = now;
    const pen = penOf(marks);
    clip(pen);
    pen.lineJoin = "round";
    const twice = (role, width, dash, draw) => {
      for (const [color, more, dashes] of [[ink("paper"), 3, []], [ink(role), 0, dash]]) {
        pen.strokeStyle = color;
        pen.lineWidth = width + more;
        pen.setLineDash(dashes);
        draw();
      }
      pen.setLineDash([]);
    };
    const onPane = (corners) => corners.map(([x, y]) => [toX(x), toY(y)]);
    data.ellipses.forEach((ring, i) => twice("latent", 2.5, i % 2 ? [6, 4] : [], () => line(pen, onPane(ring))));
    if (data.path.length) {
      const way = onPane(data.path), [first, last] = [way[0], way.at(-1)];
      twice("condition", 2.5, [], () => line(pen, way));
      twice("condition", 2.5, [], () => pen.strokeRect(first[0] - 5, first[1] - 5, 10, 10));
      twice("condition", 2.5, [], () => line(pen, diamond(last, 7)));
    }
    for (const spot of onPane(data.samples)) twice("sample", 2, [], () => line(pen, diamond(spot, 5)));
    pen.restore();
  }

  const diamond = ([x, y], r) => [[x, y - r], [x + r, y], [x, y + r], [x - r, y], [x, y - r], [x + r, y]];

  // -- the picture that belongs to the place
  function nearestFour() {
    const [rows, cols] = sheet.tiles;
    const share = (value, [low, high]) => (value - low) / (high - low);
    const u = clamp(share(at[0], data.x_range) * cols - 0.5, 0, cols - 1);
    const v = clamp((1 - share(at[1], data.y_range)) * rows - 0.5, 0, rows - 1);
    if (data.nearest) return [[Math.round(v), Math.round(u), 1]];
    const [col, row] = [Math.min(Math.floor(u), Math.max(cols - 2, 0)), Math.min(Math.floor(v), Math.max(rows - 2, 0))];
    const [fx, fy] = [u - col, v - row];
    return [[row, col, (1 - fx) * (1 - fy)], [row, col + 1, fx * (1 - fy)], [row + 1, col, (1 - fx) * fy], [row + 1, col + 1, fx * fy]];
  }

  function paint() {
    coming = 0;
    if (!data) return;
    const isExact = data.exact && !hand;
    // Without a sheet the newest exact picture is all there is, even where the hand has gone on.
    if (data.exact && (isExact || !sheet)) picture.put(data.exact);
    else if (sheet) picture.mix(sheet.bitmap, sheet.tile, nearestFour());
    const frame = sheet?.tile ?? data.exact?.size;
    if (frame) {
      // a wider exact picture is shown in the frame of the tiles
      const own = data.exact?.size ?? frame;
      picture.paint(data, room, own[0] * own[1] > frame[0] * frame[1] ? own : frame);
    }
    state.textContent = isExact ? "= " + data.words.exact
      : sheet ? "≈ " + (data.nearest ? data.words.nearest : data.words.blend) : "";
    state.dataset.exact = isExact ? "yes" : "no";
    const [x, y] = [toX(at[0]), toY(at[1])];
    for (const node of lines) {
      const flat = node.dataset.way === "h";
      const ends = flat ? [box.left, y, box.left + box.width, y] : [x, box.top, x, box.top + box.height];
      ["x1", "y1", "x2", "y2"].forEach((name, i) => node.setAttribute(name, ends[i]));
    }
    grip.setAttribute("transform", `translate(${x} ${y})`);
    say();
  }

  function say() {
    const where = at.map((value, i) => `${data.labels[i]} = ${digits(value, steps()[i])}`).join(", ");
    if (where === shown) return;
    shown = where;
    place.textContent = where;
    pane.setAttribute("aria-valuetext", where);
    pane.setAttribute("aria-valuenow", Number(at[0].toPrecision(6)));
  }

  const soon = () => { coming ||= requestAnimationFrame(paint); };

  // -- the hand
  function move(x, y) {
    at = [clamp(x, ...data.x_range), clamp(y, ...data.y_range)];
    hand = { number: ++asked };
    unsettled = true;
    soon();
    report("moved", true);
  }

  function settle() {
    if (!unsettled) return;
    unsettled = false;
    hand = { number: ++asked }; // a number of its own: an answer just like the last would not reach us
    report(data.settles ? "settled" : "moved", false);
  }

  /** While the hand moves: at most one report unanswered, the newest wins. At rest: at once. */
  function report(kind, throttled) {
    if (!(kind === "settled" ? data.settles : data.moves)) return;
    clearTimeout(pending);
    const now = performance.now();
    const blocked = waiting && now - waiting.since < PATIENCE ? 30 : 0;
    const wait = Math.max(GAP - (now - lastSent), blocked);
    if (throttled && wait > 0) { pending = setTimeout(() => report(kind, true), wait); return; }
    lastSent = now;
    waiting = { number: asked, since: now };
    component.setTriggerValue(kind, { x: at[0], y: at[1], number: asked });
  }

  function follow(event) {
    const frame = pane.getBoundingClientRect();
    const x = (event.clientX - frame.left - box.left) / box.width;
    const y = (event.clientY - frame.top - box.top) / box.height;
    move(data.x_range[0] + x * (data.x_range[1] - data.x_range[0]), data.y_range[1] - y * (data.y_range[1] - data.y_range[0]));
  }

  pane.onpointerdown = (event) => {
    if (event.button || held) return;
    event.preventDefault();
    pane.focus({ preventScroll: true });
    pane.setPointerCapture(event.pointerId);
    held = event.pointerId + 1; // an id may be 0
    pane.classList.add("fs-held");
    follow(event);
  };
  pane.onpointermove = (event) => { if (held === event.pointerId + 1) follow(event); };
  const release = (event) => {
    if (held !== event.pointerId + 1) return;
    held = false;
    pane.classList.remove("fs-held");
    settle();
  };
  pane.onpointerup = release;
  pane.onpointercancel = release;
  pane.onkeydown = (event) => {
    const way = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
      PageUp: [0, 10], PageDown: [0, -10], Home: [-Infinity, 0], End: [Infinity, 0],
    }[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const far = event.shiftKey && event.key.startsWith("Arrow") ? 10 : 1;
    const [dx, dy] = steps().map((step, i) => (way[i] ? way[i] * step * far : 0));
    move(at[0] + dx, at[1] + dy);
  };
  pane.onkeyup = () => { if (!held) settle(); }; // one report for a key held down
  pane.onblur = () => { if (!held) settle(); };

  // -- what stands around it
  function dress() {
    const words = data.words;
    caption.textContent = data.summary;
    picture.canvas.setAttribute("aria-label", data.summary);
    pane.setAttribute("aria-label", `${words.plane}: ${data.labels.join(", ")} (${words.keys})`);
    pane.setAttribute("aria-roledescription", words.slider);
    pane.setAttribute("aria-valuemin", data.x_range[0]);
    pane.setAttribute("aria-valuemax", data.x_range[1]);
    tools.replaceChildren(...(tools.dataset.for === words.png + data.filename ? tools.children : [saveButton(data, picture.canvas)]));
    tools.dataset.for = words.png + data.filename;
    views.hidden = !(data.points && data.sheet);
    views.setAttribute("aria-label", words.view);
    if (views.dataset.for !== words.points) {
      views.dataset.for = words.points;
      views.replaceChildren(...["points", "pictures"].map((name) => {
        const node = element("button", { type: "button", class: "fs-view", "data-view": name }, words[name]);
        node.onclick = () => { view = name; press(); drawMap(); };
        return node;
      }));
    }
    press();
  }

  function press() {
    for (const node of views.children) node.setAttribute("aria-pressed", node.dataset.view === view);
  }

  // -- a new state from the server
  function adopt(before) {
    const answer = hand && data.answered >= hand.number;
    // The page itself moved the hand: another place, and not as the answer to an older report.
    const ordered = before && data.answered === before.answered && `${data.at}` !== `${before.at}`;
    if (held || (hand && !answer && !ordered)) return;
    hand = null;
    unsettled = false;
    at = [clamp(data.at[0], ...data.x_range), clamp(data.at[1], ...data.y_range)];
  }

  function load(name, address, read, keep) {
    if (wanted[name] === address) return;
    wanted[name] = address;
    if (!address) { keep(null); return; }
    fetchOnce(home, address, read).then((value) => {
      if (wanted[name] !== address) return; // another has been asked for since
      keep(value);
      refresh();
    }).catch(() => {
      if (wanted[name] !== address) return;
      wanted[name] = "";
      state.textContent = data.words.failed;
    });
  }

  function refresh() {
    drawMap();
    drawMarks();
    soon();
  }

  function update(next) {
    const before = data;
    component = next;
    data = next.data;
    dark = isDark(root);
    if (waiting && data.answered >= waiting.number) waiting = null;
    if (!before || before.show !== data.show) view = data.show;
    if (!data.points) view = "pictures";
    else if (!data.sheet) view = "points";
    load("sheet", data.sheet, readSheet, (bitmap) => {
      sheet = bitmap && { bitmap, tiles: data.tiles, tile: data.tile, address: data.sheet };
    });
    load("points", data.points?.address ?? "", readPoints, (value) => { points = value; });
    adopt(before);
    shown = "";
    dress();
    const frame = (d) => JSON.stringify([d.x_range, d.y_range, d.size]);
    if (!before || frame(before) !== frame(data)) layout();
    drawMap();
    drawMarks();
    if (coming) cancelAnimationFrame(coming);
    paint(); // at once: the exact picture should not wait for a frame
  }

  const unwatch = whenResized(figure, () => { if (data) { layout(); refresh(); } });
  const destroy = () => { unwatch(); clearTimeout(pending); if (coming) cancelAnimationFrame(coming); };
  return { kind: "plane", update, destroy };
}

// ---- the film ------------------------------------------------------------------------------------

function makeStrip(root, home) {
  let component, data, sheet = null, frame = 0, playing = null, coming = 0, wanted = "", built = "";
  let asked = 0, shown = 0; // sheets, in the order in which they were asked for
  let slider, output, playButton;
  const picture = makePicture();
  const film = element("div", { class: "fs-film", role: "group" });
  const caption = element("figcaption", { class: "fs-summary" });
  const tools = element("div", { class: "fs-tools" });
  const figure = element("figure", { class: "fs-strip" }, picture.canvas, film, element("div", { class: "fs-foot" }, caption, tools));
  root.replaceChildren(figure);

  function paint() {
    coming = 0;
    if (!data) return;
    if (sheet) {
      const cols = data.tiles[1];
      picture.mix(sheet, data.tile, [[Math.floor(frame / cols), frame % cols, 1]]);
      picture.paint(data, Math.min(data.size, figure.clientWidth || data.size), data.tile, data.grid);
    }
    picture.canvas.dataset.frame = frame;
  }
  const soon = () => { coming ||= requestAnimationFrame(paint); };

  function build() {
    const now = JSON.stringify([data.words, data.film, data.count, data.filename]);
    if (now === built) return;
    built = now;
    stop();
    const { words } = data;
    film.hidden = data.count < 2;
    film.setAttribute("aria-label", data.film);
    slider = element("input", { type: "range", min: 0, max: data.count - 1, step: 1, class: "fs-range", "aria-label": data.film });
    slider.oninput = () => { stop(); show(Number(slider.value)); };
    slider.onchange = () => rest();
    output = element("span", { class: "fs-output" });
    const go = (name, step) => button("fs-button", words[name], icon(name), () => { stop(); show(step === 0 ? 0 : frame + step); rest(); });
    playButton = button("fs-button", words.play, icon("play"), () => { if (playing) { stop(); rest(); } else play(); });
    film.replaceChildren(go("first", 0), go("back", -1), playButton, go("next", 1), slider, output);
    tools.replaceChildren(saveButton(data, picture.canvas));
  }

  function label() {
    const text = `${data.film} ${data.names[frame]}`;
    slider.value = frame;
    slider.setAttribute("aria-valuetext", text);
    output.textContent = text;
    caption.textContent = data.summaries[frame];
    picture.canvas.setAttribute("aria-label", data.summaries[frame]);
  }

  function show(index) {
    frame = clamp(index, 0, data.count - 1);
    label();
    soon();
  }

  // Where the film rested of late: the server answers with each of these places as its `start`, and
  // a late answer must not pull the film back from where a quick hand has taken it since.
  const rested = new Map(); // frame -> when it was reported

  function rest() {
    if (!data.settles) return;
    rested.set(frame, performance.now());
    component.setTriggerValue("scrubbed", frame);
  }

  function play() {
    if (frame >= data.count - 1) show(0);
    let last = performance.now();
    const tick = (now) => {
      if (!playing) return;
      if (now - last >= data.interval) {
        last = now;
        if (frame >= data.count - 1) { stop(); rest(); return; }
        show(frame + 1);
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
    show(event.key === "Home" ? 0 : event.key === "End" ? data.count - 1 : frame + step);
    rest();
  };

  /** Which film it is, if it still grows: sheets of the same one lie alike. */
  function growing(film) {
    return film.grows ? String([film.count, film.tiles, film.tile, film.film]) : "";
  }

  function load() {
    const address = data.sheet;
    if (wanted === address) return;
    wanted = address;
    const order = ++asked, film = growing(data);
    fetchOnce(home, address, readSheet).then((value) => {
      // Another film has come since; of one that grows, a sheet that comes late is better than none.
      if (wanted !== address && !(film && film === growing(data) && order > shown)) return;
      shown = order;
      sheet = value;
      paint();
    }).catch(() => {
      if (wanted !== address) return;
      wanted = "";
      caption.textContent = data.words.failed;
    });
  }

  function update(next) {
    const before = data;
    component = next;
    data = next.data;
    const other = !before || before.sheet !== data.sheet;
    // The same film with more of it computed: neither the hand nor the old sheet has to go.
    const grown = other && before && growing(data) && growing(before) === growing(data);
    if ((other && !grown) || before.start !== data.start) {
      const echo = (!other || grown) && performance.now() - (rested.get(data.start) ?? -Infinity) < ECHO;
      if (!echo) { if (before) stop(); frame = data.start; }
    }
    frame = clamp(frame, 0, data.count - 1);
    build();
    label();
    load();
    // Until a new sheet has come, the old picture stays: its tiles may lie elsewhere.
    if (!other || grown) paint();
    else sheet = null;
  }

  const unwatch = whenResized(figure, () => { if (data) soon(); });
  const destroy = () => { stop(); unwatch(); if (coming) cancelAnimationFrame(coming); };
  return { kind: "strip", update, destroy };
}

// ---------------------------------------------------------------------------------------------------

export function mount(root, home) {
  let part = null;
  return {
    update(component) {
      const { kind } = component.data;
      if (part?.kind !== kind) {
        part?.destroy();
        part = kind === "plane" ? makePlane(root, home) : makeStrip(root, home);
      }
      part.update(component);
    },
    destroy() { part?.destroy(); part = null; root.filmstrip = undefined; },
  };
}
