// The page's words in two languages: the browser's, unless another was chosen here.
// It works as the console's words do; the simulator brings its own, since it needs nothing else of the program.
const LANGUAGES = ["en", "es"];
const wanted = () => localStorage.getItem("language") ?? navigator.languages?.find((each) => LANGUAGES.includes(each.slice(0, 2))) ?? "en";
export const language = wanted().slice(0, 2) === "es" ? "es" : "en";

const WORDS = {
  title: ["Bre-B simulator", "Simulador de Bre-B"],
  about: ["Made from public documentation; not the real thing. No money moves.", "Se basa en documentación pública; no es el sistema real. No se mueve dinero."],
  data: ["data", "datos"],
  namespace: ["Namespace", "Espacio de nombres"],
  "namespace.none": ["the nameless one", "sin nombre"],
  now: ["{0} · seed {1}", "{0} · semilla: {1}"],
  "now.moved": ["{0}, moved on by {1} s · seed {2}", "{0}, adelantada {1} s · semilla: {2}"],
  "no-seed": ["none", "ninguna"],
  payments: ["Payments", "Pagos"],
  "outcome.end": ["End payments as", "Terminar los pagos como"],
  "outcome.code": ["Code", "Código"],
  "outcome.after": ["after", "después de"],
  "outcome.to": ["to key", "a la llave"],
  "outcome.of": ["of pesos", "de (pesos)"],
  "outcome.from": ["from account", "desde la cuenta"],
  "outcome.times": ["Times", "Veces"],
  "outcome.how-often": ["1, or all", "1, o all"],
  "outcome.force": ["Force", "Forzar"],
  "clear-all": ["Clear all", "Borrar todo"],
  payment: ["Payment", "Pago"],
  direction: ["Direction", "Dirección"],
  pesos: ["Pesos", "Pesos"],
  status: ["Status", "Estado"],
  code: ["Code", "Código"],
  "qr-reference": ["QR reference", "Referencia QR"],
  sent: ["Sent", "Envíos"],
  twice: ["Paid twice?", "¿Pagado dos veces?"],
  meanings: ["Every code and its meaning", "Todos los códigos y su significado"],
  behaviour: ["Behaviour", "Comportamiento"],
  latency: ["Latency", "Latencia"],
  "error-rate": ["Error rate", "Tasa de error"],
  "error-status": ["Error status", "Estado del error"],
  "processing-after": ["PROCESSING after", "PROCESSING después de"],
  "settled-after": ["settled after", "liquidado después de"],
  network: ["Network", "Red"],
  "network.normal": ["normal", "normal"],
  "network.slow": ["slow", "lenta"],
  set: ["Set", "Aplicar"],
  fault: ["Fault", "Falla"],
  "fault.requests": ["Requests", "Peticiones"],
  "fault.match": ["METHOD /path, * for anything", "MÉTODO /ruta; * para cualquiera"],
  "fault.plan": ["Plan", "Programar"],
  "fault.planned": ["{0} for {1}, happened {2} times", "{0} para {1}; ocurrió {2} veces"],
  tokens: ["Tokens", "Tokens"],
  "token.in": ["Expire in", "Hacer que venzan en"],
  "token.expire": ["Expire", "Aplicar"],
  "token.revoke": ["Revoke all now", "Revocar todos ahora"],
  token: ["Token", "Token"],
  "token.left": ["Seconds left", "Segundos que faltan"],
  "token.none": ["no live token", "no hay ningún token vigente"],
  accounts: ["Accounts", "Cuentas"],
  account: ["Account", "Cuenta"],
  number: ["Number", "Número"],
  balance: ["Balance", "Saldo"],
  held: ["Held", "Retenido"],
  keys: ["Keys", "Llaves"],
  key: ["Key", "Llave"],
  type: ["Type", "Tipo"],
  value: ["Value", "Valor"],
  "pay-in.key": ["Pay in to key", "Recibir un pago en la llave"],
  "pay-in.qr": ["or QR reference", "o por la referencia QR"],
  "pay-in": ["Pay in", "Recibir"],
  payable: ["Keys at another institution that can be paid", "Llaves de otra entidad a las que se puede pagar"],
  "qr-codes": ["QR codes", "Códigos QR"],
  "qr.alt": ["QR code for {0}", "Código QR de {0}"],
  "qr.told": ["{0}, {1}, {2}, {3}", "{0}, {1}, {2}, {3}"],
  "qr.price": ["{0} pesos", "{0} pesos"],
  "qr.any": ["any amount", "cualquier monto"],
  "qr.paid": ["paid", "pagado"],
  "qr.unpaid": ["not paid", "sin pagar"],
  "qr.reference": [", reference {0}", ", referencia {0}"],
  "qr.copy": ["Copy its text", "Copiar su texto"],
  webhooks: ["Webhooks", "Webhooks"],
  "hook.callback": ["Callback", "URL de notificación"],
  "hook.authorization": ["URL that accepts incoming payments", "URL que autoriza los pagos entrantes"],
  "hook.delay": ["Delay", "Retraso"],
  "hook.twice": ["twice", "dos veces"],
  "hook.signature": ["wrong signature", "firma incorrecta"],
  "hook.order": ["out of order", "en desorden"],
  "hook.guesses": ["Payload, field names and what is signed are guesses: the documentation does not describe them.", "El contenido, los nombres de los campos y lo que se firma son suposiciones: la documentación no los describe."],
  event: ["Event", "Evento"],
  attempts: ["Attempts", "Intentos"],
  delivered: ["Delivered", "Entregado"],
  "hook.again": ["Send again", "Enviar otra vez"],
  time: ["Time and world", "Tiempo y datos"],
  "time.by": ["Move the clock forward by", "Adelantar el reloj"],
  "time.move": ["Move", "Adelantar"],
  "time.reset": ["Reset everything", "Reiniciar todo"],
  requests: ["Last requests", "Últimas peticiones"],
  at: ["At", "Hora"],
  request: ["Request", "Petición"],
  "trace-id": ["Trace id", "Id de traza"],
  none: ["none yet", "todavía no hay"],
  true: ["true", "sí"],
  false: ["false", "no"],
  cut: ["cut", "cortada"],
  "rule.to": ["to {0}", "a {0}"],
  "rule.of": ["of {0}", "de {0}"],
  "rule.from": ["from {0}", "desde {0}"],
  "rule.anybody": ["to anybody", "a cualquiera"],
  "rule.always": ["always", "siempre"],
  "rule.times": ["{0} times", "{0} veces"],
  rule: ["{0}: payments {1}, {2}, used {3} times", "{0}: pagos {1}, {2}; usada {3} veces"],
  "click-to-copy": ["{0} (click to copy)", "{0} (clic para copiar)"],
  copied: ["Copied", "Copiado"],
  done: ["Done: {0}", "Hecho: {0}"],
  "not-done": ["Not done: {0}", "No se hizo: {0}"],
  silent: ["the simulator does not answer", "el simulador no responde"],
  "count.customers": ["customers", "clientes"],
  "count.accounts": ["accounts", "cuentas"],
  "count.keys": ["keys", "llaves"],
  "count.payments": ["payments", "pagos"],
  "count.qr_codes": ["qr codes", "códigos QR"],
  "count.recipients": ["recipients", "destinatarios"],
};

// What the simulator says comes with a code; its own English is what is not found here.
const SAID = {
  "verdict.paid-with-other-facts": "pagado dos veces: su resolución ya se había pagado con otro monto o desde otra cuenta",
  "verdict.would-with-other-facts": "se habría pagado dos veces: su resolución llegó otra vez con otro monto u otra cuenta",
  "verdict.would": "se habría pagado dos veces, pero la petición repetida tenía la misma resolución",
  "verdict.alike": "es posible que se pague dos veces: el mismo monto fue a la misma cuenta {0} s antes",
  "code.B001": "se agotó el tiempo en el SPBVI originador",
  "code.B002": "se agotó el tiempo en el SPBVI receptor",
  "code.B101": "falló la validación de la cuenta",
  "code.B102": "número de cuenta incorrecto",
  "code.B103": "identificación incorrecta",
  "code.B104": "tipo de instrumento incorrecto",
  "code.B105": "la cuenta no existe",
  "code.B106": "riesgo de fraude",
  "code.B107": "supera el máximo del depósito",
  "code.B108": "supera el máximo del SPBVI",
  "code.B109": "supera el máximo del participante",
  "code.B301": "se agotó el tiempo de la consulta en el SPBVI originador",
  "code.B302": "se agotó el tiempo de la consulta en el SPBVI receptor",
  "code.U000": "aceptado",
  "code.U111": "por debajo del monto mínimo de 1",
  "code.U112": "por encima del monto máximo",
  "code.R01": "fondos insuficientes",
  "code.R02": "cuenta cerrada",
  "code.R03": "la cuenta no existe",
  "code.R04": "número de cuenta incorrecto",
  "code.R16": "cuenta bloqueada",
  "code.R17": "la identificación no coincide con la cuenta",
  "code.R19": "monto incorrecto",
  "code.R20": "la cuenta no admite abonos",
};
const UNREAD = ["U119", "U120", "U122", "U125", "U126", "U204", "U272", "U908"];
for (const code of UNREAD) SAID[`code.${code}`] = "documentado; no se pudo leer su significado";

const filled = (text, values) => text.replace(/\{(\d)\}/g, (_, place) => values[place] ?? "");

// The words for `key`, with {0}, {1} replaced; a key that is missing shows itself.
export const t = (key, ...values) => filled(WORDS[key]?.[LANGUAGES.indexOf(language)] ?? key, values);
export const has = (key) => Object.hasOwn(WORDS, key);
// What the simulator says, by its code.
export const told = (code, english, ...values) => (language === "es" && SAID[code] ? filled(SAID[code], values) : english);

export function choose(name) {
  localStorage.setItem("language", name);
  location.reload();
}

// Puts the words on what stands in the document already.
export function dress(root) {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-title-t]")) element.title = t(element.dataset.titleT);
  for (const element of root.querySelectorAll("[data-placeholder]")) element.placeholder = t(element.dataset.placeholder);
}
