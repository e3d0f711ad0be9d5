// Difference: |A − B| of two frames at their own size, raised so that an eye sees it.
const grounds = [0, 1].map(() => document.createElement("canvas"));
const result = document.createElement("canvas");

/** The picture of |A − B| × gain, and the mean and the largest of |A − B| (0 to 255). B is scaled to A's size. */
export function difference(reels, places, gain) {
  const { width, height } = reels[0].cell.sprite;
  const [one, two] = reels.map((reel, place) => pixels(grounds[place], reel, places[place], width, height));
  let sum = 0, most = 0;
  for (let place = 0; place < one.data.length; place += 4) {
    for (let channel = place; channel < place + 3; channel++) {
      const apart = Math.abs(one.data[channel] - two.data[channel]);
      sum += apart;
      if (apart > most) most = apart;
      one.data[channel] = apart * gain;
    }
  }
  [result.width, result.height] = [width, height];
  result.getContext("2d").putImageData(one, 0, 0);
  return { canvas: result, mean: sum / (one.data.length * 0.75), most };
}

function pixels(canvas, reel, frame, width, height) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  reel.draw(context, frame, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
