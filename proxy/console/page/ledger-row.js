// One row of the ledger: what is known of it, what the API has of it, and a person's verdict.
import { clock, el, fill, byId, post, toast } from "/console/dom.js";
import { API, asking, get, outcomeOf, verdictOf, when } from "/console/ledger-words.js";
import { has, t, told } from "/console/words.js";

const KINDS = ["settled", "rejected", "not-found"];
// The list's entries, and what opens one: the list's owner sets both.
export const exchanges = { kept: () => [], open: () => {} };
const content = () => byId("ledger-dialog").querySelector(".content");

// `back` draws the list again, `find` those rows that hold a text.
export const show = asking(async (number, back, find) => {
  const row = await get(`${API}/${number}`);
  // A look-up renews the facts alone: what is typed below them stays, and a row that was left is drawn over no other.
  const facts = el("div", {}, ...factsOf(row));
  const verdict = row.outcome ? settling(number, back, find) : null;
  const resolution = row.payment.resolution_id;
  const look = el("button", { id: "ledger-look-up", class: row.in_doubt ? "main" : "", onclick: async () => { look.disabled = true; await lookUp(number, facts, verdict); look.disabled = false; } }, t("ledger.look-up"));
  fill(content(), facts,
    el("div", { class: "acts" }, el("button", { id: "ledger-back", onclick: () => back(number) }, t("ledger.back")), look,
      ...listed(row), resolution && el("button", { id: "ledger-repeats", onclick: () => find(resolution) }, t("life.repeats"))),
    verdict);
  byId("ledger-back").focus();
});

// Its own exchange and those that repeated it, the oldest first, as far as the list has them: the newest few.
const listed = (row) => exchanges.kept().filter(({ id, repeat_of: of }) => id === row.exchange || of === row.number).slice(0, 4).reverse()
  .map((entry) => el("button", { class: "listed", onclick: () => { byId("ledger-dialog").close(); exchanges.open(entry.id); } },
    entry.id === row.exchange ? t("repeat.exchange", clock(entry.at)) : t("repeat.at", clock(entry.at), entry.status ?? "–")));

const why = (row) => (row.outcome === "answered" && row.in_doubt ? "ledger.failed.why" : `ledger.${row.outcome ?? "open"}.why`);

const pairs = (row) => [
  ["ledger.row", `#${row.number}`], ["exchange", row.exchange], ["column.path", `${row.method} ${row.path}`],
  ["column.caller", row.caller], ["ledger.when", when(row.opened_at)], ...Object.entries(row.payment),
  ["ledger.status", row.status], ...Object.entries(row.answer).map(([name, value]) => [t("ledger.answers", name), value]),
  ["ledger.attempts", row.attempts], ["ledger.token", row.token_id], ["SHA-256", row.body_sha256], ["ledger.reason", row.reason],
].filter(([, value]) => value || value === 0);

// What happened to it, in the order of time, and how it stands.
const life = (row) => el("ol", { class: "story", "aria-label": t("life") },
  together(moments(row)).map(([at, words, more]) => el("li", {}, el("time", { datetime: at }, when(at)), el("span", {}, words, more))),
  el("li", { class: row.in_doubt ? "bad" : "" }, el("b", {}, t("life.now")), el("span", {}, now(row))));

const moments = (row) => [
  [row.opened_at, [t("life.opened"), row.caller].filter(Boolean).join(" · ")],
  row.closed_at && [row.closed_at, [outcomeOf(row), row.answer.id, row.answer.status].filter(Boolean).join(" · ")],
  ...row.evidence.map((each) => [each.at, `${t("ledger.evidence")}: ${told(each.said)}`]),
  ...row.verdicts.map((each) => [each.at, each.by_proxy ? verdictOf(each) : [verdictOf(each), each.author, each.note].join(" · ")]),
].filter(Boolean).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));

// What was found again and again is told once.
function together(all) {
  const told = [];
  for (const [at, words] of all) {
    const last = told.at(-1);
    if (last?.words === words) Object.assign(last, { times: last.times + 1, until: at });
    else told.push({ at, words, times: 1 });
  }
  return told.map(({ at, words, times, until }) => [at, words, times > 1 ? ` (${t("life.times", times, when(until))})` : ""]);
}

function now({ verdicts, asking: asked, disagrees, ...row }) {
  const next = asked && (asked.next ? t("life.next", when(asked.next)) : t("ledger.asked.no-more"));
  const stands = verdicts.length ? [verdictOf(verdicts.at(-1))] : asked ? [told(asked.said), next] : [outcomeOf(row), row.answer.status];
  return [...stands, disagrees && t("ledger.disagrees")].filter(Boolean).join(" · ");
}

const factsOf = (row) => [
  el("p", { class: row.in_doubt ? "note bad" : "note" }, el("b", {}, `${outcomeOf(row)}: `), t(why(row)), row.in_doubt ? ` ${t("ledger.doubt.why")}` : null),
  life(row),
  el("table", { class: "ledger" }, el("tbody", {}, pairs(row).map(([name, value]) => el("tr", {},
    el("th", { scope: "row" }, has(name) ? t(name) : name), el("td", { class: "mono" }, String(value)))))),
];

const lookUp = asking(async (number, facts, verdict) => {
  const found = await post(`${API}/${number}/look-up`);
  if (!found.ok) throw new Error(told(found.said ?? found.detail));
  const [note, past, table] = factsOf(found.row);
  fill(facts, note, ...beside(found.row, found), past, table);
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
    ...asked.map(({ target, status, pages, back_to: back }) => el("p", { class: "soft mono broken" },
      `GET ${target} → ${status ?? "–"}`, back ? ` · ${t("ledger.read-back", pages, when(back))}` : "")),
  ];
}

function settling(number, back, find) {
  const note = el("input", { id: "ledger-note", type: "text", maxlength: 2000, autocomplete: "off", required: true });
  const author = el("input", { id: "ledger-author", type: "text", maxlength: 100, required: true });
  author.value = localStorage.getItem("author") ?? "";
  const say = (kind) => asking(async () => {
    if (!note.reportValidity() || !author.reportValidity()) return;
    localStorage.setItem("author", author.value);
    const answer = await post(`${API}/${number}/verdict`, { kind, note: note.value, author: author.value });
    if (!answer.ok) throw new Error(told(answer.said ?? answer.detail));
    toast(answer.reverses ? t("ledger.reverses", answer.reverses.author, t(`ledger.kind.${answer.reverses.kind}`)) : t("ledger.settled"));
    await show(number, back, find);
  })();
  const field = (label, control) => el("label", { class: "field" }, t(label), control);
  return el("form", { onsubmit: (event) => event.preventDefault() },
    field("ledger.note", note), field("ledger.author", author),
    el("div", { class: "acts" }, KINDS.map((kind) => el("button", { id: `ledger-${kind}`, type: "button", title: t(`ledger.kind.${kind}.why`), onclick: () => say(kind) }, t(`ledger.kind.${kind}`)))));
}
