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
  let key = null; // of the value that comes next: its line begins there, and so does what folds it
  const flush = () => { if (plain) { open.at(-1).append(plain); plain = ""; } };
  for (const [kind, token, depth] of layout(text)) {
    if (kind === "open") {
      folds += 1;
      if (folds > MOST_FOLDS || depth > DEEPEST) { open.push(open.at(-1)); plain += `${token}\n${indent(depth)}`; continue; }
      flush();
      const inner = el("span", { class: "inner" });
      const button = el("button", { class: "fold", "aria-expanded": true, "aria-label": t("fold") });
      [button.inner, inner.button] = [inner, button];
      open.at(-1).append(token, inner);
      open.at(-1).insertBefore(button, key ?? inner.previousSibling);
      open.push(inner);
      key = null;
      plain = indent(depth);
    } else if (kind === "close") {
      flush();
      const closed = open.length > 1 ? open.pop() : root;
      plain = `${closed === open.at(-1) ? "\n" : ""}${indent(depth)}${token}`;
    } else if (kind === "comma") plain += `,\n${indent(depth)}`;
    else if (kind === "plain") plain += token;
    else {
      flush();
      const span = el("span", { class: kind }, token);
      open.at(-1).append(span);
      key = kind === "j-key" ? span : null;
    }
  }
  flush();
  root.addEventListener("click", (event) => { if (event.target.matches("button.fold")) toggle(event.target); });
  root.addEventListener("beforematch", (event) => { if (event.target.button) toggle(event.target.button, true); });
  return root;
}

function toggle(button, unfold = button.getAttribute("aria-expanded") === "false") {
  button.setAttribute("aria-expanded", unfold);
  if (unfold) button.inner.removeAttribute("hidden");
  else button.inner.setAttribute("hidden", "until-found");
}

export function foldAll(root, fold) {
  for (const button of root.querySelectorAll("button.fold")) {
    if (!fold || button.parentElement !== root) toggle(button, !fold);
  }
}
