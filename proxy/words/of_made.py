"""The words of the answer to "was it made?"."""

from proxy.words.entry import Words

OF_MADE = {
    "made.yes": Words("yes", "sí"),
    "made.no": Words("no", "no"),
    "made.unknown": Words("nobody knows yet", "todavía no se sabe"),
    "made.row": Words("row {what}", "fila {what}"),
    "made.next": Words("next: {step}", "ahora: {step}"),
    "made.others": Words("other rows of that name: {rows}", "otras filas de ese nombre: {rows}"),
    "made.not-asked": Words("the API was not asked: {why}", "no se consultó la API: {why}"),
    # -- why -------------------------------------------------------------------------------------
    "made.answered": Words(
        "the API answered {status}, with the id {id}", "la API respondió {status}, con el id {id}"
    ),
    "made.found": Words(
        "the API has it as {id}, with status {state}",
        "la API lo tiene como {id}, con estado {state}",
    ),
    "made.verdict": Words(
        "verdict {verdict}, by {author} at {at}", "veredicto: {verdict}, de {author}, {at}"
    ),
    "made.rejected": Words(
        "the API has it as {id}, rejected: no money moved",
        "la API lo tiene como {id}, rechazado: no se movió dinero",
    ),
    "made.refused": Words("the API refused it with {status}", "la API lo rechazó con {status}"),
    "made.not-sent": Words("it was not carried out", "no se ejecutó"),
    "made.under-way": Words("it is under way", "está en curso"),
    "made.not-final": Words(
        "the API has it as {id}, but its status, {state}, is not final",
        "la API lo tiene como {id}, pero su estado, {state}, no es definitivo",
    ),
    "made.disagrees": Words(
        "what the API was found to have contradicts a verdict, or itself",
        "lo que se encontró en la API contradice un veredicto, o se contradice",
    ),
    "made.in-doubt": Words(
        "it was sent, and may have been carried out; {asked}",
        "se envió y puede haberse ejecutado; {asked}",
    ),
    # -- what now --------------------------------------------------------------------------------
    "step.made": Words("do not send it again", "no lo envíe otra vez"),
    "step.not-made": Words(
        "if it is still wanted, send it again, with the Idempotency-Key or the resolution_id that"
        " it had",
        "si todavía hace falta, envíelo otra vez, con la Idempotency-Key o la resolution_id que"
        " tenía",
    ),
    "step.made-refused": Words(
        "if it is still wanted, correct it and send it as a new payment",
        "si todavía hace falta, corríjalo y envíelo como un pago nuevo",
    ),
    "step.made-soon": Words(
        "ask again in a minute, and do not send it as a new payment",
        "consulte otra vez en un minuto y no lo envíe como un pago nuevo",
    ),
    "step.made-unknown": Words(
        "ask again in some minutes. Do not send it as a new payment: only with the Idempotency-Key"
        " or the resolution_id that it had. To decide it: {command} ledger look-up {row}, then"
        " {command} ledger settle {row}",
        "consulte otra vez en unos minutos. No lo envíe como un pago nuevo: solo con la"
        " Idempotency-Key o la resolution_id que tenía. Para decidirlo: {command} ledger look-up"
        " {row}, y después {command} ledger settle {row}",
    ),
}
