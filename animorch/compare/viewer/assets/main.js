// The page: read the address, draw, and start the clock.
import { cells } from "./data.js";
import { show } from "./board.js";
import { seek, start } from "./clock.js";
import { openCompare, openPanel } from "./compare.js";
import { openDetails } from "./details.js";
import { openDock, toggle } from "./dock.js";
import { calm } from "./dom.js";
import { openKeys } from "./keys.js";
import { readHash, state } from "./state.js";
import { openTools } from "./tools.js";

readHash();
openTools();
openDock(() => openCompare());
show();
openDetails();
openPanel();
openKeys();
seek(Number(state.t) || 0);
start();
if (cells.some((cell) => cell.sprite) && state.t === "" && !calm.matches) toggle(true);
