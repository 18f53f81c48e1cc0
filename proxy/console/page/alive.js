// The tokens that the API says are alive, whose they are, and their end: asked for on demand alone.
import { el, fill, post, span, toast } from "/console/dom.js";
import { ask } from "/console/session.js";
import { t, told } from "/console/words.js";

const WHOSE = { own: "alive.ours", "own-before": "alive.ours-before", other: "alive.others" };
const OWN_GRANTS = ["client_credentials", ""]; // a person's login is ended one by one

// Returns an element that stays the same while the dialog is open, whatever else is drawn anew.
export function aliveSection() {
  const box = el("div", { class: "alive" });
  offer(box);
  return box;
}

function offer(box) {
  fill(box, el("button", { onclick: () => show(box) }, t("alive.show")));
}

async function show(box) {
  fill(box, el("p", { class: "soft" }, "…"));
  try {
    const response = await ask("/tokens");
    const found = await response.json();
    if (!response.ok) throw new Error(told(found.said ?? found.detail));
    list(box, found);
  } catch (error) {
    fill(box, el("p", { class: "bad" }, error.message || t("unreached")), el("button", { onclick: () => show(box) }, t("alive.show")));
  }
}

function list(box, found) {
  const others = found.tokens.filter((one) => one.whose === "other" && OWN_GRANTS.includes(one.grant));
  const rows = found.tokens.map((one) => el("li", {},
    el("code", {}, one.id),
    el("span", { class: one.whose === "other" ? "" : "good" }, t(WHOSE[one.whose] ?? "alive.others")),
    el("span", { class: "soft" }, t("alive.line", one.ends_in === null ? "?" : span(one.ends_in), one.scopes ?? "?", one.grant || "?")),
    one.whose === "other" ? el("button", { onclick: () => belt(box, [one.id]) }, t("alive.end")) : null));
  fill(box, el("ol", { class: "past", tabindex: 0, "aria-label": t("alive") }, rows),
    found.whole ? null : el("p", { class: "bad" }, t("alive.partial")),
    others.length > 1 ? el("button", { onclick: () => belt(box, others.map((one) => one.id)) }, t("alive.end-others", others.length)) : null);
}

// Says what breaks, and asks, before anything is ended.
function belt(box, ids) {
  const no = el("button", { class: "main", onclick: () => show(box) }, t("alive.keep"));
  fill(box, el("p", {}, t("alive.ask", ids.length)), el("ul", {}, ids.map((id) => el("li", {}, el("code", {}, id)))),
    el("div", {}, el("button", { onclick: () => end(box, ids) }, t("alive.really")), no));
  no.focus();
}

async function end(box, ids) {
  try {
    const answer = await post("/tokens/revoke", { ids });
    const outcomes = Object.values(answer.revoked ?? {});
    const ended = outcomes.filter(({ code }) => code === "revoked").length;
    toast(answer.ok ? t("alive.ended", ended, told(outcomes.find(({ code }) => code !== "revoked")?.said) ?? "") : told(answer.said ?? answer.detail));
  } catch {
    toast(t("unreached"));
  }
  await show(box);
}
