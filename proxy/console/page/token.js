// The token's life: state, countdowns, renewals. The token itself is never sent to a page.
import { aliveSection } from "/console/alive.js";
import { byId, el, fill, post, span, toast } from "/console/dom.js";
import { because, renewals } from "/console/charts.js";
import { has, t, told } from "/console/words.js";

const DATE_STEP = 2; // seconds: a Date has whole ones, and the answer takes a moment
let last; // undefined while nothing was heard, null while the proxy is lost
let heard = 0;
let awaited = false; // the dialog was asked for before there was anything to show
let panel = null; // the parts of the open dialog that change
const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const stateOf = (token) => (has(`state.${token.state}`) ? t(`state.${token.state}`) : token.state);

export function showStatus(status) {
  last = status;
  heard = performance.now();
  const mark = byId("environment");
  mark.className = `environment ${status.environment}`;
  mark.textContent = has(`environment.${status.environment}`) ? t(`environment.${status.environment}`) : status.environment.toUpperCase();
  byId("upstream").textContent = status.upstream;
  tell();
  if (byId("token-dialog").open) showPanel();
  if (awaited) openPanel();
}

export function lost() {
  last = null;
  if (awaited) openPanel();
  byId("token-state").className = "pill none";
  byId("token-state").textContent = t("state.unknown");
  byId("token-words").textContent = t("token.silent");
}

export function tell() {
  if (!last) return;
  const token = last.token;
  const since = (performance.now() - heard) / 1000;
  const state = byId("token-state");
  if (state.textContent !== stateOf(token)) {
    state.className = `pill ${token.state}`;
    state.textContent = stateOf(token);
  }
  const usable = Math.max(0, (token.usable_for ?? 0) - since);
  const renewal = Math.max(0, token.next_renewal_in - since);
  const failure = told(token.failure);
  write(byId("token-words"), token.token_id === undefined || usable === 0
    ? (failure ? t("token.failing", failure, span(renewal)) : t("token.waiting", span(renewal)))
    : t("token.usable", span(usable), span(renewal)) + (failure ? `; ${t("token.last-try", failure)}` : ""));
  life(token, since);
}

function life(token, since) {
  const box = byId("token-life");
  const age = (token.age ?? 0) + since;
  const share = token.lifetime ? Math.min(1, age / token.lifetime) : 0;
  const due = token.lifetime ? Math.min(1, (age + token.next_renewal_in - since) / token.lifetime) : 0;
  const [bar, mark] = box.children.length ? box.children : [el("i"), el("b", { title: t("token.next") })];
  if (!box.children.length) box.append(bar, mark);
  bar.style.width = `${share * 100}%`;
  mark.style.left = `${due * 100}%`;
  mark.hidden = !token.lifetime;
  box.setAttribute("aria-label", token.lifetime ? t("token.life", Math.round(share * 100)) : t("state.none"));
}

async function renew(event) {
  const button = event.target;
  button.disabled = true;
  try {
    const answer = await post("/refresh");
    toast(answer.renewed ? t("renew.done") : t("renew.failed", told(answer.failure) ?? t("renew.log")));
  } catch {
    toast(t("unreached"));
  } finally {
    button.disabled = false;
  }
}

export function openPanel() {
  awaited = last === undefined;
  if (!last) {
    if (!awaited) toast(t("unreached"));
    return;
  }
  layOut();
  showPanel();
  byId("token-dialog").showModal();
  byId("token-dialog").querySelector(".acts .main").focus({ preventScroll: true });
}

function facts() {
  const { token, clock_skew: skew } = last;
  const none = t("none");
  return [
    [t("fact.state"), stateOf(token)],
    [t("fact.id"), token.token_id ?? none],
    [t("fact.age"), token.age === undefined ? none : t("fact.age-of", span(token.age), span(token.lifetime), because(token.cause))],
    [t("fact.expires"), token.expires_in === undefined ? none : span(token.expires_in)],
    [t("fact.next"), t("in", span(token.next_renewal_in))],
    [t("fact.error"), told(token.failure) ?? none],
    [t("fact.skew"), skew === null ? t("fact.skew-unknown") : Math.abs(skew) <= DATE_STEP ? t("fact.skew-none") : t("fact.skew-some", skew)],
    [t("fact.unauthorized"), t("fact.unauthorized-of", token.unauthorized, token.replays)],
  ];
}

// Once for each opening: what is pressed, focused, scrolled or marked must not be exchanged under the hand.
function layOut() {
  const pairs = facts().map(([name]) => [el("dt", {}, name), el("dd")]);
  panel = {
    facts: pairs.map(([, value]) => value), chart: el("div"), scopes: el("div", { class: "scopes" }),
    past: el("ol", { class: "past", tabindex: 0, "aria-label": t("renewals.order") }),
  };
  fill(byId("token-dialog").querySelector(".content"),
    el("dl", { class: "facts" }, pairs.flat()),
    el("h3", {}, t("renewals")), panel.chart, panel.past,
    el("h3", {}, t("alive")), aliveSection(),
    el("h3", {}, t("scopes")), panel.scopes,
    el("div", { class: "acts" }, el("button", { id: "token-renew", onclick: renew }, t("renew")),
      el("button", { class: "main", onclick: () => byId("token-dialog").close() }, t("close"))));
}

function showPanel() {
  const { scopes = [], history } = last.token;
  facts().forEach(([, value], at) => { write(panel.facts[at], value); });
  fill(panel.chart, renewals(history));
  fill(panel.past, [...history].reverse().map((one) => el("li", {},
    el("span", { class: "soft" }, t("ago", span(one.ago))),
    el("span", { class: one.renewed ? "good" : "bad" }, t(one.renewed ? "renewals.renewed" : "renewals.failed")),
    el("span", {}, because(one.cause)), el("span", {}, told(one.said)))));
  if (panel.scopes.dataset.shown === String(scopes)) return;
  panel.scopes.dataset.shown = String(scopes);
  fill(panel.scopes, scopes.length ? scopes.map((scope) => el("code", {}, scope)) : t("scopes.none"));
}
