"use strict";

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
    field.title = `${text} (click to copy)`;
    field.className = "id";
    field.dataset.full = text;
  }
  if (["SETTLED", "ACTIVE", "true"].includes(text)) field.className = "good";
  if (["REJECTED", "SUSPENDED", "false"].includes(text)) field.className = "bad";
  return field;
}

// Cell by cell, where there is news: what is drawn anew loses a press, a marked text and the focus.
function fill(id, rows, none = "none yet") {
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
    picture.alt = `QR code for ${code.key_value}`;
    const told = item.appendChild(document.createElement("p"));
    const price = code.amount ? `${code.amount} pesos` : "any amount";
    told.textContent = `${code.type}, ${code.key_value}, ${price}, ${code.is_paid ? "paid" : "not paid"}`;
    if (code.reference) told.textContent += `, reference ${code.reference}`;
    const copy = item.appendChild(document.createElement("button"));
    copy.type = "button";
    copy.textContent = "Copy its text";
    copy.addEventListener("click", () => copied(code.qr_code_data));
    return item;
  }));
  if (!codes.length) byId("qr_codes").textContent = "none yet";
}

function again(delivery) {
  if (!delivery.resendable) return "";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Send again";
  button.dataset.id = delivery.id;
  button.addEventListener("click", () => press("webhooks/resend", { id: delivery.id }));
  return button;
}

function rule(one) {
  const whom = [
    one.key_value && `to ${one.key_value}`, one.amount && `of ${one.amount}`,
    one.account_id && `from ${one.account_id}`,
  ].filter(Boolean).join(" ") || "to anybody";
  const left = one.times === null ? "always" : `${one.times} times`;
  return `${one.status} ${one.error_code}: payments ${whom}, ${left}, used ${one.used} times`.replace(" :", ":");
}

function show(state) {
  const moved = state.clock_offset ? `, moved on by ${state.clock_offset} s` : "";
  byId("clock").textContent = `${state.now}${moved} · seed ${state.seed ?? "none"}`;
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
    for (const [code, words] of Object.entries(state.error_codes)) {
      byId("codes").append(new Option(words, code));
      const term = byId("meanings").appendChild(document.createElement("dt"));
      term.textContent = code;
      byId("meanings").appendChild(document.createElement("dd")).textContent = words;
    }
  }
  list("faults", state.faults.map((f) => `${f.fault} for ${f.match}, happened ${f.happened} times`));
  fill("tokens", state.tokens.map((t) => [t.token_id, t.seconds_left]), "no live token");
  list("outcomes", state.outcomes.map(rule));
  fill("payments", state.payments.map((p) => [p.id, p.direction, p.amount, p.status,
    p.error_code ? `${p.error_code} ${p.meaning}` : "", p.qr_code_reference, p.executions, p.verdict]));
  fill("accounts", state.accounts.map((a) => [a.id, a.number, a.balance, a.held]));
  fill("keys", state.keys.map((k) => [k.id, k.key_type, k.key_value, k.status, k.account_id]));
  list("payable", state.payable_keys.map((k) => `${k.key_type} ${k.key_value} (${k.name})`));
  pictures(state.qr_codes);
  list("counts", Object.entries(state.counts).map(([kind, n]) => `${kind.replace("_", " ")}: ${n}`));
  fill("deliveries", state.webhooks.deliveries.map(
    (d) => [d.event, d.payment_id, d.tries.join(" "), d.delivered, again(d)]));
  fill("journal", state.journal.map(
    (j) => [j.at, `${j.method} ${j.path}`, j.status || "cut", j.fault, j.trace_id]));
  choices(state.namespaces);
}

function choices(names) {
  const select = byId("namespaces");
  const every = ["", ...new Set([...names, namespace].filter(Boolean))];
  if (document.activeElement === select || !news("namespaces", every)) return;
  select.replaceChildren(...every.map(
    (name) => new Option(name || "the nameless one", name, name === namespace, name === namespace)));
}

byId("namespaces").addEventListener("change", (event) => {
  location.search = event.target.value ? `?namespace=${encodeURIComponent(event.target.value)}` : "";
});
byId("dump").href = at("dump");

async function refresh() {
  try {
    const answer = await fetch(at("state"));
    show(await answer.json());
    if (byId("message").dataset.lost) say("");
  } catch {
    say("the simulator does not answer", true);
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
    say("Copied");
  } catch {
    say(text);
  }
}

async function press(control, body) {
  const answer = await fetch(at(control), { method: "POST", body: JSON.stringify(body) });
  const told = await answer.json();
  say(answer.ok ? `Done: ${control}` : `Not done: ${told.message}`);
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
