// Shows bodies: JSON, pretty and foldable or raw, text, or hex.
import { copyText, el, size } from "/console/dom.js";
import { foldAll, tree } from "/console/json.js";
import { t, told } from "/console/words.js";

const HEX_FIRST = 4096;
export const isRaw = () => localStorage.getItem("raw") === "on";

export function body(content, says, repaint) {
  const heading = el("h3", {}, says);
  if (!content.size && !content.text) return [el("div", { class: "says" }, heading, el("span", {}, t("body.none")))];
  const facts = [size(content.size), content.media_type];
  if (content.coding) facts.push(t("body.decoded", content.coding));
  if (content.masked) facts.push(t(content.masked > 1 ? "body.masked-many" : "body.masked-one", content.masked));
  if (content.cut) facts.push(t("body.cut"));
  const line = el("div", { class: "says" }, heading, facts.filter(Boolean).map((fact) => el("span", {}, fact)));
  if (told(content.words)) return [line, el("p", { class: "note" }, told(content.words))];
  if (content.text === null) return [line, ...hex(content.bytes)];
  const tools = el("span", { class: "tools" });
  line.append(tools);
  const whole = content.json && !content.error;
  let shown;
  if (whole && !isRaw()) {
    shown = [tree(content.text)];
    tools.append(el("button", { onclick: (event) => foldAll(shown[0], flip(event.target, "body.fold", "body.unfold")) }, t("body.fold")));
  } else shown = content.error && !isRaw() ? broken(content) : [el("pre", { tabindex: 0 }, content.text)];
  if (content.json) tools.append(el("button", { "aria-pressed": isRaw(), onclick: () => { localStorage.setItem("raw", isRaw() ? "off" : "on"); repaint(); } }, t("body.raw")));
  tools.append(el("button", { onclick: () => copyText(content.text) }, t("body.copy")));
  return [line, ...shown];
}

function flip(button, first, second) {
  const was = button.textContent === t(first);
  button.textContent = t(was ? second : first);
  return was;
}

function broken({ text, error, cut }) {
  const note = el("p", { class: "note bad" }, el("b", {}, `${t(cut ? "body.ends" : "body.invalid")}: `),
    t("body.where", error.words, error.line, error.column));
  const wrong = [...text.slice(error.at, error.at + 2)][0] ?? "";
  const shown = wrong.trim() || "⏎";
  return [note, el("pre", { tabindex: 0 }, text.slice(0, error.at),
    el("mark", { title: error.words }, shown), text.slice(error.at + wrong.length))];
}

function hex(encoded) {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const pre = el("pre", { class: "hex", tabindex: 0 }, dump(bytes, HEX_FIRST));
  if (bytes.length <= HEX_FIRST) return [pre];
  const all = el("button", { onclick: () => { pre.textContent = dump(bytes, bytes.length); all.remove(); } },
    t("body.all", size(bytes.length)));
  return [pre, all];
}

function dump(bytes, most) {
  const found = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const codes = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    found.push(`${at.toString(16).padStart(6, "0")}  ${codes.padEnd(47)}  ${text}`);
  }
  return found.join("\n");
}
