// Tools: axes, order, colour, filter and looks, at the head of the page.
import { axisNamed, cells, metricNames, page, varied } from "./data.js";
import { constants } from "./board.js";
import { choice, icon, make } from "./dom.js";
import { pretty } from "./data.js";
import { span } from "./sift.js";
import { onChange, set, state } from "./state.js";

const tools = document.getElementById("tools");
const names = varied.map((axis) => [axis.name, axis.name]);
const select = {};
const legend = make("span.legend", { hidden: true });
const filter = make("input.filter", {
  type: "search", placeholder: "Filter  cfg=7  fox", "aria-label": "Filter clips, as in cfg=7 motion_amount>0.1 is:failed fox",
  oninput: () => set({ q: filter.value.trim() }),
});

function build() {
  const orders = [["", "Table"], ["plan", "List"], ...metricNames.flatMap((name) => [[`-${name}`, `${name} ↓`], [name, `${name} ↑`]])];
  const parts = [];
  if (varied.length > 1) {
    parts.push(["x", "Columns", [...names, ["", "none"]]], ["y", "Rows", [...names, ["", "none"]]]);
  }
  if (cells.length > 1) parts.push(["order", "Order", varied.length ? orders : orders.slice(1)]);
  if (metricNames.length) parts.push(["heat", "Colour", [["", "none"], ...metricNames.map((name) => [name, name])]]);
  for (const [key, label, options] of parts) {
    select[key] = choice(label, options, state[key], (value) => set(key === "x" || key === "y" ? axis(key, value) : { [key]: value }));
  }
  const hide = make("button.tool", { id: "hide", title: "Hide values (v)", "aria-label": "Hide values", onclick: () => set({ hide: state.hide ? "" : "1" }) }, icon("eye"));
  const theme = make("button.tool", { title: "Light or dark (t)", "aria-label": "Light or dark", onclick: flip }, icon("theme"));
  const help = make("button.tool", { id: "ask", title: "Keyboard (?)", "aria-label": "Keyboard shortcuts" }, "?");
  tools.replaceChildren(...Object.values(select), legend, filter, hide, theme, help);
}

/** An axis goes to columns or rows; the one that stood there takes its old place. */
export function axis(side, value) {
  const other = side === "x" ? "y" : "x";
  return state[other] === value && value ? { [side]: value, [other]: state[side] } : { [side]: value };
}

/** The next choice of a list: axes, colours. */
export function cycle(key, values) {
  const next = values[(values.indexOf(state[key]) + 1) % values.length];
  set(key === "x" || key === "y" ? axis(key, next) : { [key]: next });
}

export function flip() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = state.theme || (dark ? "dark" : "light");
  set({ theme: now === "dark" ? "light" : "dark" });
}

export function focusFilter() {
  filter.focus();
  filter.select();
}

export function refresh() {
  for (const [key, label] of Object.entries(select)) label.querySelector("select").value = state[key];
  if (document.activeElement !== filter) filter.value = state.q;
  document.documentElement.dataset.theme = state.theme;
  document.getElementById("hide").setAttribute("aria-pressed", String(Boolean(state.hide)));
  const found = state.heat && !state.hide ? span(state.heat) : null;
  legend.hidden = !found;
  if (found) legend.replaceChildren(make("span", {}, pretty(found[0])), make("i.ramp", { "aria-hidden": "true" }), make("span", {}, pretty(found[1])));
}

function summary() {
  const count = (test) => cells.filter(test).length, clips = count((cell) => cell.state === "clip");
  const others = ["failed", "unreadable", "excluded", "invalid", "missing"].map((name) => [count((cell) => cell.state === name), name]);
  const named = { excluded: "left out", missing: "not rendered" };
  const rates = [...new Set(cells.filter((cell) => cell.sprite).map((cell) => cell.fps))].sort((a, b) => a - b);
  const wrong = count((cell) => cell.wrong), parts = [`${clips} clip${clips === 1 ? "" : "s"}`];
  for (const [number, name] of others) if (number) parts.push(`${number} ${named[name] ?? name}`);
  if (rates.length) parts.push(`${rates.map(pretty).join(" and ")} fps`);
  if (page.sweeps.length > 1) parts.push(`${page.sweeps.length} sweeps`);
  parts.push(...constants());
  const line = document.getElementById("summary");
  line.replaceChildren(parts.join("  ·  "));
  if (wrong) line.append("  ·  ", make("b.alarm", {}, `${wrong} wrong clip${wrong === 1 ? "" : "s"}`));
  document.getElementById("said").textContent = page.said;
}

export function openTools() {
  build();
  summary();
  refresh();
  onChange(refresh);
}

export const xs = varied.map((found) => found.name).filter(axisNamed);
