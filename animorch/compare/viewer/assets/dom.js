// Elements, made in one line.

/** `make("button.wide", {title: "Play"}, "Play")`; `on…` are listeners, null and false are left out. */
export function make(kind, facts = {}, ...inside) {
  const [tag, ...classes] = kind.split("."), element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  if (tag === "button") element.type = "button";
  for (const [key, value] of Object.entries(facts)) {
    if (value === null || value === false || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...inside.filter((part) => part !== null && part !== undefined));
  return element;
}

const shapes = {
  play: "M7 4.5v15l12-7.5z", pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  back: "M15.5 6 9 12l6.5 6zM6 6h2v12H6z", forth: "M8.5 6 15 12l-6.5 6zM16 6h2v12h-2z",
  loop: "M7 7h9.5V4.5L21 8.5l-4.5 4V10H9v4H7zM17 17H7.5v2.5L3 15.500l4.5-4V14H15v-4h2z",
  close: "m6.400 5 5.600 5.600L17.600 5 19 6.400 13.400 12l5.600 5.600-1.400 1.400-5.600-5.600L6.400 19 5 17.600l5.600-5.600L5 6.400z",
  theme: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2.2a6.8 6.8 0 0 1 0 13.6z",
  eye: "M12 6c4.5 0 8 3.200 9.5 6-1.500 2.800-5 6-9.5 6s-8-3.200-9.5-6C4 9.200 7.5 6 12 6zm0 2.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  swap: "M7 5 3 9l4 4v-3h10V8H7zm10 6v3H7v2h10v3l4-4z",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg", drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", shapes[name]);
  path.setAttribute("fill-rule", "evenodd");
  drawing.append(path);
  return drawing;
}

export const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function say(text) {
  document.getElementById("status").textContent = text;
}

/** A labelled choice: options are [value, text]. */
export function choice(label, options, value, onchange) {
  const list = make("select", { "aria-label": label, onchange: (event) => onchange(event.target.value) });
  list.append(...options.map(([key, text]) => make("option", { value: key }, text)));
  list.value = value;
  return make("label.choice", {}, make("span", {}, label), list);
}

/** Copy text, also where a sandbox has no clipboard: then it is left selected. */
export async function copy(text, source) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    if (!document.execCommand("copy")) return say("Selected; copy it with Ctrl+C");
  }
  say("Copied");
}
