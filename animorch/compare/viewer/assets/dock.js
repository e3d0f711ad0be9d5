// Dock: the one clock's buttons and scrubber, and what is chosen as A and B.
import { cells, shortOf } from "./data.js";
import { clock, length, onTick, play, position, rate, seek, step, tune } from "./clock.js";
import { choice, icon, make } from "./dom.js";
import { onChange, set, state } from "./state.js";

const SPEEDS = ["0.25", "0.5", "1", "2", "4"];
const frames = Math.max(Math.round(length * rate), 1);
const dock = document.getElementById("dock");
const playing = make("button.tool.main", { id: "play", onclick: () => toggle() });
const time = make("output.time", { id: "time", "aria-live": "off" });
const scrub = make("input.scrub", { id: "scrub", type: "range", min: 0, max: frames - 1, step: 1, "aria-label": "Position", oninput: () => go(Number(scrub.value)) });
const loop = make("button.tool", { id: "loop", title: "Loop (l)", "aria-label": "Loop", onclick: () => set({ loop: state.loop ? "" : "1" }) }, icon("loop"));
const speed = choice("Speed", SPEEDS.map((value) => [value, `${value}×`]), "1", (value) => set({ speed: value }));
const sides = make("div.sides"), compare = make("button.wide", { id: "open-compare", title: "Compare (c)" }, "Compare");

export function toggle(on = !clock.playing) {
  play(on);
  stamp();
}

/** To a frame of the fastest clip; the clips stop there. */
export function go(frame) {
  play(false);
  seek(frame / rate);
  stamp();
}

export function nudge(by) {
  step(by);
  stamp();
}

export function faster(by) {
  const place = SPEEDS.indexOf(state.speed) + by;
  if (SPEEDS[place]) set({ speed: SPEEDS[place] });
}

/** The address keeps the position of clips that stand still. */
function stamp() {
  set({ t: clock.playing ? "" : String(Number(position().toFixed(3))) });
}

function refresh() {
  tune({ speed: Number(state.speed) || 1, loop: Boolean(state.loop) });
  speed.querySelector("select").value = state.speed;
  loop.setAttribute("aria-pressed", String(Boolean(state.loop)));
  sides.replaceChildren(...["a", "b"].map(side));
  compare.disabled = cells.filter((cell) => cell.sprite).length < 2;
}

function side(name) {
  const cell = cells[Number(state[name])], chosen = state[name] !== "" && cell;
  const text = !chosen ? "choose" : state.hide ? "•••" : shortOf(cell);
  return make("button.side", {
    title: chosen ? `${name.toUpperCase()}: ${text}; click to let go` : `Press ${name} on a clip`, "data-side": name,
    onclick: () => set({ [name]: "" }), disabled: !chosen,
  }, make(`span.chip.${name}`, {}, name.toUpperCase()), make("span.text", {}, text));
}

let shown = -1, was = null;
onTick((seconds) => {
  const frame = Math.min(Math.floor(seconds * rate + 1e-6), frames - 1);
  if (frame !== shown) {
    shown = frame;
    scrub.value = frame;
    scrub.style.setProperty("--done", frames > 1 ? frame / (frames - 1) : 1);
    scrub.setAttribute("aria-valuetext", `frame ${frame + 1} of ${frames}, ${seconds.toFixed(2)} seconds`);
    time.replaceChildren(make("b", {}, `${frame + 1}`), make("span.quiet", {}, ` / ${frames}`), make("span.quiet.seconds", {}, ` ${(frame / rate).toFixed(2)} s`));
  }
  if (clock.playing !== was) {
    was = clock.playing;
    playing.replaceChildren(icon(was ? "pause" : "play"));
    playing.setAttribute("aria-label", was ? "Pause" : "Play");
    playing.title = was ? "Pause (space)" : "Play (space)";
    if (!was) stamp();
  }
});

export function openDock(openCompare) {
  compare.addEventListener("click", openCompare);
  dock.replaceChildren(
    make("div.buttons", {}, make("button.tool", { title: "Frame back (,)", "aria-label": "Frame back", onclick: () => nudge(-1) }, icon("back")),
      playing, make("button.tool", { title: "Frame forth (.)", "aria-label": "Frame forth", onclick: () => nudge(1) }, icon("forth"))),
    time, scrub, make("div.buttons", {}, speed, loop), make("div.buttons.versus", {}, sides, compare));
  new ResizeObserver(() => document.documentElement.style.setProperty("--dock", `${dock.offsetHeight}px`)).observe(dock);
  refresh();
  onChange((keys) => {
    refresh();
    if (keys.has("t") && state.t !== "" && !clock.playing) seek(Number(state.t) || 0);
  });
}
