"""The words of the ``ledger`` commands: rows for people, and what a command did."""

from proxy.words.entry import Words

OF_LEDGER_COMMANDS = {
    # -- numbers of things -----------------------------------------------------------------------
    "rows.one": Words("1 row", "1 fila"),
    "rows.many": Words("{count} rows", "{count} filas"),
    "entries.one": Words("1 entry", "1 entrada"),
    "entries.many": Words("{count} entries", "{count} entradas"),
    # -- outcomes and verdicts -------------------------------------------------------------------
    "outcome.answered": Words("answered", "respondida"),
    "outcome.not-sent": Words("not-sent", "no enviada"),
    "outcome.unknown": Words("unknown", "resultado desconocido"),
    "outcome.cut": Words("cut", "cortada"),
    "outcome.open": Words("open", "en curso"),
    "outcome.left-open": Words("left open", "quedó abierta"),
    "verdict.settled": Words("settled", "liquidado"),
    "verdict.rejected": Words("rejected", "rechazado"),
    "verdict.not-found": Words("not found", "no se encontró"),
    "verdict.made": Words("made", "se realizó"),
    "verdict.not-made": Words("not made", "no se realizó"),
    "verdict.repeat": Words("made as another row's", "se realizó, como el pago de otra fila"),
    "verdict.by-proxy": Words("{verdict} by the proxy", "{verdict}, por el proxy"),
    "meaning.answered": Words(
        "the caller got the upstream's whole response",
        "el cliente recibió la respuesta completa del destino",
    ),
    "meaning.not-sent": Words(
        "nothing of it was sent to the upstream", "no se envió nada de ella al destino"
    ),
    "meaning.unknown": Words(
        "it was sent, and at least once no response came",
        "se envió, y al menos una vez no llegó respuesta",
    ),
    "meaning.cut": Words(
        "the response began with this status, but its end did not reach the caller",
        "la respuesta empezó con este estado, pero no le llegó completa al cliente",
    ),
    "meaning.open": Words("it is under way", "está en curso"),
    "meaning.left-open": Words(
        "no proxy uses this ledger; it was under way when the proxy ended, or when this copy was"
        " made",
        "ningún proxy usa este libro de registro; estaba en curso cuando el proxy terminó, o cuando"
        " se hizo esta copia",
    ),
    "row.meaning": Words("{outcome}: {why}", "{outcome}: {why}"),
    "row.perhaps": Words(
        "{outcome}: {why}: it may have been carried out",
        "{outcome}: {why}; es posible que se haya ejecutado",
    ),
    # -- list and show ---------------------------------------------------------------------------
    "row.row": Words("row", "fila"),
    "row.when": Words("when (UTC)", "cuándo (UTC)"),
    "row.caller": Words("caller", "cliente"),
    "row.what": Words("what", "qué"),
    "row.amount": Words("amount", "monto"),
    "row.outcome": Words("outcome", "resultado"),
    "row.exchange": Words("exchange", "petición"),
    "row.asked-once": Words("asked 1 time", "consultada 1 vez"),
    "row.asked-often": Words("asked {count} times", "consultada {count} veces"),
    "row.unreadable": Words("partly unreadable", "en parte ilegible"),
    "row.evidence-disagrees": Words("evidence disagrees", "las evidencias se contradicen"),
    "row.no-caller": Words("not named", "sin nombre"),
    "row.opened": Words("opened", "abierta"),
    "row.closed": Words("closed", "cerrada"),
    "row.not-yet": Words("not yet", "todavía no"),
    "row.took": Words("took", "duró"),
    "row.body": Words("body", "cuerpo"),
    "row.body-hash": Words("SHA-256 of it", "SHA-256 del cuerpo"),
    "row.token": Words("token id", "id del token"),
    "row.attempts": Words("attempts", "veces enviada"),
    "row.status": Words("status to the caller", "estado para el cliente"),
    "row.of-answer": Words("answer's {name}", "{name} de la respuesta"),
    "row.reason": Words("reason", "motivo"),
    "row.verdict": Words("verdict", "veredicto"),
    "row.verdict-of": Words("{verdict}, by {author} at {at}", "{verdict}, de {author}, {at}"),
    "row.looked-up": Words("looked up", "consultada"),
    "row.found": Words("{code} at {at}", "{code}, {at}"),
    "row.disagreement": Words("disagreement", "contradicción"),
    "row.contradicts": Words(
        "what look-ups found contradicts the verdict, or each other",
        "lo que encontraron las consultas contradice el veredicto, o se contradice",
    ),
    "row.so-far": Words("so far", "hasta ahora"),
    "row.asked-next": Words("asked next", "próxima consulta"),
    "row.if-asked": Words(
        "{at}, if a proxy runs that may ask",
        "{at}, si hay en marcha un proxy que pueda consultar",
    ),
    "row.asked-no-more": Words(
        "not by itself any more: a person decides", "ya no por su cuenta: decide una persona"
    ),
    "row.next": Words(
        "next: {command} ledger look-up {row}", "ahora: {command} ledger look-up {row}"
    ),
    "row.next-start": Words(
        "next: start the proxy, then: {command} ledger look-up {row}",
        "ahora: arranque el proxy, y después: {command} ledger look-up {row}",
    ),
    "list.nothing": Words("no such rows", "no hay filas así"),
    "list.empty": Words("the ledger is empty", "el libro de registro está vacío"),
    "list.more": Words("more: the same with --before {row}", "más: lo mismo con --before {row}"),
    "list.one-in-doubt": Words(
        "1 row is in doubt: {command} ledger --in-doubt",
        "1 fila está en duda: {command} ledger --in-doubt",
    ),
    "list.in-doubt": Words(
        "{count} rows are in doubt: {command} ledger --in-doubt",
        "{count} filas están en duda: {command} ledger --in-doubt",
    ),
    # -- look-up ---------------------------------------------------------------------------------
    "compared.row": Words("row #{row}", "fila #{row}"),
    "compared.ledger": Words("the ledger", "el libro"),
    "compared.api": Words("the API", "la API"),
    "compared.answer-of": Words(
        "this is the answer of row #{row}", "es la respuesta de la fila #{row}"
    ),
    "compared.asked": Words("asked: GET {target}: {status}", "se consultó: GET {target}: {status}"),
    "compared.one-page": Words("1 page", "1 página"),
    "compared.pages": Words("{count} pages", "{count} páginas"),
    "compared.back-to": Words("back to {time}", "hasta {time}"),
    "compared.not-kept": Words("not kept as evidence: {why}", "no se guardó como evidencia: {why}"),
    "compared.settle": Words(
        'your verdict: {command} ledger settle {row} {verdict} --note "…"',
        'su veredicto: {command} ledger settle {row} {verdict} --note "…"',
    ),
    # -- settle, backup, import, forget-answers --------------------------------------------------
    "settled.row": Words(
        "row #{row}: {verdict}, decided by {author}", "fila #{row}: {verdict}; lo decidió {author}"
    ),
    "settled.reverses": Words(
        "this reverses the verdict of {author} at {at}: {verdict}",
        "esto cambia el veredicto de {author}, {at}: {verdict}",
    ),
    "backup.made": Words("{file}: {size} bytes, checked", "{file}: {size} bytes, revisado"),
    "intake.before": Words(
        "{file} was taken in before; nothing has changed",
        "{file} ya se había importado; no cambió nada",
    ),
    "intake.taken": Words(
        "{file}: {rows}, from #{first} on, verified",
        "{file}: {rows}, desde la #{first}, con su cadena verificada",
    ),
    "intake.file-away": Words(
        "Let no proxy write to that file any more.",
        "Que ningún proxy escriba más en ese archivo.",
    ),
    "forgotten.one": Words(
        "1 answer deleted; the keys stay, so that no repeat is sent",
        "1 respuesta borrada; las claves quedan, para que no se envíe ninguna repetición",
    ),
    "forgotten.many": Words(
        "{count} answers deleted; the keys stay, so that no repeat is sent",
        "{count} respuestas borradas; las claves quedan, para que no se envíe ninguna repetición",
    ),
    # -- verify ----------------------------------------------------------------------------------
    "verified.well": Words(
        "as it was written: {rows}, {entries} in the chain",
        "tal como se escribió: {rows}, {entries} en la cadena",
    ),
    "verified.deleted": Words(
        "deleted by age or size, as the chain says: rows up to #{row}",
        "borradas por edad o tamaño, como dice la cadena: las filas hasta la #{row}",
    ),
    "verified.goes-on": Words(
        "it goes on from the head that was given", "continúa desde el extremo que se indicó"
    ),
    "verified.not-compared": Words(
        "the head that was given cannot be compared: its rows were deleted by age",
        "el extremo que se indicó no se puede comparar: sus filas se borraron por edad",
    ),
    "verified.head": Words("head: {head}", "extremo: {head}"),
    "verified.more": Words("and {count} more", "y {count} más"),
}
