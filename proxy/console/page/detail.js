// One exchange: overview, request, response, and what the proxy changed.
import { byId, clock, el, fill, ms, size, targetOf } from "/console/dom.js";
import { body } from "/console/body.js";
import { waterfall } from "/console/charts.js";

const TABS = { overview: "Overview", request: "Request", response: "Response", changes: "Changes" };
const NONE = "Choose an exchange to see its fields, bodies, what the proxy changed, and where the time went.";

export class Detail {
  constructor(acts) {
    this.acts = acts;
    this.box = byId("detail");
    this.tab = "overview";
    this.entry = null;
    this.none();
  }

  none(words = NONE) {
    this.entry = null;
    document.body.classList.remove("open");
    fill(this.box, el("h2", { id: "detail-title", class: "hidden" }, "Exchange"), el("div", { class: "empty" }, words));
  }

  async show(id) {
    this.wanted = id;
    let entry = null;
    try {
      const response = await fetch(`/console/api/exchanges/${encodeURIComponent(id)}`);
      if (response.ok) entry = await response.json();
    } catch { /* told below */ }
    if (this.wanted !== id) return;
    if (!entry) {
      this.none("This exchange is no longer kept.");
      return;
    }
    this.entry = entry;
    document.body.classList.add("open");
    this.paint();
  }

  choose(tab) {
    if (!this.entry) return;
    this.tab = tab;
    this.paint();
  }

  paint() {
    const { entry, acts } = this;
    const old = this.box.contains(document.activeElement) && document.activeElement.id;
    const replay = entry.replay;
    const head = el("div", { class: "head" },
      el("h2", { id: "detail-title", class: "mono", tabindex: entry.target.length > 300 ? 0 : null }, el("span", { class: `m ${entry.method}` }, entry.method), " ", targetOf(entry)),
      el("p", { class: "meta" },
        el("span", { class: `s s${Math.floor((entry.status ?? 0) / 100)}` }, entry.status ? String(entry.status) : "no answer"),
        ...[clock(entry.at), `${ms(entry.ms)} ms`, `${size(entry.received)} up, ${size(entry.sent)} down`, entry.id].map((fact) => el("span", {}, fact))),
      el("div", { class: "acts" },
        el("button", { class: "back", onclick: acts.back }, "← List"),
        el("button", { id: "act-copy", onclick: acts.copy, title: "Copy as (c)" }, "Copy as…"),
        el("button", { id: "act-replay", onclick: acts.replay, disabled: !replay.allowed, title: replay.allowed ? "Send again (r)" : replay.why_not }, "Replay"),
        el("button", { id: "act-edit", onclick: acts.edit, disabled: !replay.allowed, title: replay.allowed ? "Edit and send (e)" : replay.why_not }, "Edit and replay"),
        el("a", { class: "button", href: `/console/api/har?id=${encodeURIComponent(entry.id)}`, download: "breb-proxy.har" }, "HAR")));
    const names = Object.keys(TABS);
    const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the exchange" }, names.map((name) =>
      el("button", { role: "tab", id: `tab-${name}`, "aria-selected": name === this.tab, "aria-controls": "panel",
        tabindex: name === this.tab ? 0 : -1, onclick: () => this.choose(name) }, TABS[name])));
    tabs.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      this.choose(names[(names.indexOf(this.tab) + by + names.length) % names.length]);
      byId(`tab-${this.tab}`).focus();
    });
    const panel = el("div", { class: "panel", id: "panel", role: "tabpanel", tabindex: 0, "aria-labelledby": `tab-${this.tab}` }, this[this.tab]());
    fill(this.box, head, tabs, panel);
    if (old) byId(old)?.focus();
  }

  overview() {
    const { entry } = this;
    const parts = [...explanation(entry)];
    if (entry.phases.length) parts.push(el("h3", {}, "Where the time went"), waterfall(entry.phases, Math.max(entry.ms, 0.001)));
    parts.push(el("h3", {}, "Attempts"));
    if (!entry.tries.length) parts.push(el("p", {}, "Nothing was sent to the upstream."));
    else parts.push(table("tries", ["Answer", "Sent to the upstream"], entry.tries.map((one) => [one.status ? String(one.status) : "none", one.line])));
    return parts;
  }

  request() { return side(this.entry.request, "Request body"); }

  response() {
    if (!this.entry.status) return [el("p", { class: "note bad" }, "The caller got no answer."), ...explanation(this.entry)];
    return [...explanation(this.entry), ...side(this.entry.response, "Response body")];
  }

  changes() {
    const { request, response } = this.entry.changes;
    if (!request.length) return [el("p", {}, "Nothing was sent to the upstream, so nothing was changed.")];
    return [el("h3", {}, "Request"), changeTable(request, "The caller sent", "The upstream got"),
      el("h3", {}, "Response"), response.length ? changeTable(response, "The upstream sent", "The caller got") : el("p", {}, "No answer came.")];
  }
}

function explanation(entry) {
  const { trouble, note } = entry;
  const parts = [];
  const say = (words) => parts.push(el("p", { class: "note" }, words));
  if (trouble) {
    const who = trouble.kind === "refused" ? "The proxy refused this request: " : "The proxy could not do it: ";
    const box = el("div", { class: "note bad" }, el("p", {}, el("b", {}, who), trouble.words), el("p", {}, el("b", {}, "Next: "), trouble.next_step));
    if (trouble.outcome === "unknown") box.append(el("p", {}, el("b", {}, "Outcome unknown: "), "the upstream may have carried it out."));
    if (trouble.outcome === "not-sent") box.append(el("p", {}, "It was not sent: nothing happened upstream."));
    parts.push(box);
  } else if (entry.left) {
    say("The caller left before the end; the upstream exchange was aborted.");
  } else if (entry.mark === "upstream" && !note) {
    say(`The upstream itself answered ${entry.status}; the proxy passed it on.`);
  }
  if (entry.replayed) say("The upstream answered 401, so the proxy renewed the token and sent the request once more.");
  if (note) say(note);
  if (entry.replay_of) say(`Sent from this page, again after ${entry.replay_of}.`);
  return parts;
}

function side(message, says) {
  return [el("h3", {}, "Fields"), message.lines.length ? table("", ["Name", "Value"], message.lines) : el("p", {}, "none"), el("h3", {}, "Body"), ...body(message, says)];
}

function table(kind, heads, rows) {
  return el("table", { class: `fields ${kind}` },
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), rest.map((value) => el("td", {}, value))))));
}

function changeTable(rows, before, after) {
  return el("table", { class: "fields sides" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, before), el("th", { scope: "col" }, after), el("th", { scope: "col", class: "why" }, "Why"))),
    el("tbody", {}, aligned(rows).map(([left, right]) => {
      const kept = left === right;
      return el("tr", {},
        el("td", { class: kept ? "" : "del" }, kept ? words(left) : left && ["− ", el("span", {}, words(left))]),
        el("td", { class: kept ? "" : "add" }, kept ? words(left) : right && `+ ${words(right)}`),
        el("td", { class: "why" }, (right ?? left).why));
    })));
}

const words = ({ name, value }) => `${name}: ${value}`;

// What replaces a field stands beside it, unless that would put a column out of order.
function aligned(rows) {
  const pairs = [];
  for (const row of rows) {
    const free = pairs.slice(pairs.findLastIndex((pair) => pair[1]) + 1);
    const beside = free.find(([left]) => left.name.toLowerCase() === row.name.toLowerCase());
    if (row.change === "kept") pairs.push([row, row]);
    else if (row.change === "removed") pairs.push([row, null]);
    else if (beside) beside[1] = row;
    else pairs.push([null, row]);
  }
  return pairs;
}
