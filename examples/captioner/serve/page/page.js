// The page: takes a picture, asks the server for its caption, shows what it says.

import { offerAttention } from "./attention.js";
import { offerCamera } from "./camera.js";
import { askForCaption } from "./caption_request.js";

const element = (id) => document.getElementById(id);

/** Only the newest picture is of interest: a new one ends the wait for the one before. */
let waiting = new AbortController();

async function show(file) {
  waiting.abort();
  const mine = (waiting = new AbortController());
  say("Looking at the picture …");
  try {
    const description = await askForCaption(file, mine.signal);
    if (mine.signal.aborted) return;
    await showPicture(file);
    if (mine.signal.aborted) return;
    showDescription(description);
    say(`Caption: ${description.sentence}`);
    element("status").classList.add("unseen"); // for screen readers alone: it stands below the picture
  } catch (error) {
    if (!mine.signal.aborted) complain(error.message);
  }
}

function say(text) {
  element("error").textContent = "";
  element("status").classList.remove("unseen");
  element("status").textContent = text;
}

function complain(text) {
  element("result").hidden = true;
  element("status").textContent = "";
  element("error").textContent = text;
}

async function showPicture(file) {
  const image = element("image");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(file);
  await image.decode().catch(() => {}); // a kind that the server can read and this browser cannot
}

function showDescription(description) {
  element("sentence").textContent = description.sentence;
  element("image").alt = description.sentence;
  showConfidence(description.confidence);
  element("result").hidden = false;
  offerAttention(description.attention);
  showAlternatives(description);
}

function showConfidence(confidence) {
  element("confidence").hidden = confidence === null;
  if (confidence === null) return;
  element("confidence-meter").value = confidence;
  element("confidence-text").textContent = percentage(confidence);
}

/** The caption and its alternatives, for their probabilities are of use side by side. */
function showAlternatives(description) {
  const captions = [description, ...description.alternatives];
  element("alternatives").hidden = captions.length < 2;
  element("captions").replaceChildren(...captions.map(captionRow));
}

function captionRow({ sentence, probability }) {
  const row = document.createElement("tr");
  const copyButton = document.createElement("button");
  copyButton.type = "button";
  copyButton.textContent = "Copy";
  copyButton.setAttribute("aria-label", `Copy as alt text: ${sentence}`);
  copyButton.addEventListener("click", () => copy(sentence));
  for (const content of [sentence, percentage(probability), copyButton]) {
    const cell = document.createElement("td");
    cell.append(content);
    row.append(cell);
  }
  return row;
}

function percentage(probability) {
  return `${Number((100 * probability).toPrecision(2))} %`;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    window.prompt("The browser does not let this page copy. Here it is to copy by hand:", text);
  }
}

function firstFile(transfer) {
  return transfer ? transfer.files[0] : undefined;
}

function takeFilesOf(input) {
  input.addEventListener("change", () => {
    if (input.files[0]) show(input.files[0]);
    input.value = ""; // so that the same picture can be chosen again
  });
}

takeFilesOf(element("file"));
offerCamera(takeFilesOf, show, complain);
element("copy").addEventListener("click", () => copy(element("sentence").textContent));

document.addEventListener("paste", (event) => {
  const file = firstFile(event.clipboardData);
  if (!file) return complain("What was pasted is no picture.");
  event.preventDefault();
  show(file);
});

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("is-dropping");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("is-dropping");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("is-dropping");
  const file = firstFile(event.dataTransfer);
  if (!file) return complain("What was dropped is no file of a picture. One from another page may be saved first.");
  show(file);
});
