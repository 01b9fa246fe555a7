"use strict";

// Which cards are shown, and in which order.

const form = document.querySelector(".controls");
const gallery = document.querySelector(".gallery");
const cards = [...document.querySelectorAll(".card")];

/** The words of a text in lower case, with a blank before each. */
function searchable(text) {
  return " " + text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, " ");
}

for (const card of cards) {
  const texts = card.querySelectorAll(".said, .written li, .alternatives li");
  card.searchable = [...texts].map((text) => searchable(text.textContent)).join(" ");
}

function arrange() {
  const { group, sort, words } = form.elements;
  const [measure, direction] = sort.value.split(":");
  const wanted = searchable(words.value).split(" ").filter((word) => word !== "");
  const isWanted = (card) =>
    (group.value === "" || card.dataset.groups.split(" ").includes(group.value)) &&
    wanted.every((word) => card.searchable.includes(" " + word));
  cards.sort((one, other) => direction * (one.dataset[measure] - other.dataset[measure]));
  let shown = 0;
  for (const card of cards) {
    card.hidden = !isWanted(card);
    shown += card.hidden ? 0 : 1;
    gallery.append(card);
  }
  form.elements.count.value = `${shown} of ${cards.length} photographs`;
  document.querySelector(".nothing").hidden = shown > 0;
}

form.hidden = false;
form.addEventListener("input", arrange);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && form.elements.words.value !== "") {
    form.elements.words.value = "";
    arrange();
  }
});
arrange();
