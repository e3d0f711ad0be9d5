// One clock for every clip: a position in seconds, from which each clip's frame follows.
import { cells } from "./data.js";

const SLACK = 1e-6; // seconds by which a frame's start may be missed in floating point
const playable = cells.filter((cell) => cell.sprite);
export const length = Math.max(...playable.map((cell) => cell.frames / cell.fps), 0) || 1;
export const rate = Math.max(...playable.map((cell) => cell.fps), 1);

let base = 0, since = 0;
const listeners = [];
export const clock = { playing: false, speed: 1, loop: true };

export function onTick(listener) {
  listeners.push(listener);
}

/** Seconds from the start, at a time of performance.now(). */
export function position(now = performance.now()) {
  if (!clock.playing) return base;
  const run = base + Math.max(now - since, 0) / 1000 * clock.speed;
  return clock.loop ? run % length : Math.min(run, length);
}

export function frameAt(cell, seconds) {
  return Math.min(Math.floor(seconds * cell.fps + SLACK), cell.frames - 1);
}

export function isHeld(cell, seconds) {
  return seconds >= cell.frames / cell.fps + SLACK && cell.frames / cell.fps < length - SLACK;
}

export function seek(seconds) {
  base = Math.min(Math.max(seconds, 0), length);
  since = performance.now();
}

export function play(on) {
  seek(position());
  if (on && !clock.loop && base >= length - SLACK) base = 0;
  clock.playing = on;
}

/** Faster, slower, endless or once; the position stays. */
export function tune(changes) {
  seek(position());
  Object.assign(clock, changes);
}

/** To the next or previous frame of the fastest clip, around the ends. */
export function step(frames) {
  const count = Math.max(Math.round(length * rate), 1), now = Math.min(Math.floor(position() * rate + SLACK), count - 1);
  clock.playing = false;
  seek(((now + frames) % count + count) % count / rate);
}

function tick(now) {
  if (clock.playing && !clock.loop && position(now) >= length - SLACK) {
    clock.playing = false;
    base = length;
  }
  const seconds = position(now);
  for (const listener of listeners) listener(seconds, now);
  requestAnimationFrame(tick);
}

export function start() {
  requestAnimationFrame(tick);
}
