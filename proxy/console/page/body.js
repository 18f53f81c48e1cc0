// Shows bodies: JSON set out token by token (nothing is parsed away), text, or hex.
import { copyText, el, size } from "/console/dom.js";

const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"?|[{}[\],:]|[^\s{}[\],:"]+/g;
const HEX_FIRST = 4096;
const DEEPEST = 32; // deeper is not set out further: 64 KiB of brackets would become gigabytes

export function body(content, says) {
  const facts = [says, size(content.size), content.media_type];
  if (content.coding) facts.push(`shown decoded from ${content.coding}`);
  if (content.masked) facts.push(`${content.masked} value${content.masked > 1 ? "s" : ""} masked`);
  if (content.cut) facts.push("only the first part is kept");
  const line = el("p", { class: "says" }, facts.filter(Boolean).map((fact) => el("span", {}, fact)));
  if (content.words) return [line, el("p", { class: "note" }, content.words)];
  if (!content.size && !content.text) return [el("p", { class: "says" }, `${says}: none`)];
  if (content.text === null) return [line, ...hex(content.bytes)];
  line.append(el("button", { onclick: () => copyText(content.text) }, "Copy body"));
  if (!content.json) return [line, el("pre", { tabindex: 0 }, content.text)];
  if (content.error) return [line, ...broken(content)];
  return [line, el("pre", { tabindex: 0 }, ...pretty(content.text))];
}

function broken({ text, error, cut }) {
  const where = `line ${error.line}, column ${error.column}`;
  const why = cut ? "The part that is kept ends here" : "Not valid JSON";
  const note = el("p", { class: "note bad" }, el("b", {}, `${why}: `), `${error.words} at ${where}`);
  const wrong = [...text.slice(error.at, error.at + 2)][0] ?? "";
  const shown = wrong.trim() || "⏎";
  return [note, el("pre", { tabindex: 0 }, text.slice(0, error.at),
    el("mark", { title: error.words }, shown), text.slice(error.at + wrong.length))];
}

export function pretty(text) {
  const tokens = text.match(TOKEN) ?? [];
  const parts = [];
  let depth = 0;
  let plain = "";
  const flush = () => { if (plain) { parts.push(plain); plain = ""; } };
  const newline = () => { plain += `\n${"  ".repeat(Math.min(depth, DEEPEST))}`; };
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === "{" || token === "[") {
      plain += token;
      depth += 1;
      if (next !== "}" && next !== "]") newline();
    } else if (token === "}" || token === "]") {
      depth = Math.max(0, depth - 1);
      if (!"{[".includes(tokens[index - 1])) newline();
      plain += token;
    } else if (token === ",") {
      plain += token;
      newline();
    } else if (token === ":") {
      plain += ": ";
    } else {
      flush();
      const kind = next === ":" ? "j-key" : token[0] === '"' ? "j-str" : "j-num";
      parts.push(el("span", { class: kind }, token));
    }
  });
  flush();
  return parts;
}

function hex(encoded) {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const pre = el("pre", { class: "hex", tabindex: 0 }, dump(bytes, HEX_FIRST));
  if (bytes.length <= HEX_FIRST) return [pre];
  const all = el("button", { onclick: () => { pre.textContent = dump(bytes, bytes.length); all.remove(); } },
    `Show all ${size(bytes.length)}`);
  return [pre, all];
}

function dump(bytes, most) {
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const codes = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${codes.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}
