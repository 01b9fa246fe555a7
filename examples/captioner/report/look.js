// Where the captioner looked at a word, drawn over the photograph.

/** The grid of every word: its weights as bytes, how many there are to a side, and the share of the look on the image. */
function looksOf(said, count) {
  const bytes = Uint8Array.from(atob(said.dataset.looks), (character) => character.charCodeAt(0));
  const size = bytes.length / count;
  const shares = said.dataset.shares.split(" ");
  return shares.map((share, word) => ({
    weights: bytes.subarray(word * size, (word + 1) * size),
    side: Math.round(Math.sqrt(size)),
    share: Number(share),
  }));
}

/** The part of the photograph around which the weights lie. */
function placeOf({ weights, side }) {
  let sum = 0, across = 0, down = 0;
  weights.forEach((weight, i) => {
    sum += weight;
    across += weight * ((i % side) + 0.5);
    down += weight * (Math.floor(i / side) + 0.5);
  });
  const third = (along) => Math.min(2, Math.floor((3 * along) / (sum * side)));
  const row = ["top", "middle", "bottom"][third(down)];
  const column = ["left", "middle", "right"][third(across)];
  return row === column ? "the middle" : `the ${row} ${column}`;
}

/** For a word that is read aloud; and, much shorter, for the line below the photograph. */
function inWords(word, look, allAtImage) {
  const share = allAtImage ? "" : `, ${look.share} % of its look at the photograph`;
  return `${word}: around ${placeOf(look)}${share}`;
}
function inBrief(look, allAtImage) {
  return `around ${placeOf(look)}${allAtImage ? "" : `, ${look.share} %`}`;
}

/** Darkens the photograph where the captioner did not look. `seen`: the part in its middle that the grid covers. */
function draw(canvas, { weights, side }, seen) {
  const mask = document.createElement("canvas");
  mask.width = mask.height = side;
  const pixels = new ImageData(side, side);
  weights.forEach((weight, i) => (pixels.data[4 * i + 3] = 205 * (1 - weight / 255)));
  mask.getContext("2d").putImageData(pixels, 0, 0);
  const { width, height } = canvas;
  const [x, y] = [(width * (1 - seen)) / 2, (height * (1 - seen)) / 2];
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  context.fillStyle = "rgba(0, 0, 0, 0.8)";
  context.fillRect(0, 0, width, height);
  context.clearRect(x, y, width * seen, height * seen);
  context.imageSmoothingQuality = "high";
  context.drawImage(mask, x, y, width * seen, height * seen);
}

/** A canvas over the photograph, of its size. */
function canvasOver(image) {
  const frame = document.createElement("div");
  frame.className = "frame";
  image.replaceWith(frame);
  const canvas = document.createElement("canvas");
  canvas.width = image.getAttribute("width");
  canvas.height = image.getAttribute("height");
  canvas.hidden = true;
  canvas.setAttribute("aria-hidden", "true");
  frame.append(image, canvas);
  return canvas;
}

function makeLooksVisible(card) {
  const said = card.querySelector(".said[data-looks]");
  if (!said) return;
  const words = [...said.querySelectorAll(".word")];
  const looks = looksOf(said, words.length);
  const allAtImage = looks.every((look) => look.share >= 99);
  const canvas = canvasOver(card.querySelector("img"));
  const line = card.querySelector(".file");
  const file = line.textContent;
  let pinned = null;

  const show = (word) => {
    const at = words.indexOf(word);
    for (const each of words) each.classList.toggle("shown", each === word);
    canvas.hidden = at < 0;
    line.textContent = at < 0 ? file : inBrief(looks[at], allAtImage);
    if (at >= 0) draw(canvas, looks[at], Number(said.dataset.seen));
  };
  const pin = (word) => {
    pinned = word;
    show(word);
  };
  const moveTo = (word) => {
    for (const each of words) each.tabIndex = each === word ? 0 : -1;
    word.focus();
  };

  said.setAttribute("role", "toolbar");
  said.setAttribute("aria-label", "Where it looked, word by word");
  words.forEach((word, at) => {
    word.tabIndex = at === 0 ? 0 : -1;
    word.setAttribute("role", "button");
    word.setAttribute("aria-label", inWords(word.textContent, looks[at], allAtImage));
    word.addEventListener("mouseenter", () => show(word));
    word.addEventListener("mouseleave", () => show(pinned));
    word.addEventListener("focus", () => pin(word));
    word.addEventListener("blur", () => pin(null));
    word.addEventListener("click", () => moveTo(word));
  });
  said.addEventListener("keydown", (event) => {
    const at = words.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: words.length - 1 }[event.key];
    if (event.key === "Escape") pin(null);
    if (next === undefined || !words[next]) return;
    event.preventDefault();
    moveTo(words[next]);
  });
}

cards.forEach(makeLooksVisible);
