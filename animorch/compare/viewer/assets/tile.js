// Tile: a cell on the board, its canvas or the reason why it has none.
import { labelOf, nameOf, numbersOf, pretty, varied } from "./data.js";
import { frameAt, isHeld, onTick } from "./clock.js";
import { make } from "./dom.js";
import { reelOf } from "./reel.js";
import { span } from "./sift.js";
import { set, state } from "./state.js";

const words = {
  failed: "Failed", unreadable: "Unreadable", excluded: "Left out", invalid: "Invalid", missing: "Not rendered",
};
const tiles = new Map(), visible = new Set();
const watcher = new IntersectionObserver((seen) => {
  for (const entry of seen) {
    const tile = tiles.get(Number(entry.target.dataset.id));
    entry.isIntersecting ? visible.add(tile) : visible.delete(tile);
  }
}, { rootMargin: "120px" });

export function tileOf(cell) {
  if (!tiles.has(cell.id)) tiles.set(cell.id, new Tile(cell));
  return tiles.get(cell.id);
}

class Tile {
  constructor(cell) {
    this.cell = cell;
    this.shown = -1;
    this.canvas = cell.sprite ? make("canvas", { "aria-hidden": "true" }) : null;
    this.stage = make("button.stage", { tabindex: -1, onclick: () => set({ open: String(cell.id), at: String(cell.id) }) },
      this.canvas ?? panel(cell));
    this.caption = make("div.caption");
    const marks = ["a", "b"].map((side) => make("button.mark", {
      tabindex: -1, title: `Compare as ${side.toUpperCase()} (${side})`,
      "aria-label": `Compare as ${side.toUpperCase()}`, onclick: () => set({ [side]: String(cell.id) }),
    }, side.toUpperCase()));
    this.element = make("div.tile", { "data-id": cell.id, role: "group", "data-state": cell.state },
      this.stage, make("div.marks", {}, ...(cell.sprite ? marks : [])),
      cell.wrong ? make("span.wrong", { title: "The stored clip is not the one that the plan asks for" }, "Wrong clip") : null,
      this.caption);
    this.element.classList.toggle("is-wrong", cell.wrong);
    watcher.observe(this.element);
  }

  /** Bring size, caption, tint and marks up to date. */
  dress(width, aspect, listed) {
    const ratio = Math.min(devicePixelRatio || 1, 2), { cell, element } = this;
    element.style.setProperty("--aspect", aspect);
    if (this.canvas) {
      this.pixels = Math.round(width * ratio);
      const height = Math.round(this.pixels / aspect);
      if (this.canvas.width !== this.pixels || this.canvas.height !== height) {
        [this.canvas.width, this.canvas.height, this.shown] = [this.pixels, height, -1];
      }
    }
    this.mark();
    this.stage.setAttribute("aria-label", state.hide ? `Clip ${cell.id + 1}` : spoken(cell));
    this.label(listed);
  }

  /** Show whether it is A, B or open. */
  mark() {
    const { cell, element } = this;
    for (const side of ["a", "b"]) element.classList.toggle(`is-${side}`, state[side] === String(cell.id));
    element.classList.toggle("is-open", state.open === String(cell.id));
  }

  label(listed) {
    const value = state.heat ? numbersOf(this.cell)[state.heat] : undefined, found = state.heat && span(state.heat);
    const name = varied.flatMap((axis, place) => named(axis, this.cell.coordinates[axis.name], place));
    const label = listed && !state.hide ? make("span.what", { title: nameOf(this.cell) }, ...(varied.length ? name : [this.cell.label])) : null;
    const number = state.heat && !state.hide ? make("span.number", {}, pretty(value)) : null;
    this.caption.replaceChildren(...[label, number].filter(Boolean));
    this.element.classList.toggle("has-caption", Boolean(label || number));
    const share = value === undefined || !found || state.hide ? null : found[1] > found[0] ? (value - found[0]) / (found[1] - found[0]) : 0.5;
    this.element.classList.toggle("is-hot", share !== null);
    if (share !== null) this.element.style.setProperty("--heat", share.toFixed(4));
  }

  draw(seconds) {
    if (!this.canvas) return;
    const { cell } = this, reel = reelOf(cell), frame = frameAt(cell, seconds);
    if (!reel.ready(this.pixels)) {
      this.element.classList.toggle("is-broken", reel.broken);
      return;
    }
    const sharp = reel.small?.frame ?? 0;
    if (frame !== this.shown || sharp !== this.sharp) {
      const context = this.canvas.getContext("2d"), box = fitted(cell.sprite, this.canvas);
      if (this.shown < 0) context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      reel.draw(context, frame, ...box, false);
      [this.shown, this.sharp] = [frame, sharp];
      this.element.dataset.frame = frame;
    }
    const held = isHeld(cell, seconds);
    if (held !== this.held) this.element.classList.toggle("is-held", this.held = held);
  }
}

/** x, y, width and height of a picture that is to fill a box without being cut. */
export function fitted(picture, box) {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const width = Math.round(picture.width * scale), height = Math.round(picture.height * scale);
  return [Math.floor((box.width - width) / 2), Math.floor((box.height - height) / 2), width, height];
}

/** A value of a caption; words tell by themselves of what they are, numbers do not. */
function named(axis, value, place) {
  const bare = axis.values.every((one) => Number.isNaN(Number(one)) && one.length > 3);
  return [place ? make("span.quiet", {}, " · ") : "", make("span.quiet", {}, bare ? "" : `${axis.name} `), labelOf(axis, value)];
}

function panel(cell) {
  return make("span.panel", {}, make("strong", {}, words[cell.state] ?? "No pictures"),
    make("span.reason", { title: cell.reason }, cell.reason || "The stored clip could not be read."));
}

function spoken(cell) {
  const outcome = cell.wrong ? "wrong clip" : words[cell.state] ? `${words[cell.state]}: ${cell.reason}` : "";
  const number = state.heat ? `${state.heat} ${pretty(numbersOf(cell)[state.heat])}` : "";
  return [nameOf(cell), outcome, number].filter(Boolean).join("; ");
}

onTick((seconds) => {
  for (const tile of visible) tile.draw(seconds);
});
