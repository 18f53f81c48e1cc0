// Copy as, replay, edited replay.
import { byId, copyText, el, fill, post, toast } from "/console/dom.js";
import { ask } from "/console/session.js";
import { has, t, told } from "/console/words.js";

const FORMS = {
  curl: "curl", powershell: "PowerShell", httpie: "HTTPie", python: "Python", javascript: "JavaScript",
  java: "Java", csharp: "C#", php: "PHP", postman: "Postman",
};
const content = (name) => byId(name).querySelector(".content");
const field = (label, control) => el("label", { class: "field" }, label, control);
const remembered = () => (Object.hasOwn(FORMS, localStorage.getItem("form") ?? "") ? localStorage.getItem("form") : "curl");

export async function openCopy(entry, form = remembered()) {
  let text;
  try {
    const response = await ask(`/console/api/exchanges/${encodeURIComponent(entry.id)}/${form}`);
    text = response.ok ? await response.text() : told((await response.json()).detail);
  } catch {
    text = t("unreached");
  }
  const dialog = byId("copy-dialog");
  const choose = (name) => { localStorage.setItem("form", name); openCopy(entry, name); };
  const choices = Object.entries(FORMS).map(([name, label]) => el("button", { id: `form-${name}`,
    "aria-pressed": name === form, onclick: () => choose(name) }, label));
  fill(content("copy-dialog"),
    el("div", { class: "forms" }, choices),
    el("pre", { id: "copy-text", tabindex: 0 }, text),
    text.includes("••••") ? el("p", { class: "soft" }, t("copy.masked")) : null,
    el("p", { class: "soft" }, t(has(`copy.${form}`) ? `copy.${form}` : "copy.all")),
    el("div", { class: "acts" }, el("button", { onclick: () => dialog.close() }, t("close")),
      el("button", { class: "main", onclick: () => copyText(text) }, t("copy"))));
  if (!dialog.open) dialog.showModal();
  byId(`form-${form}`).focus();
}

// Where a body stops being JSON, in words; nothing if it is JSON.
function broken(body) {
  try {
    JSON.parse(body);
    return "";
  } catch (error) {
    const [, line, column] = /line (\d+) column (\d+)/.exec(error.message) ?? [];
    return line ? t("json.broken-at", line, column) : t("json.broken");
  }
}

// Why the question names no amount.
function amountless({ action, money }, body) {
  if (action !== "payment" || money) return null;
  return el("p", { class: "note bad" }, `${broken(body) || t("ask.no-amount")} ${t("ask.amount-unknown")}`);
}

export class Again {
  constructor(done) { this.done = done; }

  async send(wish, button) {
    if (button) button.disabled = true;
    try {
      const answer = await post("/console/api/replay", wish);
      if (answer.asks) this.ask(wish, answer);
      else if (answer.ok) {
        byId("replay-dialog").close();
        toast(answer.status === null ? t("sent.silent") : t("sent.answered", answer.status));
        this.done(answer.id);
      } else toast(t("sent.not", told(answer.detail)));
    } catch {
      toast(t("unreached"));
    } finally {
      if (button) button.disabled = false;
    }
  }

  replay(entry) {
    this.entry = entry;
    if (!entry.replay.allowed) toast(t("sent.not", told(entry.replay.why_not)));
    else if (!entry.replay.as_it_is) this.edit(entry);
    else this.send({ of: entry.id });
  }

  ask(wish, { detail, would }) {
    const dialog = byId("replay-dialog");
    byId("replay-title").textContent = t("ask.title");
    const back = el("button", { onclick: () => dialog.close() }, t("cancel"));
    const go = el("button", { class: "risk", onclick: () => this.send({ ...wish, confirmed: true }, go) }, t("ask.go"));
    const doubt = this.entry?.in_doubt && el("p", { class: "note bad" }, el("b", {}, `${t("trouble.unknown")} `), t("ask.unknown"));
    fill(content("replay-dialog"), doubt, el("p", { class: "note bad" }, `${told(detail)}.`),
      would && amountless(would, wish.body ?? this.entry?.replay.body),
      el("p", { class: "soft" }, t("ask.first")), el("div", { class: "acts" }, back, go));
    if (!dialog.open) dialog.showModal();
    back.focus();
  }

  edit(entry) {
    this.entry = entry;
    const old = entry.replay;
    const dialog = byId("replay-dialog");
    byId("replay-title").textContent = t("edit.title");
    const method = el("input", { value: old.method, maxlength: 64, spellcheck: "false" });
    const target = el("input", { value: old.target, spellcheck: "false" });
    const fields = el("textarea", { rows: 5, spellcheck: "false" });
    fields.value = old.fields.map(([name, value]) => `${name}: ${value}`).join("\n");
    const text = el("textarea", { rows: 9, spellcheck: "false" });
    text.value = old.body ?? "";
    text.disabled = old.body === null;
    const judged = el("p", { class: "note bad", role: "status" });
    const judge = () => {
      const meant = entry.request.json || /^content-type:.*json/im.test(fields.value);
      const wrong = meant && !text.disabled && text.value.trim() ? broken(text.value) : "";
      judged.hidden = !wrong;
      judged.textContent = wrong && `${wrong} ${t("edit.broken")}`;
    };
    for (const control of [text, fields]) control.addEventListener("input", judge);
    judge();
    const notes = [];
    if (old.why_not) notes.push(t("edit.not-as-it-was", told(old.why_not)));
    if (old.left_out.length) notes.push(t("edit.left-out", old.left_out.join(", ")));
    if (old.body === null) notes.push(t("edit.binary"));
    const wish = () => ({
      of: entry.id, method: method.value.trim(), target: target.value.trim(),
      fields: fields.value.split("\n").filter((line) => line.trim()).map((line) => {
        const at = line.indexOf(":");
        return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
      body: old.body === null || text.value === old.body ? null : text.value,
    });
    const go = el("button", { class: "main", onclick: () => this.send(wish(), go) }, t("edit.go"));
    fill(content("replay-dialog"), ...notes.map((note) => el("p", { class: "note" }, note)),
      field(t("method"), method), field(t("edit.path"), target), field(t("edit.headers"), fields), field(t("edit.body"), text), judged,
      el("div", { class: "acts" }, el("button", { onclick: () => dialog.close() }, t("cancel")), go));
    if (!dialog.open) dialog.showModal();
    target.focus();
  }
}
