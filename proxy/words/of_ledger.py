"""Why the ledger cannot be written, and what a look-up in the API tells of a row."""

from proxy.words.entry import Words

OF_LEDGER = {
    # -- why it cannot be written ----------------------------------------------------------------
    "disk.full": Words("the disk is full", "el disco está lleno"),
    "disk.quota": Words("the disk quota is used up", "la cuota de disco se agotó"),
    "disk.error": Words("the disk gave an error", "el disco dio un error"),
    "disk.silent": Words(
        "the disk has not answered for {seconds} s", "el disco no responde desde hace {seconds} s"
    ),
    "ledger.locked": Words("another program has locked it", "otro programa lo tiene bloqueado"),
    "ledger.damaged": Words("the file is damaged", "el archivo está dañado"),
    "ledger.other-file": Words("the file is not a ledger", "el archivo no es un libro de registro"),
    "ledger.cannot-open": Words("it cannot be opened", "no se puede abrir"),
    "ledger.may-not-write": Words(
        "this user may not write it", "este usuario no puede escribir en él"
    ),
    "ledger.sqlite": Words("SQLite says {error}", "SQLite dice {error}"),
    # -- what the API has ------------------------------------------------------------------------
    "look-up.no-way": Words(
        "the API has no documented way to look this up: ask Passport, and send them the times and"
        " the ids",
        "la API no tiene una forma documentada de consultar esto: pregunte a Passport y envíeles"
        " las horas y los ids",
    ),
    "look-up.unanswered": Words(
        "the API did not answer the question ({answer} to GET {target})",
        "la API no respondió la consulta ({answer} a GET {target})",
    ),
    "look-up.no-answer": Words("no answer", "sin respuesta"),
    "look-up.pays-once": Words(
        "the API has {payments} of this resolution, and its documentation says that a resolution"
        " pays only once; status: {state}",
        "la API tiene {payments} de esta resolución, y su documentación dice que una resolución se"
        " paga una sola vez; estado: {state}",
    ),
    "look-up.same-id": Words(
        "the API has an entry with this id; status: {state}",
        "la API tiene un registro con este id; estado: {state}",
    ),
    "look-up.alike": Words(
        "{entries} of the API may be this one, or another one that looks the same: compare before"
        " you decide",
        "posibles coincidencias en la API: {entries}. Puede ser esta fila u otra que se ve igual:"
        " compare antes de decidir",
    ),
    "look-up.nothing": Words(
        "nothing matches among {entries} of the API. This is no proof: look again in some minutes,"
        " and ask Passport before you pay again",
        "nada coincide entre {entries} de la API. Eso no prueba nada: consulte otra vez en unos"
        " minutos, y pregunte a Passport antes de volver a pagar",
    ),
    "look-up.state-unknown": Words("not known", "no se conoce"),
    "one-payment": Words("1 payment", "1 pago"),
    "payments": Words("{count} payments", "{count} pagos"),
    "one-entry": Words("1 entry", "1 registro"),
    "entries": Words("{count} entries", "{count} registros"),
}
