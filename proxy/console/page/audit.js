// What people did through the admin listener: the last actions, asked for when the dialog opens.
import { byId, clock, el, fill } from "/console/dom.js";
import { asking, get } from "/console/ledger-words.js";
import { has, language, t } from "/console/words.js";

export const openAudit = asking(async () => {
  const { actions, gone } = await get("/audit");
  const dialog = byId("audit-dialog");
  fill(dialog.querySelector(".content"),
    actions.length ? table(actions) : el("p", { class: "empty" }, t("audit.none")),
    gone ? el("p", { class: "soft" }, t("audit.gone", gone)) : null,
    el("div", { class: "acts" },
      el("button", { onclick: openAudit }, t("audit.again")),
      el("button", { class: "main", onclick: () => dialog.close() }, t("close"))));
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(".acts .main").focus({ preventScroll: true });
});

function table(actions) {
  return el("table", { class: "ledger" },
    el("thead", {}, el("tr", {}, ["column.time", "audit.action", "audit.who", "audit.facts"].map((head) => el("th", { scope: "col" }, t(head))))),
    el("tbody", {}, actions.map((one) => el("tr", {},
      el("td", { class: "when" }, moment(one.at)),
      el("td", {}, word("action", one.action), " ", el("span", { class: one.outcome === "done" ? "good" : "bad" }, word("outcome", one.outcome))),
      el("td", {}, who(one)),
      el("td", { class: "mono" }, facts(one))))));
}

// The day as well, unless it is today.
const moment = (at) => { const day = new Date(at * 1000); return `${day.toDateString() === new Date().toDateString() ? "" : `${day.toLocaleDateString(language)} `}${clock(at)}`; };
const word = (group, code) => (has(`audit.${group}.${code}`) ? t(`audit.${group}.${code}`) : code);
const who = ({ name, via, session, uid }) => [name, t(`audit.via.${via}`, session), uid === null ? "" : `uid ${uid}`].filter(Boolean).join(", ");
const shown = (value) => (value === true ? "✓" : value === false ? "✗" : value);
const facts = ({ facts: found }) => Object.entries(found).map(([name, value]) => `${word("fact", name)}: ${shown(value)}`).join(", ");
