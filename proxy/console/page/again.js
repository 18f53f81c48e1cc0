// Copy as, replay, edited replay.
import { byId, copyText, el, fill, post, toast, UNREACHED } from "/console/dom.js";

const FORMS = { curl: "curl", httpie: "HTTPie", python: "Python", postman: "Postman" };
const content = (name) => byId(name).querySelector(".content");
const field = (label, control) => el("label", { class: "field" }, label, control);

export async function openCopy(entry, form = "curl") {
  let text;
  try {
    const response = await fetch(`/console/api/exchanges/${encodeURIComponent(entry.id)}/${form}`);
    text = response.ok ? await response.text() : (await response.json()).detail;
  } catch {
    text = UNREACHED;
  }
  const dialog = byId("copy-dialog");
  const choices = Object.entries(FORMS).map(([name, label]) => el("button", { id: `form-${name}`,
    "aria-pressed": name === form, onclick: () => openCopy(entry, name) }, label));
  fill(content("copy-dialog"),
    el("div", { class: "forms" }, choices),
    el("pre", { id: "copy-text", tabindex: 0 }, text),
    el("p", { class: "soft" }, form === "postman" ? "In Postman: Import, then paste as raw text." : "Goes through the proxy, so there is no credential in it."),
    el("div", { class: "acts" }, el("button", { onclick: () => dialog.close() }, "Close"),
      el("button", { class: "main", onclick: () => copyText(text) }, "Copy")));
  if (!dialog.open) dialog.showModal();
  byId(`form-${form}`).focus();
}

export class Again {
  constructor(done) { this.done = done; }

  async send(wish, button) {
    if (button) button.disabled = true;
    try {
      const answer = await post("/console/api/replay", wish);
      if (answer.asks) this.ask(wish, answer.detail);
      else if (answer.ok) {
        byId("replay-dialog").close();
        toast(answer.status === null ? "Sent again, but no answer came" : `Sent again: ${answer.status}`);
        this.done(answer.id);
      } else toast(`Not sent: ${answer.detail}`);
    } catch {
      toast(UNREACHED);
    } finally {
      if (button) button.disabled = false;
    }
  }

  replay(entry) {
    if (!entry.replay.allowed) toast(`Not sent: ${entry.replay.why_not}`);
    else if (!entry.replay.as_it_is) this.edit(entry);
    else this.send({ of: entry.id });
  }

  ask(wish, would) {
    const dialog = byId("replay-dialog");
    byId("replay-title").textContent = "Really send it again?";
    const back = el("button", { onclick: () => dialog.close() }, "Cancel");
    const go = el("button", { class: "risk", onclick: () => this.send({ ...wish, confirmed: true }, go) }, "Send it again");
    fill(content("replay-dialog"), el("p", { class: "note bad" }, `${would}.`),
      el("p", { class: "soft" }, "The first one is not undone by it."), el("div", { class: "acts" }, back, go));
    if (!dialog.open) dialog.showModal();
    back.focus();
  }

  edit(entry) {
    const old = entry.replay;
    const dialog = byId("replay-dialog");
    byId("replay-title").textContent = "Edit and send again";
    const method = el("input", { value: old.method, maxlength: 64, spellcheck: "false" });
    const target = el("input", { value: old.target, spellcheck: "false" });
    const fields = el("textarea", { rows: 5, spellcheck: "false" });
    fields.value = old.fields.map(([name, value]) => `${name}: ${value}`).join("\n");
    const text = el("textarea", { rows: 9, spellcheck: "false" });
    text.value = old.body ?? "";
    text.disabled = old.body === null;
    const notes = [];
    if (old.why_not) notes.push(`It cannot be sent as it was: ${old.why_not}.`);
    if (old.left_out.length) notes.push(`Left out, since they were masked: ${old.left_out.join(", ")}.`);
    if (old.body === null) notes.push("The body is not text, and goes out as it was.");
    const wish = () => ({
      of: entry.id, method: method.value.trim(), target: target.value.trim(),
      fields: fields.value.split("\n").filter((line) => line.trim()).map((line) => {
        const at = line.indexOf(":");
        return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
      body: old.body === null || text.value === old.body ? null : text.value,
    });
    const go = el("button", { class: "main", onclick: () => this.send(wish(), go) }, "Send");
    fill(content("replay-dialog"), ...notes.map((note) => el("p", { class: "note" }, note)),
      field("Method", method), field("Target", target), field("Fields, one a line", fields), field("Body", text),
      el("div", { class: "acts" }, el("button", { onclick: () => dialog.close() }, "Cancel"), go));
    if (!dialog.open) dialog.showModal();
    target.focus();
  }
}
