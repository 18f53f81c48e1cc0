"""The words about requests with an Idempotency-Key, and repeats of them."""

from proxy.words.entry import Words

OF_REPEATS = {
    "title.repeated": Words(
        "A repeat of an earlier request, not sent", "Repite una petición anterior; no se envió"
    ),
    "title.key-reused": Words(
        "The key belongs to another request", "La clave pertenece a otra petición"
    ),
    "title.like-in-doubt": Words(
        "A payment that looks like one in doubt, not sent",
        "Un pago que parece otro que está en duda; no se envió",
    ),
    # -- the key ---------------------------------------------------------------------------------
    "key.several": Words(
        "the request has more than one Idempotency-Key header",
        "la petición tiene más de un encabezado Idempotency-Key",
    ),
    "key.malformed": Words(
        "Idempotency-Key is not a key: visible ASCII characters, or a string in double quotes",
        "Idempotency-Key no es una clave: caracteres ASCII visibles, o un texto entre comillas"
        " dobles",
    ),
    "key.too-long": Words(
        "Idempotency-Key is longer than {longest} characters",
        "Idempotency-Key tiene más de {longest} caracteres",
    ),
    "key.body-too-large": Words(
        "a request with an Idempotency-Key may have a body of {bytes} bytes at most: the proxy must"
        " have it whole to tell a repeat",
        "una petición con Idempotency-Key puede tener un cuerpo de {bytes} bytes como máximo: el"
        " proxy debe tenerlo completo para reconocer una repetición",
    ),
    "step.payment-key": Words(
        "send one key for each payment, such as a UUID, and the same one with each repeat",
        "envíe una clave por pago, por ejemplo un UUID, y la misma en cada repetición",
    ),
    "step.no-key": Words(
        "send a smaller body, or no Idempotency-Key",
        "envíe un cuerpo más pequeño, o ninguna Idempotency-Key",
    ),
    "step.new-key": Words(
        "a new payment needs a new key; a repeat must be the same, byte for byte",
        "un pago nuevo necesita una clave nueva; una repetición debe ser igual, byte por byte",
    ),
    # -- what became of the first ----------------------------------------------------------------
    "repeat.other": Words(
        "this Idempotency-Key came before with another body, method or target (row {row} of the"
        " ledger): nothing was sent",
        "esta Idempotency-Key ya llegó con otro cuerpo, método o ruta (fila {row} del libro): no se"
        " envió nada",
    ),
    "repeat.under-way": Words(
        "the first request with this key is still under way (row {row} of the ledger): this one was"
        " not sent",
        "la primera petición con esta clave sigue en curso (fila {row} del libro): esta no se"
        " envió",
    ),
    "step.repeat-soon": Words(
        "send it again with the same key in some seconds: it gets the answer of the first",
        "envíela otra vez con la misma clave en unos segundos: recibirá la respuesta de la primera",
    ),
    "repeat.in-doubt": Words(
        "nobody knows yet whether the first request with this key was carried out (row {row} of the"
        " ledger, {at} UTC): this one was not sent; {asked}",
        "todavía no se sabe si la primera petición con esta clave se ejecutó (fila {row} del libro,"
        " {at} UTC): esta no se envió; {asked}",
    ),
    "step.repeat-in-doubt": Words(
        "send it again later with the same key: the proxy looks it up in the API. Or decide it:"
        " {command} ledger look-up {row}, then {command} ledger settle {row}. If the verdict is"
        " that it was not made, the next repeat is sent",
        "envíela más tarde con la misma clave: el proxy la consulta en la API. O decídalo usted:"
        " {command} ledger look-up {row}, y después {command} ledger settle {row}. Si el veredicto"
        " es que no se hizo, la próxima repetición se envía",
    ),
    "repeat.known": Words(
        "the first request with this key was answered (row {row} of the ledger), and its answer is"
        " no longer kept: this one was not sent",
        "la primera petición con esta clave tuvo respuesta (fila {row} del libro), y esa respuesta"
        " ya no se conserva: esta no se envió",
    ),
    "repeat.known-verdict": Words(
        "the first request with this key has a verdict, {verdict} (row {row} of the ledger): this"
        " one was not sent",
        "la primera petición con esta clave tiene el veredicto «{verdict}» (fila {row} del libro):"
        " esta no se envió",
    ),
    "step.repeat-known": Words(
        "see what became of it: {command} ledger show {row}; a new payment needs a new key",
        "vea qué pasó con ella: {command} ledger show {row}; un pago nuevo necesita una clave"
        " nueva",
    ),
    "repeat.like-in-doubt": Words(
        "row {row} of the ledger ({at} UTC) is a payment of the same account, payee and amount, and"
        " nobody knows yet whether it was made: this one was not sent; {asked}",
        "la fila {row} del libro ({at} UTC) es un pago de la misma cuenta, al mismo destinatario y"
        " por el mismo monto, y todavía no se sabe si se hizo: este no se envió; {asked}",
    ),
    "step.like-in-doubt": Words(
        "look at {command} ledger show {row}, and wait until it is settled; or send the first again"
        " with its own resolution_id. If this one is meant to be a second payment, send it with"
        " Prefer: handling=lenient",
        "vea {command} ledger show {row} y espere a que se resuelva; o envíe otra vez el primero"
        " con su propia resolution_id. Si este debe ser un segundo pago, envíelo con"
        " Prefer: handling=lenient",
    ),
    "repeat.like-settled": Words(
        "row {row} of the ledger is a payment of the same account, payee and amount, and was in"
        " doubt until a moment ago: this one was not sent",
        "la fila {row} del libro es un pago de la misma cuenta, al mismo destinatario y por el"
        " mismo monto, y estuvo en duda hasta hace un momento: este no se envió",
    ),
    "step.like-settled": Words(
        "see what became of it: {command} ledger show {row}; send this one again only if it is"
        " meant to be a second payment",
        "vea qué pasó con él: {command} ledger show {row}; envíe este otra vez solo si debe ser un"
        " segundo pago",
    ),
    "repeat.looks-like": Words(
        "the same account, payee and amount as row #{row} of the ledger, under another resolution"
        " or request: two payments",
        "la misma cuenta, el mismo destinatario y el mismo monto que la fila #{row} del libro, con"
        " otra resolución u otra petición: son dos pagos",
    ),
    "repeat.same-resolution": Words(
        "the same resolution as row #{row} of the ledger, which is in doubt: the API makes one"
        " payment of it",
        "la misma resolución que la fila #{row} del libro, que está en duda: la API hace un solo"
        " pago de ella",
    ),
    "repeat.replayed": Words(
        "the answer of row #{row} of the ledger again; nothing was sent",
        "otra vez la respuesta de la fila #{row} del libro; no se envió nada",
    ),
    "repeat.found": Words(
        "what the API has for row #{row} of the ledger; nothing was sent",
        "lo que la API tiene de la fila #{row} del libro; no se envió nada",
    ),
}
