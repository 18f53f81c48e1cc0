// Marks in what is open what the search looks for. The browser paints the marks: the page stays as it is.
import { plain } from "/console/plain.js";

const MOST = 500; // marks: each is moved along with every change of the page
const NOT_CONTENT = "button, h3, thead, .says"; // the page's own words
const escaped = (term) => term.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
// JSON is set out with blanks where it had none.
const spaced = (term) => escaped(term).replace(/[:,]/g, "$&\\s*");

// Marks the terms in `box`; gives the places, and which of the terms they hold.
export function mark(box, terms) {
  if (!globalThis.CSS?.highlights) return { places: [], terms: new Set() };
  CSS.highlights.delete("found");
  const found = terms.length ? search(box, terms) : { places: [], terms: new Set() };
  if (found.places.length) CSS.highlights.set("found", new Highlight(...found.places));
  return found;
}

function search(box, terms) {
  const nodes = texts(box);
  const text = plain(nodes.map((node) => node.data).join(""));
  const found = { places: [], terms: new Set() };
  let at = 0; // of the node that the next place begins in
  let before = 0; // characters before it
  for (const match of text.matchAll(new RegExp(terms.map(spaced).join("|"), "gu"))) {
    if (found.places.length >= MOST) break;
    const place = new Range();
    const end = match.index + match[0].length;
    while (before + nodes[at].length <= match.index) { before += nodes[at].length; at += 1; }
    place.setStart(nodes[at], match.index - before);
    let [last, upTo] = [at, before];
    while (upTo + nodes[last].length < end) { upTo += nodes[last].length; last += 1; }
    place.setEnd(nodes[last], end - upTo);
    found.places.push(place);
    const said = match[0].replace(/\s/g, "");
    for (const term of terms) if (said.includes(term)) found.terms.add(term);
  }
  return found;
}

function texts(box) {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.length && node.parentElement.closest("h2, .panel") && !node.parentElement.closest(NOT_CONTENT)) found.push(node);
  }
  return found;
}

// Brings the first place within `panel` into sight.
export function scrollTo(panel, places) {
  const first = places.find((place) => panel.contains(place.startContainer));
  if (!first) return;
  const by = first.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  if (by < 0 || by > panel.clientHeight - 20) panel.scrollTop += by - panel.clientHeight / 3;
}
