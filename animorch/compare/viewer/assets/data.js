// What Python gathered: axes, cells and the sentences about them.
export const page = JSON.parse(document.getElementById("page").textContent);
export const cells = page.cells;
export const axes = page.axes;
export const varied = axes.filter((axis) => axis.values.length > 1);
export const fixed = axes.filter((axis) => axis.values.length === 1);

export function axisNamed(name) {
  return varied.find((axis) => axis.name === name);
}

/** The label of a value: prompts lose the long start that all of them share. */
export function labelOf(axis, value) {
  return axis.labels[axis.values.indexOf(value)] ?? value;
}

/** The cell's place among the axes, as a person says it. */
export function nameOf(cell) {
  const parts = varied.map((axis) => `${axis.name} ${cell.coordinates[axis.name]}`);
  return parts.join(", ") || cell.label;
}

/** A short name: the values alone. */
export function shortOf(cell) {
  return varied.map((axis) => labelOf(axis, cell.coordinates[axis.name])).join(" · ") || cell.label;
}

/** Metric to number, after post-steps; series and verdicts left out. */
export function numbersOf(cell) {
  const measured = cell.metrics.final ?? {};
  return Object.fromEntries(Object.entries(measured).filter(([, value]) => typeof value === "number"));
}

/** Metric to its list over the frames. */
export function seriesOf(cell) {
  const measured = cell.metrics.final ?? {};
  return Object.fromEntries(Object.entries(measured).filter(([, value]) => Array.isArray(value) && value.length > 1));
}

export const metricNames = [...new Set(cells.flatMap((cell) => Object.keys(numbersOf(cell))))].sort();

/** The configuration as dotted keys; a list or an empty object is a value. */
export function flat(config, prefix = "", into = {}) {
  for (const [key, value] of Object.entries(config ?? {})) {
    const name = prefix + key;
    if (value && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length) {
      flat(value, `${name}.`, into);
    } else {
      into[name] = Array.isArray(value) || (value && typeof value === "object") ? JSON.stringify(value) : String(value);
    }
  }
  return into;
}

const shared = cells.filter((cell) => cell.overrides.length).map((cell) => new Set(cell.overrides));

/** A word that not every cell was made with. */
export function isOwnWord(word) {
  return !shared.every((words) => words.has(word));
}

/** A number as it is read at a glance. */
export function pretty(value) {
  if (value === undefined || value === null) return "–";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 0.001 || size >= 100000) ? size.toExponential(1) : String(Number(size.toPrecision(3)));
  return value < 0 ? `−${text}` : text;
}
