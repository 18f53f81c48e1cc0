// One exchange, or two side by side.
import { byId, clock, el, fill, methodClass, ms, size, statusClass, targetOf } from "/console/dom.js";
import { mark, scrollTo } from "/console/found.js";
import { ask } from "/console/session.js";
import { TABS, view } from "/console/views.js";
import { t, told } from "/console/words.js";

const remembered = () => (TABS.includes(localStorage.getItem("tab")) ? localStorage.getItem("tab") : TABS[0]);

export class Detail {
  constructor(acts) {
    this.acts = acts;
    this.box = byId("detail");
    this.tab = remembered();
    this.entry = null;
    this.other = null;
  }

  none() {
    this.entry = this.other = this.wanted = null;
    document.body.classList.remove("open", "compare");
    fill(this.box, el("h2", { id: "detail-title", class: "hidden" }, t("exchange")));
  }

  // Shows `id`, with `other` beside it; false if it is no longer kept.
  async show(id, other = "") {
    this.wanted = `${id} ${other}`;
    const [entry, beside] = await Promise.all([get(id), other ? get(other) : null]);
    if (this.wanted !== `${id} ${other}`) return true;
    this.entry = entry;
    this.other = beside;
    document.body.classList.add("open");
    document.body.classList.toggle("compare", Boolean(entry && beside));
    this.tab = remembered();
    if (entry) this.look();
    else this.gone();
    return Boolean(entry);
  }

  // Opens on the part that holds most of what is looked for; which one that is, is not remembered.
  look() {
    if (!this.entry) return;
    const terms = this.acts.terms();
    const own = this.tab;
    let best = { tab: own, found: this.paint() };
    for (const tab of terms.length ? TABS : []) {
      if (best.found.terms.size === terms.length) break;
      this.tab = tab;
      const found = this.paint();
      if (found.terms.size > best.found.terms.size) best = { tab, found };
    }
    if (this.tab !== best.tab) { this.tab = best.tab; best.found = this.paint(); }
    scrollTo(byId("panel"), best.found.places);
  }

  gone() {
    fill(this.box, el("h2", { id: "detail-title", class: "hidden" }, t("exchange")),
      el("div", { class: "empty" }, el("p", {}, t("gone")), el("button", { onclick: this.acts.back }, t("close"))));
  }

  choose(tab) {
    if (!this.entry) return;
    this.tab = tab;
    localStorage.setItem("tab", tab);
    this.paint();
  }

  paint() {
    const old = this.box.contains(document.activeElement) && document.activeElement.id;
    const both = this.other ? [this.other, this.entry] : [this.entry]; // the earlier one, as the original, on the left
    const columns = both.map((entry, at) => el("div", { class: "column" },
      this.other ? head(entry, null, at) : null,
      view(this.tab, entry, both[1 - at], () => this.paint())));
    const panel = el("div", { class: `panel${this.other ? " columns" : ""}`, id: "panel", role: "tabpanel", tabindex: 0, "aria-labelledby": `tab-${this.tab}` }, columns);
    fill(this.box, this.other ? this.title() : head(this.entry, this.buttons()), this.tabs(), panel);
    if (old) byId(old)?.focus();
    return mark(this.box, this.acts.terms());
  }

  title() {
    return el("div", { class: "head" }, el("div", { class: "acts" }, el("h2", { id: "detail-title" }, t("compare.title")), el("span", { class: "grow" }),
      el("button", { id: "act-close", onclick: this.acts.uncompare, title: t("compare.end-title") }, t("compare.end"))),
    el("p", { class: "soft" }, t("compare.help")));
  }

  buttons() {
    const { acts, entry } = this;
    const { replay } = entry;
    const off = !replay.allowed || entry.kind !== "";
    const why = replay.allowed ? null : told(replay.why_not);
    const beside = entry.replay_of ? t("compare.original") : t("compare.other");
    return el("div", { class: "acts" },
      el("button", { class: "back", onclick: acts.back }, `← ${t("list.back")}`),
      entry.kind ? null : el("button", { id: "act-copy", onclick: acts.copy, title: t("copy.key") }, t("copy.button")),
      entry.kind ? null : el("button", { id: "act-replay", onclick: acts.replay, disabled: off, title: why ?? t("replay.key") }, t("replay.button")),
      entry.kind ? null : el("button", { id: "act-edit", onclick: acts.edit, disabled: off, title: why ?? t("edit.key") }, t("edit.button")),
      el("button", { id: "act-compare", onclick: acts.compare, title: t("compare.key") }, beside),
      entry.repeat_of ? el("button", { id: "act-first", onclick: () => acts.first(entry.repeat_of) }, t("repeat.first", entry.repeat_of)) : null,
      entry.kind ? null : el("a", { class: "button", href: `/console/api/har?id=${encodeURIComponent(entry.id)}`, download: "breb-proxy.har" }, "HAR"),
      el("button", { id: "act-close", class: "quiet", onclick: acts.back, "aria-label": t("close"), title: t("close.key") }, "✕"));
  }

  tabs() {
    const bar = el("div", { class: "tabs", role: "tablist", "aria-label": t("tabs") }, TABS.map((name) =>
      el("button", { role: "tab", id: `tab-${name}`, "aria-selected": name === this.tab, "aria-controls": "panel",
        tabindex: name === this.tab ? 0 : -1, onclick: () => this.choose(name) }, t(`tab.${name}`))));
    bar.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      this.choose(TABS[(TABS.indexOf(this.tab) + by + TABS.length) % TABS.length]);
      byId(`tab-${this.tab}`).focus();
    });
    return bar;
  }
}

async function get(id) {
  try {
    const response = await ask(`/console/api/exchanges/${encodeURIComponent(id)}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function head(entry, buttons, at) {
  const facts = [clock(entry.at), `${ms(entry.ms)} ms`];
  if (!entry.kind) facts.push(t("size.both", size(entry.received), size(entry.sent))); // what no caller sent is not counted
  if (entry.caller) facts.push(t("caller.of", entry.caller));
  return el("div", { class: "head" },
    el("h2", { id: buttons ? "detail-title" : `title-${at}`, class: "mono", tabindex: entry.target.length > 300 ? 0 : null }, el("span", { class: methodClass(entry.method) }, entry.method), " ", targetOf(entry)),
    el("p", { class: "meta" }, el("span", { class: statusClass(entry) }, entry.status ? String(entry.status) : t("status.none")),
      [...facts, entry.id].map((fact) => el("span", {}, fact))),
    buttons);
}
