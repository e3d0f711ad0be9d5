// Details: everything that is known of one cell, beside the board.
import { cells, flat, isOwnWord, nameOf, numbersOf, page, pretty, seriesOf, varied } from "./data.js";
import { frameAt, onTick } from "./clock.js";
import { copy, icon, make } from "./dom.js";
import { reelOf } from "./reel.js";
import { onChange, set, state } from "./state.js";
import { fitted, tileOf } from "./tile.js";

const panel = document.getElementById("details");
const canvas = make("canvas", { "aria-hidden": "true" });
let opened = null, shown = -1, sharp = false, heads = [];

export function openedCell() {
  return state.open === "" ? null : cells[Number(state.open)] ?? null;
}

export function closeDetails() {
  const id = state.open;
  set({ open: "" });
  document.querySelector(`.tile[data-id="${id}"] .stage`)?.focus();
}

function render() {
  const cell = openedCell();
  opened = cell;
  panel.hidden = !cell;
  document.body.classList.toggle("opens", Boolean(cell));
  if (!cell) return;
  shown = -1;
  heads = [];
  const close = make("button.tool.close", { title: "Close (Esc)", "aria-label": "Close", onclick: closeDetails }, icon("close"));
  const title = state.hide ? `Clip ${cell.id + 1}` : nameOf(cell);
  panel.replaceChildren(make("div.panel-bar", {}, make("h2", { tabindex: -1 }, title), close),
    make("div.details-body", {}, ...[view(cell), trouble(cell), ...(state.hide ? [] : told(cell))].filter(Boolean)));
}

function view(cell) {
  if (!cell.sprite) return null;
  const width = Math.min(640, Math.max(cell.width, 384));
  [canvas.width, canvas.height] = [width, Math.round(width * cell.height / cell.width)];
  const marks = ["a", "b"].map((side) => make("button.wide", { onclick: () => set({ [side]: String(cell.id) }) }, `Compare as ${side.toUpperCase()}`));
  return make("div.view", {}, canvas, make("div.buttons", {}, ...marks));
}

function trouble(cell) {
  if (cell.wrong) return make("p.alarm", {}, "Wrong clip: what is stored is not what the plan asks for. Render it again with force=true.");
  if (cell.state === "clip") return null;
  const log = cell.log ? make("pre.code", {}, cell.log.trim()) : null;
  return make("div.trouble", {}, make("p.alarm", {}, cell.reason || "No reason was recorded."), log);
}

function told(cell) {
  const parts = [];
  if (cell.prompt) parts.push(part("Prompt", make("p.prompt", {}, cell.prompt)));
  if (varied.length) parts.push(part("Axes", pairs(varied.map((axis) => [axis.name, cell.coordinates[axis.name]]))));
  if (Object.keys(numbersOf(cell)).length) parts.push(part("Metrics", numbers(cell)));
  for (const [name, values] of Object.entries(seriesOf(cell))) parts.push(chart(name, values));
  const own = cell.overrides.filter(isOwnWord), rest = cell.overrides.filter((word) => !isOwnWord(word));
  if (cell.overrides.length) {
    parts.push(part("Overrides", make("div.words", {}, ...own.map((word) => make("code.own", {}, word)), ...rest.map((word) => make("code", {}, word)))));
    const code = make("pre.code", {}, cell.command);
    parts.push(part("As a command", make("div", {}, code, make("button.wide", { id: "copy", onclick: () => copy(cell.command, code) }, "Copy"))));
  }
  parts.push(part("Clip", pairs(made(cell))));
  const config = Object.entries(flat(cell.config));
  if (config.length) parts.push(make("details", { open: false }, make("summary", {}, `Whole configuration (${config.length} values)`), pairs(config)));
  return parts;
}

function made(cell) {
  const seconds = Object.entries(cell.seconds).map(([stage, time]) => [`${stage} time`, `${time.toFixed(2)} s`]);
  const size = cell.frames ? [["frames", `${cell.frames} at ${pretty(cell.fps)} fps`], ["size", `${cell.width} × ${cell.height}`]] : [];
  const source = cell.rendered === null ? [] : [["frames came from", cell.rendered ? "this render" : "the store"]];
  const sweep = page.sweeps[cell.sweep];
  return [...size, ...source, ...seconds, ...(cell.finished ? [["finished", cell.finished]] : []), ["sweep", `${sweep.name}/${sweep.key}`],
    ...(cell.folder ? [["folder", cell.folder]] : []), ...Object.entries(cell.environment)];
}

function numbers(cell) {
  const before = cell.metrics.before_post, after = numbersOf(cell);
  const row = (name) => make("tr", {}, make("th", { scope: "row", title: name }, name), ...(before ? [make("td", {}, pretty(before[name]))] : []), make("td", {}, pretty(after[name])));
  const head = before ? [make("thead", {}, make("tr", {}, make("td"), make("th", { scope: "col" }, "before post"), make("th", { scope: "col" }, "final")))] : [];
  return make("table.numbers", {}, ...head, make("tbody", {}, ...Object.keys(after).sort().map(row)));
}

/** A series over the frames as a line, with the frame that is seen. */
function chart(name, values) {
  const space = "http://www.w3.org/2000/svg", low = Math.min(...values), high = Math.max(...values), tall = high - low || 1;
  const points = values.map((value, place) => `${(place / (values.length - 1) * 300).toFixed(1)},${(44 - (value - low) / tall * 40).toFixed(1)}`);
  const drawing = document.createElementNS(space, "svg"), line = document.createElementNS(space, "polyline"), now = document.createElementNS(space, "line");
  drawing.setAttribute("viewBox", "0 0 300 48");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `${name} over the frames, from ${pretty(low)} to ${pretty(high)}`);
  line.setAttribute("points", points.join(" "));
  for (const [key, value] of Object.entries({ y1: 0, y2: 48, class: "now" })) now.setAttribute(key, value);
  drawing.append(now, line);
  heads.push((frame) => {
    const x = Math.min(frame / (values.length - 1), 1) * 300;
    now.setAttribute("x1", x);
    now.setAttribute("x2", x);
  });
  return part(name, make("div.chart", {}, drawing, make("span.quiet", {}, `${pretty(low)} to ${pretty(high)}`)));
}

function pairs(list) {
  return make("dl.pairs", {}, ...list.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value ?? "–"))]));
}

function part(title, body) {
  return make("section.part", {}, make("h3", {}, title), body);
}

onTick((seconds) => {
  if (!opened?.sprite) return;
  const frame = frameAt(opened, seconds), reel = reelOf(opened);
  if (!reel.ready(0, true) || (frame === shown && sharp === Boolean(reel.sheets))) return;
  [shown, sharp] = [frame, Boolean(reel.sheets)];
  reel.draw(canvas.getContext("2d"), frame, ...fitted(opened.sprite, canvas));
  for (const head of heads) head(frame);
});

export function openDetails() {
  onChange((keys) => {
    if (!keys.has("open") && !keys.has("hide")) return;
    render();
    if (keys.has("open") && opened) {
      panel.querySelector("h2").focus({ preventScroll: true });
      panel.querySelector(".details-body").scrollTop = 0;
      tileOf(opened).element.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  });
  render();
}
