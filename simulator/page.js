import { choose, dress, has, language, t, told } from "/_sandbox/words.js";

const byId = (id) => document.getElementById(id);
const namespace = new URLSearchParams(location.search).get("namespace") ?? "";
const at = (path) => `/_sandbox/${path}${namespace ? `?namespace=${encodeURIComponent(namespace)}` : ""}`;
const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$|^[0-9a-f]{32}$/;

function cellOf(content) {
  const field = document.createElement("td");
  if (content instanceof Node) {
    field.append(content);
    return field;
  }
  const text = String(content);
  field.textContent = text;
  if (ID.test(text)) {
    field.textContent = `${text.slice(0, 8)}…`;
    field.title = t("click-to-copy", text);
    field.className = "id";
    field.dataset.full = text;
  }
  if (["true", "false"].includes(text)) field.textContent = t(text);
  if (["SETTLED", "ACTIVE", "true"].includes(text)) field.className = "good";
  if (["REJECTED", "SUSPENDED", "false"].includes(text)) field.className = "bad";
  return field;
}

// Cell by cell, where there is news: what is drawn anew loses a press, a marked text and the focus.
function fill(id, rows, none = t("none")) {
  const parent = byId(id);
  const titles = [...parent.closest("table").querySelectorAll("th")].map((th) => th.textContent.trim());
  rows.forEach((cells, number) => {
    const row = parent.rows[number] ?? parent.insertRow();
    cells.forEach((content, column) => {
      const shown = row.cells[column];
      const key = String(content instanceof Node ? content.dataset.id : content);
      if (shown?.dataset.key === key) return;
      const cell = cellOf(content);
      Object.assign(cell.dataset, { key, title: titles[column] });
      if (shown) shown.replaceWith(cell);
      else row.append(cell);
    });
  });
  while (parent.rows.length > rows.length) parent.deleteRow(-1);
  if (!rows.length) {
    const field = parent.insertRow().insertCell();
    field.colSpan = titles.length;
    field.textContent = none;
  }
}

const drawn = new Map();

function news(id, content) {
  const text = JSON.stringify(content);
  if (drawn.get(id) === text) return false;
  drawn.set(id, text);
  return true;
}

function list(id, texts) {
  if (!news(id, texts)) return;
  byId(id).replaceChildren(...texts.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

function suggest(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    if (field && document.activeElement !== field && !form.dataset.touched) field.value = value ?? "";
  }
}

function pictures(codes) {
  if (!news("qr_codes", codes)) return;
  byId("qr_codes").replaceChildren(...codes.map((code) => {
    const item = document.createElement("li");
    const picture = item.appendChild(document.createElement("img"));
    picture.src = at(`qrcodes/${code.id}.png`);
    picture.alt = t("qr.alt", code.key_value);
    const words = item.appendChild(document.createElement("p"));
    const price = code.amount ? t("qr.price", code.amount) : t("qr.any");
    words.textContent = t("qr.told", code.type, code.key_value, price, t(code.is_paid ? "qr.paid" : "qr.unpaid"));
    if (code.reference) words.textContent += t("qr.reference", code.reference);
    const copy = item.appendChild(document.createElement("button"));
    copy.type = "button";
    copy.textContent = t("qr.copy");
    copy.addEventListener("click", () => copied(code.qr_code_data));
    return item;
  }));
  if (!codes.length) byId("qr_codes").textContent = t("none");
}

function again(delivery) {
  if (!delivery.resendable) return "";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = t("hook.again");
  button.dataset.id = delivery.id;
  button.addEventListener("click", () => press("webhooks/resend", { id: delivery.id }));
  return button;
}

function rule(one) {
  const whom = [
    one.key_value && t("rule.to", one.key_value), one.amount && t("rule.of", one.amount),
    one.account_id && t("rule.from", one.account_id),
  ].filter(Boolean).join(" ") || t("rule.anybody");
  const left = one.times === null ? t("rule.always") : t("rule.times", one.times);
  return t("rule", `${one.status} ${one.error_code}`.trim(), whom, left, one.used);
}

function show(state) {
  const seed = state.seed ?? t("no-seed");
  byId("clock").textContent = state.clock_offset ? t("now.moved", state.now, state.clock_offset, seed) : t("now", state.now, seed);
  suggest(document.querySelector("[data-control=behaviour]"), state.behaviour);
  const hooks = document.querySelector("[data-control=webhooks]");
  const { url, authorization_url, delay } = state.webhooks;
  suggest(hooks, { url, authorization_url, delay });
  if (!hooks.dataset.touched) {
    for (const box of hooks.querySelectorAll("[type=checkbox]")) box.checked = state.webhooks.trouble.includes(box.value);
  }
  if (news("profiles", state.behaviour.profiles)) {
    byId("profiles").replaceChildren(...state.behaviour.profiles.map((name) => new Option(name)));
  }
  if (!byId("codes").options.length) {
    for (const [code, english] of Object.entries(state.error_codes)) {
      const words = told(`code.${code}`, english);
      byId("codes").append(new Option(words, code));
      const term = byId("meanings").appendChild(document.createElement("dt"));
      term.textContent = code;
      byId("meanings").appendChild(document.createElement("dd")).textContent = words;
    }
  }
  list("faults", state.faults.map((f) => t("fault.planned", f.fault, f.match, f.happened)));
  fill("tokens", state.tokens.map((t) => [t.token_id, t.seconds_left]), t("token.none"));
  list("outcomes", state.outcomes.map(rule));
  fill("payments", state.payments.map((p) => [p.id, p.direction, p.amount, p.status,
    p.error_code ? `${p.error_code} ${told(`code.${p.error_code}`, p.meaning)}` : "", p.qr_code_reference, p.executions,
    told(`verdict.${p.verdict_code}`, p.verdict, p.verdict_seconds)]));
  fill("accounts", state.accounts.map((a) => [a.id, a.number, a.balance, a.held]));
  fill("keys", state.keys.map((k) => [k.id, k.key_type, k.key_value, k.status, k.account_id]));
  list("payable", state.payable_keys.map((k) => `${k.key_type} ${k.key_value} (${k.name})`));
  pictures(state.qr_codes);
  list("counts", Object.entries(state.counts).map(([kind, n]) => `${has(`count.${kind}`) ? t(`count.${kind}`) : kind}: ${n}`));
  fill("deliveries", state.webhooks.deliveries.map(
    (d) => [d.event, d.payment_id, d.tries.join(" "), d.delivered, again(d)]));
  fill("journal", state.journal.map(
    (j) => [j.at, `${j.method} ${j.path}`, j.status || t("cut"), j.fault, j.trace_id]));
  choices(state.namespaces);
}

function choices(names) {
  const select = byId("namespaces");
  const every = ["", ...new Set([...names, namespace].filter(Boolean))];
  if (document.activeElement === select || !news("namespaces", every)) return;
  select.replaceChildren(...every.map(
    (name) => new Option(name || t("namespace.none"), name, name === namespace, name === namespace)));
}

byId("namespaces").addEventListener("change", (event) => {
  location.search = event.target.value ? `?namespace=${encodeURIComponent(event.target.value)}` : "";
});
byId("dump").href = at("dump");
byId("language").value = language;
byId("language").addEventListener("change", (event) => choose(event.target.value));
dress(document);

async function refresh() {
  try {
    const answer = await fetch(at("state"));
    show(await answer.json());
    if (byId("message").dataset.lost) say("");
  } catch {
    say(t("silent"), true);
  }
}

let quiet;

function say(text, lost = false) {
  clearTimeout(quiet);
  if (text && !lost) quiet = setTimeout(() => say(""), 6000);
  byId("message").textContent = text;
  byId("message").dataset.lost = lost ? "yes" : "";
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(t("copied"));
  } catch {
    say(text);
  }
}

async function press(control, body) {
  const answer = await fetch(at(control), { method: "POST", body: JSON.stringify(body) });
  const { message } = await answer.json();
  say(answer.ok ? t("done", control) : t("not-done", message));
  await refresh();
}

function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    const emptied = field.value === "" && field.type !== "url";
    if (!field.name || field.type === "checkbox" || emptied) continue;
    // what is not a number goes as it is: the simulator says so
    const number = field.dataset.kind === "number" ? Number(field.value) : NaN;
    body[field.name] = Number.isFinite(number) ? number : field.value;
    if (field.type === "url" && field.value === "") body[field.name] = null;
  }
  const boxes = [...form.querySelectorAll("[type=checkbox]")];
  if (boxes.length) body.trouble = boxes.filter((box) => box.checked).map((box) => box.value);
  if (form.dataset.control === "outcomes" && body.status !== "REJECTED") delete body.error_code;
  return body;
}

for (const form of document.querySelectorAll("form[data-control]")) {
  form.addEventListener("input", () => { form.dataset.touched = "yes"; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = bodyOf(form);
    delete form.dataset.touched;
    press(form.dataset.control, body);
  });
}
for (const button of document.querySelectorAll("[data-press]")) {
  button.addEventListener("click", () => press(button.dataset.press, {}));
}
document.addEventListener("click", (event) => {
  if (event.target.dataset?.full) copied(event.target.dataset.full);
});
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 2000);
