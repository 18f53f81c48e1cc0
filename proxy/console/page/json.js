// JSON set out token by token: nothing is parsed away, so what is shown is what was sent.
import { el } from "/console/dom.js";
import { t } from "/console/words.js";

const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"?|[{}[\],:]|[^\s{}[\],:"]+/g;
const DEEPEST = 32; // deeper is not set out further: 64 KiB of brackets would become gigabytes
const MOST_FOLDS = 400;
const indent = (depth) => "  ".repeat(Math.min(depth, DEEPEST));
const opens = (token) => token === "{" || token === "[";
const closes = (token) => token === "}" || token === "]";

// Gives [kind, text, depth]; "newline" stands where a line ends.
function* layout(text) {
  const tokens = text.match(TOKEN) ?? [];
  let depth = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const [token, next] = [tokens[at], tokens[at + 1]];
    if (opens(token)) {
      if (closes(next)) { yield ["plain", token + next, depth]; at += 1; continue; }
      depth += 1;
      yield ["open", token, depth];
    } else if (closes(token)) {
      depth = Math.max(0, depth - 1);
      yield ["close", token, depth];
    } else if (token === ",") yield ["comma", token, depth];
    else if (token === ":") yield ["plain", ": ", depth];
    else yield [next === ":" ? "j-key" : token[0] === '"' ? "j-str" : "j-num", token, depth];
  }
}

export function lines(text) {
  const found = [""];
  for (const [kind, token, depth] of layout(text)) {
    if (kind === "close") found.push(indent(depth) + token);
    else found[found.length - 1] += token;
    if (kind === "open" || kind === "comma") found.push(indent(depth));
  }
  return found;
}

// Folding hides until found: the browser's own search looks into what is folded, and unfolds it.
export function tree(text) {
  const root = el("div", { class: "code", tabindex: 0 });
  const open = [root];
  let folds = 0;
  let plain = "";
  const flush = () => { if (plain) { open.at(-1).append(plain); plain = ""; } };
  for (const [kind, token, depth] of layout(text)) {
    if (kind === "open") {
      folds += 1;
      if (folds > MOST_FOLDS || depth > DEEPEST) { open.push(open.at(-1)); plain += `${token}\n${indent(depth)}`; continue; }
      flush();
      const inner = el("span", { class: "inner" });
      open.at(-1).append(el("button", { class: "fold", "aria-expanded": true, "aria-label": t("fold") }), token, inner);
      open.push(inner);
      plain = indent(depth);
    } else if (kind === "close") {
      flush();
      const closed = open.length > 1 ? open.pop() : root;
      plain = `${closed === open.at(-1) ? "\n" : ""}${indent(depth)}${token}`;
    } else if (kind === "comma") plain += `,\n${indent(depth)}`;
    else if (kind === "plain") plain += token;
    else { flush(); open.at(-1).append(el("span", { class: kind }, token)); }
  }
  flush();
  root.addEventListener("click", (event) => { if (event.target.matches("button.fold")) toggle(event.target); });
  root.addEventListener("beforematch", (event) => { const button = buttonOf(event.target); if (button) toggle(button, true); });
  return root;
}

const innerOf = (button) => button.parentElement.children[[...button.parentElement.children].indexOf(button) + 1];
const buttonOf = (inner) => inner.previousElementSibling;

function toggle(button, unfold = button.getAttribute("aria-expanded") === "false") {
  button.setAttribute("aria-expanded", unfold);
  if (unfold) innerOf(button).removeAttribute("hidden");
  else innerOf(button).setAttribute("hidden", "until-found");
}

export function foldAll(root, fold) {
  for (const button of root.querySelectorAll("button.fold")) {
    if (!fold || button.parentElement !== root) toggle(button, !fold);
  }
}
