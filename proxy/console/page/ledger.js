// The ledger: what may have changed something.
import { byId, el, fill, grouped, methodClass } from "/console/dom.js";
import { show } from "/console/ledger-row.js";
import { API, asking, get, outcomeOf, verdictOf, when } from "/console/ledger-words.js";
import { below, cell, path, tag } from "/console/rows.js";
import { t, told } from "/console/words.js";

const content = () => byId("ledger-dialog").querySelector(".content");
let doubt = true;
let shown = false;
let text = ""; // what is looked for

// Called with each status: the button is there while there is a ledger, and counts what is in doubt.
export function ledgerState(ledger) {
  const button = byId("ledger-open");
  button.hidden = !ledger;
  if (!ledger) return;
  button.textContent = ledger.in_doubt ? t("ledger.doubts", ledger.in_doubt) : t("ledger");
  button.classList.toggle("bad", Boolean(ledger.in_doubt || ledger.problem));
  button.title = ledger.problem ? t("ledger.unwritable", told(ledger.failure)) : `${t("ledger.key")} ${ledger.file}`;
  if (!shown) doubt = ledger.in_doubt > 0;
}

export async function openLedger() {
  shown = true;
  if (!byId("ledger-dialog").open) byId("ledger-dialog").showModal();
  await list();
}

export async function openRow(number) {
  shown = true;
  if (!byId("ledger-dialog").open) byId("ledger-dialog").showModal();
  await open(number);
}

// `left`: the number of the row that one comes back from.
const list = asking(async (before = "", left = 0) => {
  const { rows, counts, head } = await get(`${API}?${new URLSearchParams({ in_doubt: doubt ? 1 : 0, limit: 30, before, text })}`);
  const only = el("input", { type: "checkbox", onchange: (event) => { doubt = event.target.checked; list(); } });
  only.checked = doubt;
  const find = el("input", { id: "ledger-find", type: "search", placeholder: t("ledger.find"), "aria-label": t("ledger.find"), autocomplete: "off" });
  find.value = text;
  const looked = async (event) => { event.preventDefault(); text = find.value.trim(); await list(); byId("ledger-find").focus(); };
  fill(content(),
    el("form", { class: "only", onsubmit: looked }, find, el("label", {}, only, ` ${t("ledger.only-doubt", counts.in_doubt)}`)),
    rows.length ? table(rows) : el("p", { class: "empty" }, t(text ? "ledger.not-there" : doubt ? "ledger.no-doubt" : "ledger.empty")),
    head && el("p", { class: "chain", title: t("ledger.head.why") }, `${t("ledger.head")} `, el("code", {}, head)),
    el("div", { class: "acts" },
      before ? el("button", { onclick: () => list() }, t("ledger.newest")) : "",
      rows.length === 30 ? el("button", { onclick: () => list(rows.at(-1).number) }, t("ledger.older")) : "",
      el("button", { class: "main", onclick: () => byId("ledger-dialog").close() }, t("close"))));
  content().querySelector(`[data-number="${left}"] button`)?.focus();
});

const holding = (wanted) => { [text, doubt] = [wanted, false]; return list(); };
const open = (number) => show(number, (left) => list("", left), holding);
const amount = ({ payment }) => [payment["amount.value"] && grouped(payment["amount.value"]), payment["amount.currency"]].filter(Boolean).join(" ");
// What is said of it, or how often the API was asked.
const since = (row) => (row.verdicts.length ? verdictOf(row.verdicts.at(-1)) : row.asking?.times && t("ledger.asked.times", row.asking.times));
const outcome = (row) => [outcomeOf(row), since(row), row.disagrees && t("ledger.disagreement")].filter(Boolean).join(" · ");
// An answer that refuses is no success.
const answered = ({ status }) => (status < 400 ? "good" : status < 500 ? "warn" : "soft");
const tone = (row) => (row.in_doubt ? "bad" : row.outcome === "answered" ? answered(row) : "soft");
// What tells two payments of one amount apart.
const mine = ({ number, payment, answer }) => [`#${number}`, payment.resolution_id ?? answer.id].filter(Boolean).join(" · ");

// Like the list of exchanges: a click anywhere on a row opens it, and so does its button.
function table(rows) {
  const called = rows.some((row) => row.caller);
  const heads = [["c-when", "ledger.when"], ["c-method", "method"], ["", "column.path"], called && ["c-caller", "column.caller"], ["c-amount", "ledger.amount"]];
  return el("table", { class: "rows" },
    el("thead", {}, el("tr", {}, heads.filter(Boolean).map(([name, head]) => el("th", { scope: "col", class: name }, t(head))))),
    el("tbody", {}, rows.map((row) => line(row, called))));
}

function line(row, called) {
  const [at, sum] = [when(row.opened_at), amount(row)];
  const name = [`#${row.number} ${row.method} ${row.path}`, sum, outcome(row), at].filter(Boolean).join(", ");
  return el("tr", { "data-number": row.number, onclick: () => open(row.number) },
    cell("c-when", at), cell("c-method", el("span", { class: methodClass(row.method) }, row.method)),
    el("td", { title: row.path }, el("div", { class: "path" }, el("button", { class: "opener", "aria-label": name }, path(row.path)[0]),
      below(at, el("span", { class: "sum" }, sum), tag(tone(row), outcome(row)), el("span", { class: "soft mono cut" }, mine(row))))),
    called ? cell("c-caller", el("span", { class: "cut" }, row.caller)) : null, cell("c-amount", sum));
}
