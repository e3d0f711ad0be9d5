// Sift: which cells a filter leaves, and in which order they are listed.
import { cells, nameOf, numbersOf } from "./data.js";

const compare = {
  "=": (one, other) => one === other, "!=": (one, other) => one !== other,
  ">": (one, other) => one > other, "<": (one, other) => one < other,
  ">=": (one, other) => one >= other, "<=": (one, other) => one <= other,
};

/** Does a cell match every term: `cfg=7`, `motion_amount>0.1`, `is:failed`, or a word of its name or prompt? */
export function matcher(query) {
  const terms = (query.match(/[^\s"]*"[^"]*"|\S+/g) ?? []).map(test);
  return (cell) => terms.every((matches) => matches(cell));
}

function test(term) {
  const bare = term.replaceAll('"', "").toLowerCase();
  if (bare.startsWith("is:")) return (cell) => isA(cell, bare.slice(3));
  const parts = /^([\w./-]+)(>=|<=|!=|=|>|<)(.+)$/.exec(bare);
  if (!parts) return (cell) => `${nameOf(cell)} ${cell.prompt}`.toLowerCase().includes(bare);
  const [, name, sign, wanted] = parts;
  return (cell) => {
    const found = cell.coordinates[name] ?? numbersOf(cell)[name];
    if (found === undefined) return false;
    const numeric = found !== "" && !Number.isNaN(Number(found)) && !Number.isNaN(Number(wanted));
    return numeric ? compare[sign](Number(found), Number(wanted)) : compare[sign](String(found).toLowerCase(), wanted);
  };
}

function isA(cell, word) {
  if (word === "wrong") return cell.wrong;
  if (word === "skipped") return ["excluded", "invalid"].includes(cell.state);
  return cell.state === word;
}

/** Every cell in the order asked: "plan", "metric" upwards or "-metric" downwards; without a number last. */
export function ordered(order) {
  const down = order.startsWith("-"), metric = order.replace(/^-/, "");
  if (metric === "plan" || !metric) return [...cells];
  const value = (cell) => numbersOf(cell)[metric];
  return [...cells].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    return (down ? b - a : a - b) || one.id - other.id;
  });
}

/** Smallest and largest number of a metric among the cells; null when none has it. */
export function span(metric) {
  const values = cells.map((cell) => numbersOf(cell)[metric]).filter((value) => value !== undefined);
  return values.length ? [Math.min(...values), Math.max(...values)] : null;
}
