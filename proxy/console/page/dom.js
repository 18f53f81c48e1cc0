// Makes elements. Text enters the page as text nodes alone, never as markup.
import { ask } from "/console/session.js";
import { decimal, language, t } from "/console/words.js";

export const byId = (id) => document.getElementById(id);

export function el(name, props = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.startsWith("aria-")) element.setAttribute(key, String(value));
    else if (value !== false && value != null) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function svg(name, props = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(props)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export const fill = (element, ...children) => element.replaceChildren(...children.flat().filter((child) => child));

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${decimal(bytes / 1e3, 1)} kB` : `${decimal(bytes / 1e6, 1)} MB`;
}

export function ms(value) {
  return decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

// A decimal number as the reader's language groups it, and never rounded: it may be money.
export function grouped(number) {
  const [, whole, fraction] = /^(-?\d+)(?:\.(\d+))?$/.exec(number) ?? [];
  if (whole === undefined) return String(number);
  const point = fraction === undefined ? "" : (language === "es" ? "," : ".");
  return `${BigInt(whole).toLocaleString(language === "es" ? "es-CO" : "en")}${point}${fraction ?? ""}`;
}

export const clock = (at) => new Date(at * 1000).toTimeString().slice(0, 8);

// Whether an input shows a text whole.
const brush = document.createElement("canvas").getContext("2d");
export function fits(text, input) {
  const { font, paddingLeft, paddingRight } = getComputedStyle(input);
  brush.font = font;
  return brush.measureText(text).width <= input.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
}

export const targetOf = (entry) => (entry.method === "-" ? t("not-a-request") : entry.target);
export const statusOf = (entry) => (entry.status ? String(entry.status) : "—");
// What was cut off is no success, whatever its status says.
export const statusClass = ({ status, outcome }) => `s s${outcome === "cut" ? 0 : Math.floor((status ?? 0) / 100)}`;
export const methodClass = (method) => `m ${/^[A-Z]+$/.test(method) ? method : ""}`;

let toastTimer;
export function toast(words) {
  // Whatever stands outside of an open dialog is behind it.
  (document.querySelector("dialog[open]") ?? document.body).append(byId("toast"));
  byId("toast").textContent = words;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { byId("toast").textContent = ""; }, 6000);
}

export async function post(path, document) {
  const response = await ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(document ?? {}),
  });
  return { ok: response.ok, status: response.status, ...(await response.json()) };
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"));
  } catch {
    toast(t("copy-refused"));
  }
}
