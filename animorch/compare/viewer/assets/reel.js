// A clip's pictures: sheets decoded once, away from the main thread, and frames drawn from them.
const MOST = 640 * 2 ** 20; // bytes of decoded pictures; beyond it those seen longest ago are let go
const AT_ONCE = 3; // sheets decoded side by side
const reels = new Map();
const queue = [];
let busy = 0, held = 0, uses = 0;

export function reelOf(cell) {
  if (!reels.has(cell.id)) reels.set(cell.id, new Reel(cell));
  return reels.get(cell.id);
}

class Reel {
  constructor(cell) {
    this.cell = cell;
    this.sheets = null; // ImageBitmaps at full size
    this.small = null; // the same as canvases at the board's size
    this.loading = null;
    this.used = 0;
    this.broken = false;
  }

  /** Bytes of what is decoded. */
  get weight() {
    return [...(this.sheets ?? []), ...(this.small ?? [])].reduce((sum, sheet) => sum + sheet.width * sheet.height * 4, 0);
  }

  /** Ask for pictures: whole ones, or some of `width` pixels a frame; true when there are any. */
  ready(width, whole = false) {
    this.used = ++uses;
    if (!this.cell.sprite || this.broken) return false;
    const enough = whole ? this.sheets : this.small && this.small.frame >= width * 0.9;
    if (!enough && !this.loading) this.loading = queued(() => this.load(width, whole));
    return Boolean(this.sheets || this.small);
  }

  async load(width, whole) {
    const { sprite, id } = this.cell, before = this.weight;
    try {
      const sheets = [];
      for (let number = 0; number < sprite.sheets; number++) sheets.push(await picture(`sheet-${id}-${number}`));
      if (whole) this.sheets = sheets;
      else this.shrink(sheets, width);
    } catch (error) {
      this.broken = true;
      console.error(error);
    }
    this.loading = null;
    held += this.weight - before;
    letGo(this);
  }

  /** Scale every frame once, so that the board copies pixels and scales nothing while it plays. */
  shrink(sheets, width) {
    const { sprite } = this.cell, height = Math.max(Math.round(width * sprite.height / sprite.width), 1);
    this.small = sheets.map((sheet) => {
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(sheet.width / sprite.width) * width;
      canvas.height = Math.round(sheet.height / sprite.height) * height;
      const context = canvas.getContext("2d", { alpha: false });
      context.imageSmoothingQuality = "high";
      for (let top = 0; top * sprite.height < sheet.height; top++) {
        for (let left = 0; left * sprite.width < sheet.width; left++) {
          context.drawImage(sheet, left * sprite.width, top * sprite.height, sprite.width, sprite.height,
            left * width, top * height, width, height);
        }
      }
      sheet.close();
      return canvas;
    });
    this.small.frame = width;
    this.small.height = height;
  }

  /** Draw a frame into a box of the context; false when nothing is decoded yet. */
  draw(context, frame, x, y, w, h, whole = true) {
    const sheets = whole ? this.sheets ?? this.small : this.small ?? this.sheets, { sprite } = this.cell;
    if (!sheets) return false;
    const { frame: width, height } = sheets === this.small ? this.small : { frame: sprite.width, height: sprite.height };
    const each = sprite.columns * sprite.rows, place = frame % each;
    context.imageSmoothingEnabled = width !== w || height !== h;
    context.imageSmoothingQuality = "high";
    context.drawImage(sheets[Math.floor(frame / each)], place % sprite.columns * width,
      Math.floor(place / sprite.columns) * height, width, height, x, y, w, h);
    return true;
  }

  forget() {
    for (const sheet of this.sheets ?? []) sheet.close();
    held -= this.weight;
    this.sheets = this.small = null;
  }
}

async function picture(id) {
  const letters = atob(document.getElementById(id).textContent), bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  return createImageBitmap(new Blob([bytes], { type: "image/webp" }));
}

function queued(job) {
  return new Promise((done) => {
    queue.push(() => job().finally(done));
    next();
  });
}

function next() {
  while (busy < AT_ONCE && queue.length) {
    busy++;
    queue.shift()().finally(() => { busy--; next(); });
  }
}

function letGo(kept) {
  const oldest = [...reels.values()].filter((reel) => reel !== kept && reel.weight && uses - reel.used > reels.size);
  oldest.sort((one, other) => one.used - other.used);
  while (held > MOST && oldest.length) oldest.shift().forget();
}
