// The page's words in two languages: the browser's, unless another was chosen here.
import { words as en } from "/console/en.js";
import { words as es } from "/console/es.js";

const CATALOGUES = { en, es };
const wanted = () => localStorage.getItem("language") ?? navigator.languages?.find((each) => CATALOGUES[each.slice(0, 2)]) ?? "en";
export const language = wanted().slice(0, 2) === "es" ? "es" : "en";
const catalogue = CATALOGUES[language];

// The words for `key`, with {0}, {1} replaced; a key that is missing shows itself.
export const t = (key, ...values) => (catalogue[key] ?? key).replace(/\{(\d)\}/g, (_, place) => values[place] ?? "");
export const has = (key) => Object.hasOwn(catalogue, key);
// A number as it is written in the page's language: 1.04 or 1,04.
export const decimal = (value, digits) => value.toFixed(digits).replace(".", language === "es" ? "," : ".");
// What the proxy says comes in each language; words of others come as a text.
export const told = (said) => said?.[language] ?? said;

export function choose(name) {
  localStorage.setItem("language", name);
  location.reload();
}

// Puts the words on what stands in the document already.
export function dress(root) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
  for (const element of root.querySelectorAll("[data-title]")) element.title = t(element.dataset.title);
  for (const element of root.querySelectorAll("[data-placeholder]")) element.placeholder = t(element.dataset.placeholder);
}
