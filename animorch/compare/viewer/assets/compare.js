// Compare: two cells in one place, as a slider, their difference, blinking, as onion skin, or side by side.
import { cells, flat, nameOf, numbersOf, page, pretty, shortOf } from "./data.js";
import { frameAt, onTick } from "./clock.js";
import { calm, choice, icon, make } from "./dom.js";
import { difference } from "./difference.js";
import { reelOf } from "./reel.js";
import { onChange, set, state } from "./state.js";
import { fitted } from "./tile.js";

export const MODES = [["slider", "Slider"], ["difference", "Difference ×16"], ["blink", "Blink"], ["onion", "Onion skin"], ["side", "Side by side"]];
const BLINK = 600; // milliseconds that each of the two is seen
const panel = document.getElementById("compare");
const clips = cells.filter((cell) => cell.sprite);
const canvas = make("canvas", { id: "compare-canvas", role: "img" });
const stage = make("div.versus-stage", {}, canvas);
const mix = make("input.scrub", { id: "mix", type: "range", min: 0, max: 1, step: 0.01, "aria-label": "How much of A", oninput: () => set({ mix: mix.value }) });
const note = make("p.note.quiet"), facts = make("div.facts");
let other = false, came = null, fresh = true;

export function isComparing() {
  return Boolean(state.mode && pair());
}

function pair() {
  const found = ["a", "b"].map((side) => clips.find((cell) => String(cell.id) === state[side]));
  return found[0] && found[1] ? found : null;
}

/** Open with what is chosen; what is not is taken from the cell in focus and its neighbour. */
export function openCompare(mode = "slider") {
  if (clips.length < 2) return;
  const changes = { mode }, free = (taken) => clips.find((cell) => String(cell.id) !== taken);
  const focused = clips.find((cell) => String(cell.id) === state.at);
  const a = state.a || String((focused && String(focused.id) !== state.b ? focused : free(state.b)).id);
  const after = clips[(clips.findIndex((cell) => String(cell.id) === a) + 1) % clips.length];
  Object.assign(changes, { a, b: state.b || String((String(after.id) === a ? free(a) : after).id), open: "" });
  set(changes);
}

export function closeCompare() {
  set({ mode: "" });
}

/** The slider or the onion skin by some part; blinking shows the other one. */
export function shift(by) {
  if (state.mode === "blink") { other = !other; fresh = true; } else set({ mix: String(Math.min(Math.max(Number((Number(state.mix) + by).toFixed(2)), 0), 1)) });
}

function render() {
  const both = pair(), opened = Boolean(state.mode && both);
  if (opened && panel.hidden) came = document.activeElement;
  const back = !opened && !panel.hidden;
  panel.hidden = !opened;
  document.body.classList.toggle("compares", opened);
  fresh = true;
  if (back && came?.isConnected) came.focus();
  if (!opened) return;
  mix.value = state.mix;
  mix.style.setProperty("--done", state.mix);
  mix.hidden = !["slider", "onion"].includes(state.mode);
  canvas.setAttribute("aria-label", `${MODES.find(([mode]) => mode === state.mode)?.[1]}: A ${nameOf(both[0])}; B ${nameOf(both[1])}`);
  const focused = panel.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  panel.replaceChildren(bar(), make("div.versus-body", {}, make("div.versus-view", {}, stage, mix, note), facts));
  facts.replaceChildren(...table(...both));
  if (focused || came === null || !panel.contains(document.activeElement)) {
    (panel.querySelector(`[data-key="${focused}"]`) ?? panel.querySelector('[aria-checked="true"]'))?.focus();
  }
}

function bar() {
  const options = clips.map((cell) => [String(cell.id), state.hide ? `Clip ${cell.id + 1}` : shortOf(cell)]);
  const modes = MODES.map(([mode, text], place) => make("button.tab", {
    role: "radio", "aria-checked": String(state.mode === mode), "data-key": mode, title: `${text} (${place + 1})`, onclick: () => set({ mode }),
  }, text));
  return make("div.panel-bar", {}, choice("A", options, state.a, (a) => set({ a })),
    make("button.tool", { title: "Swap A and B (s)", "aria-label": "Swap A and B", "data-key": "swap", onclick: () => set({ a: state.b, b: state.a }) }, icon("swap")),
    choice("B", options, state.b, (b) => set({ b })),
    make("div.tab-group", { role: "radiogroup", "aria-label": "How to compare" }, ...modes),
    make("button.tool.close", { title: "Close (Esc)", "aria-label": "Close", "data-key": "close", onclick: closeCompare }, icon("close")));
}

function table(a, b) {
  if (state.hide) return [make("p.quiet", {}, "Values are hidden.")];
  const row = (name, one, two, third, kind = "") => make(`tr${kind}`, {}, make("th", { scope: "row", title: name }, name), make("td", {}, one), make("td", {}, two), make("td", {}, third));
  const [left, right] = [numbersOf(a), numbersOf(b)], [one, two] = [flat(a.config), flat(b.config)];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  const numbers = names.map((name) => row(name, pretty(left[name]), pretty(right[name]), name in left && name in right ? signed(right[name] - left[name]) : "–"));
  const keys = [...new Set([...Object.keys(one), ...Object.keys(two)])].filter((key) => one[key] !== two[key]);
  const set_ = keys.map((key) => make("div.differs", {}, make("span.quiet", {}, key), make("span", {}, make("span.chip.a", {}, "A"), one[key] ?? "–"), make("span", {}, make("span.chip.b", {}, "B"), two[key] ?? "–")));
  const head = make("tr", {}, make("td"), ...["A", "B", "B − A"].map((text) => make("th", { scope: "col" }, text)));
  return [make("h2", {}, "What differs"), ...(set_.length ? set_ : [make("p.quiet", {}, "Nothing in the configuration.")]),
    ...(numbers.length ? [make("h2", {}, "Metrics"), make("table.numbers", {}, make("thead", {}, head), make("tbody", {}, ...numbers))] : [])];
}

function signed(value) {
  return `${value > 0 ? "+" : value < 0 ? "−" : "±"}${pretty(Math.abs(value))}`;
}

/** Size the canvas to its stage; the picture's own shape, twice as wide side by side. */
function sized([a, b]) {
  const ratio = Math.min(devicePixelRatio || 1, 2), wide = state.mode === "side" ? 2 : 1;
  const shape = { width: Math.max(a.width, b.width) * wide, height: Math.max(a.height, b.height) };
  const [, , width, height] = fitted(shape, { width: stage.clientWidth, height: stage.clientHeight });
  if (canvas.width === Math.round(width * ratio) && canvas.height === Math.round(height * ratio)) return;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  mix.style.width = `${width}px`;
  fresh = true;
}

let before = "";
onTick((seconds, now) => {
  const both = panel.hidden ? null : pair();
  if (!both) return;
  sized(both);
  const reels = both.map(reelOf), ready = reels.every((reel, place) => reel.ready(0, true) && (reel.sheets || reel.small));
  if (!ready) return;
  const places = both.map((cell) => frameAt(cell, seconds)), second = state.mode === "blink" && (calm.matches ? other : other !== (Math.floor(now / BLINK) % 2 === 1));
  const moment = [...places, second, reels.map((reel) => Boolean(reel.sheets))].join();
  if (!fresh && moment === before) return;
  [before, fresh] = [moment, false];
  paint(reels, places, second);
  canvas.dataset.frames = places.join();
  canvas.dataset.seen = second ? "b" : "a";
});

function paint(reels, places, second) {
  const context = canvas.getContext("2d"), { width, height } = canvas, split = Math.round(Number(state.mix) * width);
  const whole = { width, height }, box = (reel, room = whole) => fitted(reel.cell, room);
  context.clearRect(0, 0, width, height);
  note.textContent = page.said;
  if (state.mode === "difference") return differ(context, reels, places, box(reels[0]));
  if (state.mode === "side") {
    const half = { width: Math.floor(width / 2) - 3, height }, right = box(reels[1], half);
    reels[0].draw(context, places[0], ...box(reels[0], half));
    reels[1].draw(context, places[1], right[0] + Math.ceil(width / 2) + 3, ...right.slice(1));
  } else if (state.mode === "blink") {
    reels[Number(second)].draw(context, places[Number(second)], ...box(reels[Number(second)]));
  } else if (state.mode === "onion") {
    reels[1].draw(context, places[1], ...box(reels[1]));
    context.globalAlpha = Number(state.mix);
    reels[0].draw(context, places[0], ...box(reels[0]));
    context.globalAlpha = 1;
  } else {
    cut(context, 0, split, height, () => reels[0].draw(context, places[0], ...box(reels[0])));
    cut(context, split, width - split, height, () => reels[1].draw(context, places[1], ...box(reels[1])));
    context.fillStyle = "#fff";
    context.fillRect(split - 1, 0, 2, height);
  }
  sign(context, second);
}

function differ(context, reels, places, box) {
  const found = difference(reels, places, 16);
  context.imageSmoothingEnabled = false;
  context.drawImage(found.canvas, ...box);
  note.textContent = `Mean difference ${found.mean.toFixed(2)} of 255, largest ${found.most}. ${page.said}`;
}

function cut(context, x, width, height, draw) {
  context.save();
  context.beginPath();
  context.rect(x, 0, width, height);
  context.clip();
  draw();
  context.restore();
}

/** Which picture is where: A left, B right, or the one that is seen. */
function sign(context, second) {
  const ratio = Math.min(devicePixelRatio || 1, 2), size = 22 * ratio, edge = 10 * ratio;
  const letter = (text, x) => {
    context.fillStyle = "rgb(15 17 21 / .72)";
    context.beginPath();
    context.roundRect(x, edge, size, size, 5 * ratio);
    context.fill();
    context.fillStyle = "#fff";
    context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    [context.textAlign, context.textBaseline] = ["center", "middle"];
    context.fillText(text, x + size / 2, edge + size / 2 + ratio / 2);
  };
  if (state.mode === "blink") return letter(second ? "B" : "A", edge);
  if (state.mode === "onion") return undefined;
  letter("A", edge);
  return letter("B", canvas.width - edge - size);
}

function drag(event) {
  if (!(event.buttons & 1) || !["slider", "onion"].includes(state.mode)) return;
  const box = canvas.getBoundingClientRect();
  set({ mix: String(Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1).toFixed(3)) });
}

export function openPanel() {
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (state.mode === "blink") shift(0);
    drag(event);
  });
  canvas.addEventListener("pointermove", drag);
  const shape = new Set(["a", "b", "mode", "hide"]);
  onChange((keys) => {
    if ([...keys].some((key) => shape.has(key))) render();
    if (keys.has("mix")) {
      mix.value = state.mix;
      mix.style.setProperty("--done", state.mix);
    }
    fresh = true;
  });
  render();
}
