// Keys: everything that a mouse can do, and the page that says so.
import { metricNames, varied } from "./data.js";
import { turn } from "./board.js";
import { length, rate } from "./clock.js";
import { closeCompare, isComparing, MODES, openCompare, shift } from "./compare.js";
import { closeDetails, openedCell } from "./details.js";
import { faster, go, nudge, toggle } from "./dock.js";
import { make } from "./dom.js";
import { set, state } from "./state.js";
import { cycle, flip, focusFilter } from "./tools.js";

const names = varied.map((axis) => axis.name);
const help = document.getElementById("help");
const lists = [
  ["Play", [["Space", "play or pause"], [", .", "frame back, forth"], ["Home End", "first, last frame"], ["[ ]", "slower, faster"], ["l", "loop"]]],
  ["Clips", [["← ↑ → ↓", "go to a clip"], ["Enter", "details"], ["a b", "choose as A, as B"], ["c", "compare A and B"], ["Esc", "close"]]],
  ["Compare", [["1 … 5", "slider, difference ×16, blink, onion skin, side by side"], ["← →", "move the slider or the mix; show the other"], ["s", "swap A and B"]]],
  ["Table", [["x y", "next axis for columns, for rows"], ["PgUp PgDn", "previous, next tab"], ["o", "table or list"], ["h", "next metric as colour"], ["/", "filter"], ["+ −", "larger, smaller"]]],
  ["Page", [["v", "hide values"], ["t", "light or dark"], ["?", "this list"]]],
];

function buildHelp() {
  const groups = lists.map(([title, rows]) => make("section", {}, make("h3", {}, title), make("dl", {}, ...rows.flatMap(([keys, text]) => [
    make("dt", {}, ...keys.split(" ").filter((key) => key !== "…").map((key) => make("kbd", {}, key))), make("dd", {}, text),
  ]))));
  const syntax = make("p.quiet", {}, "A filter takes words, axis=value, metric>number, is:failed, is:skipped and is:wrong. The address keeps all that is chosen: copy it to share a view.");
  help.replaceChildren(make("h2", {}, "Keyboard"), make("div.groups", {}, ...groups), syntax, make("button.wide", { onclick: () => help.close() }, "Close"));
}

function zoom(by) {
  set({ zoom: String(Math.min(Math.max(Number(state.zoom) * by, 0.4), 4).toFixed(2) / 1) });
}

/** The nearest clip in a direction, as it lies on the screen. */
function move(x, y) {
  const stages = [...document.querySelectorAll(".tile:not(.is-out) .stage")], middle = (element) => {
    const box = element.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const from = document.activeElement?.matches?.(".stage") ? document.activeElement : null;
  const start = stages.find((stage) => stage.parentElement.dataset.id === state.at) ?? stages[0];
  if (!from) return start && reach(start);
  const [left, top] = middle(from), ways = stages.filter((stage) => stage !== from).map((stage) => {
    const [right, low] = middle(stage), along = (right - left) * x + (low - top) * y, aside = Math.abs((right - left) * y) + Math.abs((low - top) * x);
    return [along, aside, stage];
  }).filter(([along, aside]) => along > 8 && aside <= along * 2);
  ways.sort((one, other) => one[0] + one[1] * 3 - other[0] - other[1] * 3);
  if (ways.length) reach(ways[0][2]);
}

function reach(stage) {
  stage.focus();
  stage.scrollIntoView({ block: "nearest", inline: "nearest" });
  const id = stage.parentElement.dataset.id;
  set(openedCell() ? { at: id, open: id } : { at: id });
}

function escape() {
  if (help.open) return help.close();
  if (isComparing()) return closeCompare();
  if (openedCell()) return closeDetails();
  return set({ q: "" });
}

function arrow(x, y) {
  if (isComparing()) shift((x - y) * 0.02); else move(x, y);
}

function choose(side) {
  const chosen = document.activeElement?.closest?.(".tile")?.dataset.id ?? (state.open || state.at);
  if (chosen !== "") set({ [side]: state[side] === chosen ? "" : chosen });
}

const actions = {
  " ": () => toggle(), ",": () => nudge(-1), ".": () => nudge(1), Home: () => go(0), End: () => go(Math.round(length * rate) - 1),
  "[": () => faster(-1), "]": () => faster(1), l: () => set({ loop: state.loop ? "" : "1" }),
  ArrowLeft: () => arrow(-1, 0), ArrowRight: () => arrow(1, 0), ArrowUp: () => arrow(0, -1), ArrowDown: () => arrow(0, 1),
  a: () => choose("a"), b: () => choose("b"), c: () => (isComparing() ? closeCompare() : openCompare()),
  s: () => set({ a: state.b, b: state.a }), Escape: escape,
  x: () => cycle("x", names), y: () => cycle("y", names), PageUp: () => turn(-1), PageDown: () => turn(1),
  o: () => set({ order: state.order ? "" : "plan" }), h: () => cycle("heat", ["", ...metricNames]), "/": focusFilter,
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8),
  v: () => set({ hide: state.hide ? "" : "1" }), t: flip, "?": () => (help.open ? help.close() : help.showModal()),
  ...Object.fromEntries(MODES.map(([mode], place) => [String(place + 1), () => (isComparing() ? set({ mode }) : openCompare(mode))])),
};

function typed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target, writes = target.matches("input[type=search], select"), slides = target.matches("input[type=range]");
  if (writes && event.key === "Escape") return target.blur();
  if (writes || (help.open && event.key !== "?")) return;
  if (slides && /^(Arrow|Home|End|Page)/.test(event.key)) return;
  if (event.key === " " && target.matches("button:not(.stage), summary")) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

export function openKeys() {
  buildHelp();
  document.getElementById("ask").addEventListener("click", () => help.showModal());
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector(".tile .stage[tabindex='0']")?.focus();
  });
  addEventListener("keydown", typed);
  addEventListener("keyup", (event) => { if (event.key === " " && event.target.matches?.(".stage")) event.preventDefault(); });
}
