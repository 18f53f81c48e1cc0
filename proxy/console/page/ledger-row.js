// One row of the ledger: what is known of it, what the API has of it, and a person's verdict.
import { el, fill, byId, post, toast } from "/console/dom.js";
import { API, asking, get, outcomeOf, verdictOf, when } from "/console/ledger-words.js";
import { has, t, told } from "/console/words.js";

const KINDS = ["settled", "rejected", "not-found"];
const content = () => byId("ledger-dialog").querySelector(".content");

// `back` draws the list again.
export const show = asking(async (number, back) => {
  const row = await get(`${API}/${number}`);
  // A look-up renews the facts alone: what is typed below them stays, and a row that was left is drawn over no other.
  const facts = el("div", {}, ...factsOf(row));
  const verdict = row.outcome ? settling(number, back) : null;
  const look = el("button", { id: "ledger-look-up", class: row.in_doubt ? "main" : "", onclick: async () => { look.disabled = true; await lookUp(number, facts, verdict); look.disabled = false; } }, t("ledger.look-up"));
  fill(content(), facts,
    el("div", { class: "acts" }, el("button", { id: "ledger-back", onclick: () => back(number) }, t("ledger.back")), look),
    verdict);
  byId("ledger-back").focus();
});

const why = (row) => (row.outcome === "answered" && row.in_doubt ? "ledger.failed.why" : `ledger.${row.outcome ?? "open"}.why`);

const pairs = (row) => [
  ["ledger.row", `#${row.number}`], ["exchange", row.exchange], ["column.path", `${row.method} ${row.path}`],
  ["column.caller", row.caller], ["ledger.when", when(row.opened_at)], ...Object.entries(row.payment),
  ["ledger.status", row.status], ...Object.entries(row.answer).map(([name, value]) => [t("ledger.answers", name), value]),
  ["ledger.attempts", row.attempts], ["ledger.token", row.token_id], ["SHA-256", row.body_sha256], ["ledger.reason", row.reason],
  ...row.evidence.map((each) => ["ledger.evidence", `${when(each.at)} · ${told(each.said)}`]),
  ...(row.asking ? [["ledger.asked", told(row.asking.said)], ["ledger.asked.next", row.asking.next ? when(row.asking.next) : t("ledger.asked.no-more")]] : []),
  ["ledger.disagreement", row.disagrees && t("ledger.disagrees")],
  ...row.verdicts.map((each) => ["ledger.verdict", `${verdictOf(each)} · ${each.author} · ${when(each.at)} · ${each.note}`]),
].filter(([, value]) => value || value === 0);

const factsOf = (row) => [
  el("p", { class: row.in_doubt ? "note bad" : "note" }, el("b", {}, `${outcomeOf(row)}: `), t(why(row))),
  el("table", { class: "ledger" }, el("tbody", {}, pairs(row).map(([name, value]) => el("tr", {},
    el("th", { scope: "row" }, has(name) ? t(name) : name), el("td", { class: "mono" }, String(value)))))),
];

const lookUp = asking(async (number, facts, verdict) => {
  const found = await post(`${API}/${number}/look-up`);
  if (!found.ok) throw new Error(told(found.said ?? found.detail));
  const [note, table] = factsOf(found.row);
  fill(facts, note, ...beside(found.row, found), table);
  for (const button of verdict?.querySelectorAll("button") ?? []) button.classList.toggle("main", button.id === `ledger-${found.suggests}`);
});

// What the API has, beside what the row tells: what agrees, what is alike behind its mask, and what differs.
function beside(row, { candidates, said, asked, kind }) {
  const ours = { ...row.payment, ...row.answer, created_at: row.opened_at };
  const mark = ({ agrees, alike, differs }, name) => {
    const compared = name === "created_at" ? "time" : name;
    if (agrees.includes(compared)) return el("span", { class: "good" }, " ✓");
    if (alike.includes(compared)) return el("span", { class: "soft", title: t("ledger.alike") }, " ≈");
    return differs.includes(compared) ? el("span", { class: "bad" }, " ✗") : "";
  };
  return [
    el("p", { class: kind === "found" ? "note" : "note bad", id: "ledger-found" }, told(said)),
    ...candidates.map((each) => el("table", { class: "ledger" },
      each.row ? el("caption", { class: "soft" }, t("ledger.of-row", each.row)) : null,
      el("thead", {}, el("tr", {}, el("th"), el("th", { scope: "col" }, t("ledger")), el("th", { scope: "col" }, t("ledger.api")))),
      el("tbody", {}, Object.entries(each.known).map(([name, value]) => el("tr", {},
        el("th", { scope: "row" }, name), el("td", { class: "mono" }, ours[name] ?? "–"),
        el("td", { class: "mono" }, value, mark(each, name))))))),
    ...asked.map(({ target, status, pages, back_to: back }) => el("p", { class: "soft mono" },
      `GET ${target} → ${status ?? "–"}`, back ? ` · ${t("ledger.read-back", pages, when(back))}` : "")),
  ];
}

function settling(number, back) {
  const note = el("input", { id: "ledger-note", type: "text", maxlength: 2000, autocomplete: "off", required: true });
  const author = el("input", { id: "ledger-author", type: "text", maxlength: 100, required: true });
  author.value = localStorage.getItem("author") ?? "";
  const say = (kind) => asking(async () => {
    if (!note.reportValidity() || !author.reportValidity()) return;
    localStorage.setItem("author", author.value);
    const answer = await post(`${API}/${number}/verdict`, { kind, note: note.value, author: author.value });
    if (!answer.ok) throw new Error(told(answer.said ?? answer.detail));
    toast(answer.reverses ? t("ledger.reverses", answer.reverses.author, t(`ledger.kind.${answer.reverses.kind}`)) : t("ledger.settled"));
    await show(number, back);
  })();
  const field = (label, control) => el("label", { class: "field" }, t(label), control);
  return el("form", { onsubmit: (event) => event.preventDefault() },
    field("ledger.note", note), field("ledger.author", author),
    el("div", { class: "acts" }, KINDS.map((kind) => el("button", { id: `ledger-${kind}`, type: "button", title: t(`ledger.kind.${kind}.why`), onclick: () => say(kind) }, t(`ledger.kind.${kind}`)))));
}
