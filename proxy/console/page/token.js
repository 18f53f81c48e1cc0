// The token's life: state, countdowns, renewals. The token itself is never sent to a page.
import { byId, el, fill, post, span, toast, UNREACHED } from "/console/dom.js";
import { renewals } from "/console/charts.js";

const WORDS = { fresh: "Fresh", renewing: "Renewing", failing: "Renewal fails", expired: "Expired", none: "No token" };
const DATE_STEP = 2; // seconds: a Date has whole ones, and the answer takes a moment
let last = null;
let heard = 0;

export function showStatus(status) {
  last = status;
  heard = performance.now();
  const mark = byId("environment");
  mark.className = `environment ${status.environment}`;
  mark.textContent = status.environment.toUpperCase();
  byId("upstream").textContent = status.upstream;
  tell();
  fill(byId("token-history"), renewals(status.token.history));
  if (byId("token-dialog").open) showPanel();
}

export function lost() {
  last = null;
  byId("token-state").className = "pill none";
  byId("token-state").textContent = "Not known";
  byId("token-words").textContent = "the proxy does not answer";
}

export function tell() {
  if (!last) return;
  const token = last.token;
  const since = (performance.now() - heard) / 1000;
  const state = byId("token-state");
  if (state.textContent !== WORDS[token.state]) {
    state.className = `pill ${token.state}`;
    state.textContent = WORDS[token.state] ?? token.state;
  }
  const usable = Math.max(0, (token.usable_for ?? 0) - since);
  const renewal = Math.max(0, token.next_renewal_in - since);
  byId("token-words").textContent = token.token_id === undefined || usable === 0
    ? (token.last_error ? `${token.last_error}; next try in ${span(renewal)}` : token.words)
    : `usable for ${span(usable)}, renews in ${span(renewal)}${token.last_error ? `; last try: ${token.last_error}` : ""}`;
  life(token, since);
}

function life(token, since) {
  const box = byId("token-life");
  const age = (token.age ?? 0) + since;
  const share = token.lifetime ? Math.min(1, age / token.lifetime) : 0;
  const due = token.lifetime ? Math.min(1, (age + token.next_renewal_in - since) / token.lifetime) : 0;
  const [bar, mark] = box.children.length ? box.children : [el("i"), el("b", { title: "next renewal" })];
  if (!box.children.length) box.append(bar, mark);
  bar.style.width = `${share * 100}%`;
  mark.style.left = `${due * 100}%`;
  mark.hidden = !token.lifetime;
  box.setAttribute("aria-label", token.lifetime ? `${Math.round(share * 100)} % of the token's life is over` : "no token");
}

export async function renew() {
  const button = byId("token-renew");
  button.disabled = true;
  try {
    const answer = await post("/refresh");
    toast(answer.renewed ? "The token was renewed" : `No new token: ${answer.last_error ?? "see the log"}`);
  } catch {
    toast(UNREACHED);
  } finally {
    button.disabled = false;
  }
}

export function openPanel() {
  if (!last) {
    toast(UNREACHED);
    return;
  }
  showPanel();
  byId("token-dialog").showModal();
  byId("token-dialog").querySelector(".acts .main").focus({ preventScroll: true });
}

function showPanel() {
  const { token, clock_skew: skew } = last;
  const facts = [
    ["State", `${WORDS[token.state]}: ${token.words}`],
    ["Token id", token.token_id ?? "none"],
    ["Age", token.age === undefined ? "none" : `${span(token.age)} of ${span(token.lifetime)} (asked for by: ${token.cause})`],
    ["Expires in", token.expires_in === undefined ? "none" : span(token.expires_in)],
    ["Next renewal", `in ${span(token.next_renewal_in)}`],
    ["Last error", token.last_error ?? "none"],
    ["Clock skew", skew === null ? "not known" : Math.abs(skew) <= DATE_STEP ? "none: as the server's" : `${skew} s (the server's clock against ours)`],
    ["401 answers", `${token.unauthorized} seen, ${token.replays} replayed`],
  ];
  const scopes = (token.scopes ?? []).map((scope) => el("code", {}, scope));
  const past = [...token.history].reverse().map((one) => el("li", {},
    el("span", { class: "soft" }, `${span(one.ago)} ago`),
    el("span", { class: one.renewed ? "good" : "bad" }, one.renewed ? "renewed" : "failed"),
    el("span", {}, one.cause), el("span", {}, one.words)));
  const box = byId("token-dialog").querySelector(".content");
  const focused = box.contains(document.activeElement);
  fill(box,
    el("dl", { class: "facts" }, facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    el("h3", {}, "Renewals"), renewals(token.history, 34), el("ol", { class: "past", tabindex: 0, "aria-label": "Renewals, youngest first" }, past),
    el("h3", {}, "Scopes"), scopes.length ? el("div", { class: "scopes" }, scopes) : el("p", {}, "not told"),
    el("div", { class: "acts" }, el("button", { onclick: renew }, "Renew now"),
      el("button", { class: "main", onclick: () => byId("token-dialog").close() }, "Close")));
  if (focused) box.querySelector(".acts .main").focus({ preventScroll: true });
}
