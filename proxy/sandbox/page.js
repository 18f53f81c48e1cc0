"use strict";

const byId = (id) => document.getElementById(id);

function fill(id, rows, kind = "tr", none = "none yet") {
  const parent = byId(id);
  parent.replaceChildren(...rows.map((cells) => {
    const row = document.createElement(kind);
    if (kind === "li") {
      row.textContent = cells;
      return row;
    }
    for (const cell of cells) {
      const field = document.createElement("td");
      field.textContent = String(cell);
      if (["SETTLED", "true"].includes(String(cell))) field.className = "good";
      if (["REJECTED", "false"].includes(String(cell))) field.className = "bad";
      row.append(field);
    }
    return row;
  }));
  if (!rows.length && kind === "tr") {
    const field = document.createElement("td");
    field.colSpan = 6;
    field.textContent = none;
    parent.append(document.createElement("tr"));
    parent.lastChild.append(field);
  }
}

function suggest(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    if (field && document.activeElement !== field && !form.dataset.touched) field.value = value ?? "";
  }
}

function show(state) {
  const moved = state.clock_offset ? `, moved on by ${state.clock_offset} s` : "";
  byId("clock").textContent = `${state.now}${moved} · seed ${state.seed ?? "none"}`;
  suggest(document.querySelector("[data-control=behaviour]"), state.behaviour);
  suggest(document.querySelector("[data-control=webhooks]"), { url: state.webhooks.url });
  byId("profiles").replaceChildren(...state.behaviour.profiles.map((name) => new Option(name)));
  if (!byId("codes").options.length) {
    byId("codes").replaceChildren(...Object.entries(state.error_codes).map(
      ([code, words]) => new Option(`${code} ${words}`, code, code === "B105", code === "B105")));
  }
  fill("faults", state.faults.map((f) => `${f.fault} for ${f.match}, happened ${f.happened} times`), "li");
  fill("tokens", state.tokens.map((t) => [t.token_id, t.seconds_left]), "tr", "no live token");
  byId("outcomes").textContent = state.outcomes.length
    ? `Forced: ${state.outcomes.map((o) => `${o.status} ${o.error_code}`).join(", ")}` : "";
  fill("payments", state.payments.map(
    (p) => [p.id, p.direction, p.amount, p.status, p.error_code, p.executions]));
  fill("accounts", state.accounts.map((a) => [a.id, a.number, a.balance, a.held]));
  fill("payable", state.payable_keys.map((k) => `${k.key_type} ${k.key_value} (${k.name})`), "li");
  fill("counts", Object.entries(state.counts).map(([kind, n]) => `${kind.replace("_", " ")}: ${n}`), "li");
  fill("deliveries", state.webhooks.deliveries.map(
    (d) => [d.event, d.payment_id, d.tries.join(" "), d.delivered]));
  fill("journal", state.journal.map(
    (j) => [j.at, `${j.method} ${j.path}`, j.status || "cut", j.fault]));
}

async function refresh() {
  try {
    const answer = await fetch("/_sandbox/state");
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

async function press(control, body) {
  const answer = await fetch(`/_sandbox/${control}`, { method: "POST", body: JSON.stringify(body) });
  const told = await answer.json();
  say(answer.ok ? `Done: ${control}` : `Not done: ${told.message}`);
  await refresh();
}

for (const form of document.querySelectorAll("form[data-control]")) {
  form.addEventListener("input", () => { form.dataset.touched = "yes"; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = {};
    for (const field of form.elements) {
      if (!field.name || (field.value === "" && field.name !== "url")) continue;
      // what is no number goes as it is: the simulator says so
      const number = field.dataset.kind === "number" ? Number(field.value) : NaN;
      body[field.name] = Number.isFinite(number) ? number : field.value;
    }
    if (body.url === "") body.url = null;
    if (form.dataset.control === "outcomes" && body.status !== "REJECTED") delete body.error_code;
    delete form.dataset.touched;
    press(form.dataset.control, body);
  });
}
for (const button of document.querySelectorAll("[data-press]")) {
  button.addEventListener("click", () => press(button.dataset.press, {}));
}
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 2000);
