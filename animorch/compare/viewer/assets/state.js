// What is shown and how, in one object that is also the address's hash. No storage: a page in a sandbox has none.
import { cells, varied } from "./data.js";

const last = varied.at(-1)?.name ?? "";
const isTable = varied.length > 1 && cells.every((cell) => varied.every((axis) => axis.values.includes(cell.coordinates[axis.name])));
const usual = {
  x: last, y: varied.at(-2)?.name ?? "", order: isTable ? "" : "plan", q: "", heat: "", zoom: "1", hide: "", theme: "",
  t: "", speed: "1", loop: "1", a: "", b: "", mode: "", mix: "0.5", open: "", at: "",
};
const listeners = [];
export const state = { ...usual, pick: {} };

/** Change some keys; those who listen are told which. */
export function set(changes) {
  const keys = Object.keys(changes).filter((key) => !same(state[key], changes[key]));
  if (!keys.length) return;
  Object.assign(state, changes);
  tell(new Set(keys));
  later();
}

export function onChange(listener) {
  listeners.push(listener);
}

function tell(keys) {
  for (const listener of listeners) listener(keys);
}

function same(one, other) {
  return typeof one === "object" ? JSON.stringify(one) === JSON.stringify(other) : one === other;
}

function encoded() {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(usual)) if (state[key] !== value) words.set(key, state[key]);
  for (const [axis, value] of Object.entries(state.pick)) words.set(`in.${axis}`, value);
  return words.toString();
}

function decoded(hash) {
  const words = new URLSearchParams(hash.replace(/^#/, "")), found = { ...usual, pick: {} };
  for (const [key, value] of words) {
    if (key.startsWith("in.")) found.pick[key.slice(3)] = value;
    else if (key in usual) found[key] = value;
  }
  const names = ["", ...varied.map((axis) => axis.name)];
  for (const key of ["x", "y"]) if (!names.includes(found[key])) found[key] = usual[key];
  return found;
}

let waiting = 0, written = null;

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(write, 120);
}

function write() {
  written = encoded();
  try {
    history.replaceState(null, "", written ? `#${written}` : location.pathname + location.search);
  } catch {
    try { location.hash = written; } catch { /* a sandbox without an address: the state lives as long as the page */ }
  }
}

export function readHash() {
  Object.assign(state, decoded(location.hash));
}

addEventListener("hashchange", () => {
  if (location.hash.replace(/^#/, "") === written) return;
  readHash();
  tell(new Set([...Object.keys(usual), "pick"]));
});
