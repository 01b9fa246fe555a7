// Where the captioner looked when it said a word, drawn over the picture and said in words.

const element = (id) => document.getElementById(id);
const darkness = 0.75;
const tint = [255, 176, 32];
const tintOpacity = 0.4;
const hint = "Point at a word, tap it, or go to it by the Tab key.";

/** A button for each word, which shows where it looked. `attention` is null where the captioner has none. */
export function offerAttention(attention) {
  hide();
  element("attention").hidden = attention === null;
  const buttons = attention ? attention.words.map((word, index) => wordButton(attention, word, index)) : [];
  element("words").replaceChildren(...buttons.map(listItem));
}

function listItem(button) {
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function wordButton(attention, word, index) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = word;
  button.setAttribute("aria-pressed", "false");
  const look = () => show(attention, index, button);
  button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && look());
  button.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
  button.addEventListener("focus", look);
  button.addEventListener("blur", hide);
  button.addEventListener("click", look);
  button.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  return button;
}

function show(attention, index, button) {
  hide();
  button.setAttribute("aria-pressed", "true");
  draw(attention, attention.weights[index]);
  element("look").classList.add("is-shown");
  element("where").textContent = `“${attention.words[index]}”: ${whereInWords(attention, attention.weights[index])}`;
}

function hide() {
  for (const button of element("words").querySelectorAll("[aria-pressed=true]")) {
    button.setAttribute("aria-pressed", "false");
  }
  element("look").classList.remove("is-shown");
  element("where").textContent = hint;
}

/** Darkens the picture where it did not look, and tints it where it did. The grid lies over the middle of it. */
function draw({ rows, columns, seen }, weights) {
  const canvas = element("look");
  const { width, height } = element("image");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.fillStyle = `rgb(0 0 0 / ${darkness})`;
  context.fillRect(0, 0, width, height);
  const left = ((1 - seen) / 2) * width;
  const top = ((1 - seen) / 2) * height;
  context.clearRect(left, top, seen * width, seen * height);
  context.imageSmoothingQuality = "high";
  context.drawImage(shades(rows, columns, weights), left, top, seen * width, seen * height);
}

/** A pixel a position: from darkness to a tint that is seen on black too, the more it looked there. */
function shades(rows, columns, weights) {
  const grid = document.createElement("canvas");
  grid.width = columns;
  grid.height = rows;
  const context = grid.getContext("2d");
  const pixels = context.createImageData(columns, rows);
  const most = Math.max(...weights);
  weights.forEach((weight, i) => {
    const part = most > 0 ? weight / most : 0;
    const opacity = darkness + part * (tintOpacity - darkness);
    pixels.data.set([...tint.map((channel) => part * channel), 255 * opacity], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
  return grid;
}

/** For those who do not see the drawing: the ninth of the picture that it looked at most, and for how much. */
function whereInWords({ rows, columns }, weights) {
  const ninths = new Array(9).fill(0);
  weights.forEach((weight, i) => {
    const row = Math.floor((3 * (Math.floor(i / columns) + 0.5)) / rows);
    const column = Math.floor((3 * ((i % columns) + 0.5)) / columns);
    ninths[3 * row + column] += weight;
  });
  const all = ninths.reduce((sum, weight) => sum + weight, 0);
  const most = Math.max(...ninths);
  const place = ninths.indexOf(most);
  const names = ["top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right"];
  const share = Math.round(100 * most);
  const memory = Math.round(100 * (1 - all));
  const remembered = memory >= 1 ? `, and ${memory} % at the words before` : "";
  return `it looked most at the ${names[place]}, with ${share} % of its attention${remembered}.`;
}
