"""The words of failures to write the ledger, and of the findings of look-ups in the API."""

from proxy.words.entry import Words

OF_LEDGER = {
    # -- why it cannot be written ----------------------------------------------------------------
    "disk.full": Words("the disk is full", "el disco está lleno"),
    "disk.quota": Words("the disk quota is used up", "la cuota de disco se agotó"),
    "disk.error": Words("the disk gave an error", "el disco dio un error"),
    "disk.silent": Words(
        "the disk has not answered for {seconds} s, or another program holds the file",
        "el disco no responde desde hace {seconds} s, u otro programa retiene el archivo",
    ),
    "ledger.locked": Words("another program has locked it", "otro programa lo tiene bloqueado"),
    "ledger.damaged": Words("the file is damaged", "el archivo está dañado"),
    "ledger.other-file": Words(
        "the file is not a ledger, or its beginning is damaged",
        "el archivo no es un libro de registro, o está dañado su comienzo",
    ),
    "ledger.cannot-open": Words("it cannot be opened", "no se puede abrir"),
    "ledger.may-not-write": Words(
        "this user may not write it", "este usuario no puede escribir en él"
    ),
    "ledger.sqlite": Words("SQLite says {error}", "SQLite dice {error}"),
    # -- who asks by itself ----------------------------------------------------------------------
    "asker.off": Words(
        "the proxy does not ask the API by itself (BREB_LEDGER_ASK)",
        "el proxy no consulta la API por su cuenta (BREB_LEDGER_ASK)",
    ),
    "asker.idle": Words(
        "the proxy has nothing to ask the API",
        "el proxy no tiene nada que consultar en la API",
    ),
    "asker.next": Words(
        "the proxy asks the API by itself, next at {at} UTC",
        "el proxy consulta la API por su cuenta; la próxima vez, {at} UTC",
    ),
    "asker.quiet": Words(
        "the API does not answer: the proxy asks it again at {at} UTC",
        "la API no responde: el proxy la consulta otra vez {at} UTC",
    ),
    "asker.refused": Words(
        "the API refuses the questions ({status}): the token may lack the scope to read; the proxy"
        " asks again with the next token",
        "la API rechaza las consultas ({status}): tal vez al token le falta el permiso de leer; el"
        " proxy consulta otra vez con el próximo token",
    ),
    "asking.once": Words("once", "una vez"),
    "asking.times": Words("{count} times", "{count} veces"),
    "asking.unreadable": Words(
        "not asked about: some of the row cannot be read, since it is damaged or was edited",
        "no se consulta: una parte de la fila no se puede leer, porque está dañada o alguien la"
        " modificó",
    ),
    "asking.not-yet": Words("the API has not been asked yet", "todavía no se consultó la API"),
    "asking.found": Words(
        "asked {times} until {at} UTC: the API has something to compare it with",
        "consultado {times} hasta {at} UTC: la API tiene algo con qué compararlo",
    ),
    "asking.not-final": Words(
        "asked {times} until {at} UTC: the API has it, and it is not final yet",
        "consultado {times} hasta {at} UTC: la API lo tiene y todavía no es definitivo",
    ),
    "asking.disagrees": Words(
        "asked {times} until {at} UTC: the answers disagree, so a person decides",
        "consultado {times} hasta {at} UTC: las respuestas se contradicen; decide una persona",
    ),
    "asking.not-answered": Words(
        "asked {times} until {at} UTC: the last question was not answered",
        "consultado {times} hasta {at} UTC: la última consulta no tuvo respuesta",
    ),
    "asking.absent": Words(
        "asked {times} until {at} UTC, not found",
        "consultado {times} hasta {at} UTC, no se encontró",
    ),
    "asking.absent-back-to": Words(
        "asked {times} until {at} UTC, read back to {back_to} UTC, not found",
        "consultado {times} hasta {at} UTC, leído hasta {back_to} UTC, no se encontró",
    ),
    "asking.expired": Words(
        "{absent}; the resolution has expired",
        "{absent}; la resolución venció",
    ),
    # -- what the API has ------------------------------------------------------------------------
    "look-up.no-way": Words(
        "the API has no documented way to look this up: ask Passport, and send them the times and"
        " the ids",
        "la API no tiene una forma documentada de consultarlo: pregunte a Passport y envíeles las"
        " horas y los ids",
    ),
    "look-up.not-answered": Words(
        "the API did not answer the question ({status} to GET {target})",
        "la API no respondió la pregunta ({status} a GET {target})",
    ),
    "look-up.own-rule": Words(
        "this proxy's own rules did not let the question pass: add GET {target}* to BREB_ALLOW, or"
        " take it out of BREB_DENY",
        "las reglas de este proxy no dejaron pasar la pregunta: agregue GET {target}* a BREB_ALLOW,"
        " o quítelo de BREB_DENY",
    ),
    "look-up.settled": Words(
        "made and settled: the API has this payment as {id}, with status {state}",
        "se hizo y se liquidó: la API tiene este pago como {id}, con estado {state}",
    ),
    "look-up.rejected": Words(
        "rejected: the API has this payment as {id}, with status {state}; no money moved",
        "rechazado: la API tiene este pago como {id}, con estado {state}; no se movió dinero",
    ),
    "look-up.not-final": Words(
        "the API has this payment as {id}, but {state} is not final: look again in a minute, and do"
        " not send it again",
        "la API tiene este pago como {id}, pero {state} no es definitivo: consulte otra vez en un"
        " minuto y no lo vuelva a enviar",
    ),
    "look-up.repeat": Words(
        "made, once for two rows: the API has the payment of this resolution as {id}, with status"
        " {state}; it stands in this ledger as that of {row}, do not count it twice",
        "se hizo, una sola vez para dos filas: la API tiene el pago de esta resolución como {id},"
        " con estado {state}; en este libro figura como el de {row}, no lo cuente dos veces",
    ),
    "look-up.made": Words(
        "it was carried out: the API has it as {id}",
        "se ejecutó: la API lo tiene como {id}",
    ),
    "look-up.several": Words(
        "the API has {count} entries that could each be this one: ask Passport",
        "la API tiene {count} registros que podrían ser este: pregunte a Passport",
    ),
    "look-up.contradicted": Words(
        "the API has an entry with this id or resolution, but it differs in {differs}: decide"
        " nothing, ask Passport",
        "la API tiene un registro con este id o esta resolución, pero difiere en {differs}: no"
        " decida nada, pregunte a Passport",
    ),
    "look-up.alike": Words(
        "{count} of the API's entries may be this one, or look the same: compare before you decide",
        "{count} de los registros de la API pueden ser este o solo parecerse: compare antes de"
        " decidir",
    ),
    "look-up.others": Words(
        "not found: every entry that looks the same belongs to {rows} of this ledger. No proof:"
        " look again in some minutes, and ask Passport before you pay again",
        "no queda nada: lo que se parece pertenece a {rows} de este libro. Esto no prueba nada:"
        " consulte otra vez en unos minutos y pregunte a Passport antes de volver a pagar",
    ),
    "look-up.nothing": Words(
        "not found among the API's entries ({count} read). This is no proof: look again in some"
        " minutes, and ask Passport before you pay again",
        "no está entre los registros de la API ({count} leídos). Esto no prueba nada: consulte otra"
        " vez en unos minutos y pregunte a Passport antes de volver a pagar",
    ),
    "look-up.nothing-back-to": Words(
        "not found among the API's entries ({count} read, back to {back_to}). This is no proof:"
        " look again in some minutes, and ask Passport before you pay again",
        "no está entre los registros de la API ({count} leídos, hasta {back_to}). Esto no prueba"
        " nada: consulte otra vez en unos minutos y pregunte a Passport antes de volver a pagar",
    ),
    "look-up.nothing-so-far": Words(
        "not found, but not all was read: {count} entries, back to {back_to} only. Looking again"
        " does not help: ask Passport",
        "no se encontró, pero no se leyó todo: {count} registros, solo hasta {back_to}. Consultar"
        " otra vez no ayuda: pregunte a Passport",
    ),
    "look-up.gone": Words(
        "the API no longer knows it: it was deleted, by this request or by another",
        "la API ya no lo conoce: se eliminó, con esta petición o con otra",
    ),
    "look-up.still-there": Words(
        "it is still there, with status {state}: it was not deleted, or not yet",
        "sigue ahí, con estado {state}: no se eliminó, o todavía no",
    ),
    "look-up.no-thing": Words(
        "the API does not know it: nothing can be said about this change",
        "la API no lo conoce: no se puede decir nada de este cambio",
    ),
    "look-up.in-state": Words(
        "it is {state} now, as this request wanted",
        "ahora está {state}, como quería esta petición",
    ),
    "look-up.other-state": Words(
        "it is {state} now: this request was not carried out, or another one came after it",
        "ahora está {state}: esta petición no se ejecutó, u otra llegó después",
    ),
    "look-up.state": Words(
        "it is there, with status {state}: compare what the request was to change",
        "está ahí, con estado {state}: compare lo que la petición debía cambiar",
    ),
}
