// The ledger: what may have changed something, what the API has of it, and a person's verdict.
import { byId, el, fill, grouped, methodClass, post, toast } from "/console/dom.js";
import { below, cell, path, tag } from "/console/rows.js";
import { ask } from "/console/session.js";
import { has, t, told } from "/console/words.js";

const API = "/console/api/ledger";
const content = () => byId("ledger-dialog").querySelector(".content");
let doubt = true;
let shown = false;

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

async function get(path) {
  const response = await ask(path);
  const document = await response.json();
  if (!response.ok) throw new Error(document.detail);
  return document;
}

// Runs what asks the proxy; what it says against it is shown, not thrown.
const asking = (work) => async (...given) => {
  try { await work(...given); } catch (error) { toast(error instanceof TypeError ? t("unreached") : error.message); }
};

// `left`: the number of the row that one comes back from.
const list = asking(async (before = "", left = 0) => {
  const { rows, counts } = await get(`${API}?${new URLSearchParams({ in_doubt: doubt ? 1 : 0, limit: 30, before })}`);
  const only = el("input", { type: "checkbox", onchange: (event) => { doubt = event.target.checked; list(); } });
  only.checked = doubt;
  fill(content(),
    el("p", { class: "only" }, el("label", {}, only, ` ${t("ledger.only-doubt", counts.in_doubt)}`)),
    rows.length ? table(rows) : el("p", { class: "empty" }, t(doubt ? "ledger.no-doubt" : "ledger.empty")),
    el("div", { class: "acts" },
      before ? el("button", { onclick: () => list() }, t("ledger.newest")) : "",
      rows.length === 30 ? el("button", { onclick: () => list(rows.at(-1).number) }, t("ledger.older")) : "",
      el("button", { class: "main", onclick: () => byId("ledger-dialog").close() }, t("close"))));
  content().querySelector(`[data-number="${left}"] button`)?.focus();
});

const amount = ({ payment }) => [payment["amount.value"] && grouped(payment["amount.value"]), payment["amount.currency"]].filter(Boolean).join(" ");
const outcome = (row) => `${t(`ledger.${row.outcome ?? "open"}`)}${row.verdicts.length ? ` · ${verdict(row.verdicts.at(-1))}` : ""}`;
const tone = (row) => (row.in_doubt ? "bad" : row.outcome === "answered" ? "good" : "soft");
const verdict = ({ made }) => t(made ? "ledger.made" : "ledger.not-made");
const when = (text) => text.slice(0, 19).replace("T", " ");

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
  return el("tr", { "data-number": row.number, onclick: () => show(row.number) },
    cell("c-when", at), cell("c-method", el("span", { class: methodClass(row.method) }, row.method)),
    el("td", { title: row.path }, el("div", { class: "path" }, el("button", { class: "opener", "aria-label": name }, path(row.path)[0]),
      below(at, el("span", { class: "sum" }, sum), tag(tone(row), outcome(row))))),
    called ? cell("c-caller", el("span", { class: "cut" }, row.caller)) : null, cell("c-amount", sum));
}

const pairs = (row) => [
  ["ledger.row", `#${row.number}`], ["exchange", row.exchange], ["column.path", `${row.method} ${row.path}`],
  ["column.caller", row.caller], ["ledger.when", when(row.opened_at)], ...Object.entries(row.payment),
  ...Object.entries(row.answer).map(([name, value]) => [t("ledger.answers", name), value]),
  ["SHA-256", row.body_sha256], ["ledger.reason", row.reason],
  ...row.verdicts.map((each) => [t("ledger.verdict"), `${verdict(each)} · ${each.author} · ${when(each.at)} · ${each.note}`]),
].filter(([, value]) => value);

const show = asking(async (number) => {
  const row = await get(`${API}/${number}`);
  // A look-up renews the facts alone: what is typed below them stays, and a row that was left is drawn over no other.
  const facts = el("div", {}, ...factsOf(row));
  const look = el("button", { id: "ledger-look-up", onclick: async () => { look.disabled = true; await lookUp(number, facts); look.disabled = false; } }, t("ledger.look-up"));
  fill(content(), facts, row.outcome ? settling(number) : "",
    el("div", { class: "acts" }, el("button", { id: "ledger-back", onclick: () => list("", number) }, t("ledger.back")), look));
  byId("ledger-back").focus();
});

const factsOf = (row) => [
  el("p", { class: row.in_doubt ? "note bad" : "note" }, el("b", {}, `${t(`ledger.${row.outcome ?? "open"}`)}: `), t(`ledger.${row.outcome ?? "open"}.why`)),
  el("table", { class: "ledger" }, el("tbody", {}, pairs(row).map(([name, value]) => el("tr", {},
    el("th", { scope: "row" }, has(name) ? t(name) : name), el("td", { class: "mono" }, value))))),
];

const lookUp = asking(async (number, facts) => {
  const found = await post(`${API}/${number}/look-up`);
  if (!found.ok) throw new Error(found.detail);
  fill(facts, ...factsOf(found.row), ...beside(found.row, found));
});

// What the API has, beside what the row tells: what agrees, and what does not.
function beside(row, { candidates, said, asked }) {
  const ours = { ...row.payment, ...row.answer, created_at: row.opened_at };
  const mark = ({ agrees, differs }, name) => {
    const compared = name === "created_at" ? "time" : name;
    if (agrees.includes(compared)) return el("span", { class: "good" }, " ✓");
    return differs.includes(compared) ? el("span", { class: "bad" }, " ✗") : "";
  };
  return [
    el("p", { class: "note", id: "ledger-found" }, told(said)),
    ...candidates.map((each) => el("table", { class: "ledger" },
      el("thead", {}, el("tr", {}, el("th"), el("th", { scope: "col" }, t("ledger")), el("th", { scope: "col" }, t("ledger.api")))),
      el("tbody", {}, Object.entries(each.known).map(([name, value]) => el("tr", {},
        el("th", { scope: "row" }, name), el("td", { class: "mono" }, ours[name] ?? "–"),
        el("td", { class: "mono" }, value, mark(each, name))))))),
    ...asked.map(({ target, status }) => el("p", { class: "soft mono" }, `GET ${target} → ${status ?? "–"}`)),
  ];
}

function settling(number) {
  const note = el("input", { id: "ledger-note", type: "text", maxlength: 2000, autocomplete: "off", required: true });
  const author = el("input", { id: "ledger-author", type: "text", maxlength: 100, required: true });
  author.value = localStorage.getItem("author") ?? "";
  const say = (made) => asking(async () => {
    if (!note.reportValidity() || !author.reportValidity()) return;
    localStorage.setItem("author", author.value);
    const answer = await post(`${API}/${number}/verdict`, { made, note: note.value, author: author.value });
    if (!answer.ok) throw new Error(answer.detail);
    toast(t("ledger.settled"));
    await show(number);
  })();
  const field = (label, control) => el("label", { class: "field" }, t(label), control);
  return el("form", { onsubmit: (event) => event.preventDefault() },
    field("ledger.note", note), field("ledger.author", author),
    el("div", { class: "acts" },
      el("button", { id: "ledger-made", type: "button", onclick: () => say(true) }, t("ledger.made")),
      el("button", { id: "ledger-not-made", type: "button", onclick: () => say(false) }, t("ledger.not-made"))));
}
