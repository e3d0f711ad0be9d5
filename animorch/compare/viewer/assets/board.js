// Board: the cells as a table over two axes, or as a list; and the tabs of the axes beyond.
import { axes, axisNamed, cells, labelOf, varied } from "./data.js";
import { make } from "./dom.js";
import { matcher, ordered } from "./sift.js";
import { onChange, set, state } from "./state.js";
import { tileOf } from "./tile.js";

const GAP = 12, HEAD = 148, NARROW = 680, LARGEST = 440, SMALLEST = 96, LISTED = 132, PHONE = 104;
const main = document.getElementById("main"), board = document.getElementById("board"), tabs = document.getElementById("tabs");
const clips = cells.filter((cell) => cell.width);
const aspect = clips.length ? Math.max(...clips.map((cell) => cell.width)) / Math.max(...clips.map((cell) => cell.height)) : 1;

/** Axes that are neither columns nor rows. */
function further() {
  return varied.filter((axis) => axis.name !== state.x && (axis.name !== state.y || !axisNamed(state.y)));
}

/** The tab of a further axis: one of its values, or "*" for all, as rows. */
export function picked(axis) {
  const value = state.pick[axis.name];
  return value === "*" || axis.values.includes(value) ? value : axis.values[0];
}

export function show() {
  const focused = document.activeElement?.closest?.(".tile")?.dataset.id;
  const matches = matcher(state.q);
  if (state.order) list(ordered(state.order).filter(matches));
  else table(matches);
  document.body.classList.toggle("hides", Boolean(state.hide));
  const shown = board.querySelectorAll(".tile:not(.is-out)").length;
  document.getElementById("nothing").hidden = shown > 0;
  rove();
  if (focused !== undefined) board.querySelector(`.tile[data-id="${focused}"] .stage`)?.focus({ preventScroll: true });
  showTabs();
}

/** One tile of the board can be reached with Tab; the arrows go on from there. */
export function rove() {
  const stages = [...board.querySelectorAll(".tile:not(.is-out) .stage")];
  const at = stages.find((stage) => stage.parentElement.dataset.id === state.at) ?? stages[0];
  for (const stage of stages) stage.tabIndex = stage === at ? 0 : -1;
}

function room() {
  const style = getComputedStyle(main);
  return [main.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight), main.clientHeight - 72];
}

function list(chosen) {
  const [width, height] = room(), extra = 34, least = width < NARROW ? PHONE : LISTED, zoom = Number(state.zoom);
  let columns = 1, size = Math.min(width, LARGEST);
  const fits = () => Math.ceil(chosen.length / columns) * (size / aspect + extra + GAP) <= height;
  while (!fits() && columns < 24) {
    const next = Math.floor((width - columns * GAP) / (columns + 1));
    if (next < least) break;
    [columns, size] = [columns + 1, Math.min(next, LARGEST)];
  }
  size = Math.floor(Math.min(size * zoom, width));
  const tiles = chosen.map((cell) => tileOf(cell));
  for (const tile of tiles) {
    tile.dress(size, aspect, true);
    tile.element.classList.remove("is-out");
  }
  board.className = "board is-list";
  board.style.setProperty("--cell", `${size}px`);
  board.replaceChildren(...tiles.map((tile) => tile.element));
}

function table(matches) {
  const across = axisNamed(state.x), down = axisNamed(state.y) === across ? undefined : axisNamed(state.y);
  const starred = further().filter((axis) => picked(axis) === "*"), single = further().filter((axis) => picked(axis) !== "*");
  const groups = [...starred, ...(down ? [down] : [])];
  const chosen = cells.filter((cell) => single.every((axis) => cell.coordinates[axis.name] === picked(axis)));
  const columns = across?.values ?? [null], rows = product(groups);
  const size = fit(columns.length, rows.length, groups.length > 0);
  board.className = groups.length ? "board is-table has-rows" : "board is-table";
  board.style.setProperty("--cell", `${size}px`);
  board.style.setProperty("--columns", columns.length);
  const parts = across ? [make("div.corner"), ...columns.map((value) => head("columns", [[across, value]]))] : [];
  for (const row of rows) {
    if (groups.length) parts.push(head("rows", groups.map((axis, place) => [axis, row[place]])));
    for (const value of columns) {
      const here = chosen.filter((cell) => (!across || cell.coordinates[across.name] === value)
        && groups.every((axis, place) => cell.coordinates[axis.name] === row[place]));
      parts.push(make("div.slot", {}, ...here.map((cell) => placed(cell, size, matches))));
    }
  }
  board.replaceChildren(...parts);
}

function placed(cell, size, matches) {
  const tile = tileOf(cell);
  tile.dress(size, aspect, false);
  tile.element.classList.toggle("is-out", !matches(cell));
  return tile.element;
}

/** Width of a cell: the whole table in sight where its clips stay readable, else scrolled. */
function fit(columns, rows, headed) {
  const [width, height] = room(), narrow = width < NARROW, caption = state.heat ? 30 : 0;
  const across = (width - (headed && !narrow ? HEAD + GAP : 0) - (columns - 1) * GAP) / columns;
  const below = ((height - 8) / rows - GAP - caption) * aspect;
  const size = Math.min(across, Math.max(below, narrow ? across : 184), LARGEST);
  return Math.floor(Math.max(size, SMALLEST) * Number(state.zoom));
}

function head(kind, pairs) {
  const lines = pairs.map(([axis, value]) => make("span.value", { title: state.hide ? null : `${axis.name} ${value}` },
    make("span.quiet", {}, `${axis.name} `), make("b", {}, state.hide ? "•••" : labelOf(axis, value))));
  return make(`div.${kind}`, {}, make("div.inner", {}, ...lines));
}

function product(list) {
  return list.reduce((rows, axis) => rows.flatMap((row) => axis.values.map((value) => [...row, value])), [[]]);
}

function showTabs() {
  const beyond = state.order ? [] : further();
  tabs.hidden = !beyond.length;
  const focused = document.activeElement?.dataset?.tab;
  tabs.replaceChildren(...beyond.map((axis) => make("div.tab-group", { role: "radiogroup", "aria-label": axis.name },
    make("span.quiet", {}, axis.name), ...[...axis.values, "*"].map((value) => tab(axis, value)))));
  if (focused) tabs.querySelector(`[data-tab="${CSS.escape(focused)}"]`)?.focus();
}

function tab(axis, value) {
  const text = value === "*" ? "All, as rows" : state.hide ? "•••" : labelOf(axis, value);
  return make("button.tab", {
    role: "radio", "aria-checked": String(picked(axis) === value), "data-tab": `${axis.name}=${value}`, title: value === "*" ? text : value,
    onclick: () => set({ pick: { ...state.pick, [axis.name]: value } }),
  }, text);
}

/** To the next or previous tab of the first further axis. */
export function turn(by) {
  const axis = state.order ? undefined : further()[0];
  if (!axis) return;
  const values = [...axis.values, "*"], now = values.indexOf(picked(axis));
  set({ pick: { ...state.pick, [axis.name]: values[(now + by + values.length) % values.length] } });
}

/** Tell which axes have one value only. */
export function constants() {
  return axes.filter((axis) => axis.values.length === 1).map((axis) => `${axis.name} ${axis.values[0]}`);
}

const shape = new Set(["x", "y", "pick", "order", "q", "heat", "zoom", "hide"]);
onChange((keys) => {
  if ([...keys].some((key) => shape.has(key))) show();
  else if (keys.has("at")) rove();
  for (const element of board.querySelectorAll(".tile")) tileOf(cells[Number(element.dataset.id)]).mark();
});

let told = 0;
new ResizeObserver(() => {
  cancelAnimationFrame(told);
  told = requestAnimationFrame(show);
}).observe(main);
