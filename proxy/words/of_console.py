"""The console's words about exchanges: changes, reasons, and parts not kept or not sent."""

from proxy.words.entry import Words

OF_CONSOLE = {
    # -- what the proxy changed ------------------------------------------------------------------
    "change.own-authorization": Words(
        "the caller's own; the proxy adds its token", "es del cliente; el proxy agrega su token"
    ),
    "change.answered": Words("answered by the proxy", "lo responde el proxy"),
    "change.names-proxy": Words("names the proxy", "es el nombre del proxy"),
    "change.for-proxy": Words("for the proxy only", "es solo para el proxy"),
    "change.frames-response": Words(
        "the proxy frames the response itself (RFC 9112 section 6.2)",
        "el proxy mismo delimita la respuesta (RFC 9112, sección 6.2)",
    ),
    "change.token": Words("the access token", "el token de acceso"),
    "change.names-upstream": Words("names the upstream", "es el nombre del servidor de destino"),
    "change.via": Words(
        "the proxy names itself (RFC 9110 section 7.6.3)",
        "el proxy se identifica (RFC 9110, sección 7.6.3)",
    ),
    "change.framed": Words("framed for this connection", "se delimita para esta conexión"),
    "change.relocated": Words(
        "pointed at the upstream, now at the proxy",
        "apuntaba al servidor de destino, ahora al proxy",
    ),
    "change.server-timing": Words("BREB_SERVER_TIMING", "BREB_SERVER_TIMING"),
    "change.cors": Words(
        "the proxy answers CORS for BREB_ALLOWED_ORIGINS",
        "el proxy responde CORS según BREB_ALLOWED_ORIGINS",
    ),
    "change.one-connection": Words(
        "for one connection only (RFC 9110 section 7.6.1)",
        "vale solo para una conexión (RFC 9110, sección 7.6.1)",
    ),
    "change.nominated": Words(
        "named by Connection, so for one connection only",
        "Connection lo menciona, así que vale solo para una conexión",
    ),
    # -- what of a body is not kept --------------------------------------------------------------
    "body.coding-unknown": Words(
        "not kept: the coding {coding} is not supported",
        "no se guardó: la codificación {coding} no se admite",
    ),
    "body.too-much": Words(
        "not kept: more arrived at once than could be masked",
        "no se guardó: llegó a la vez más de lo que se podía ocultar",
    ),
    "body.countless": Words(
        "not kept: the request has more cookies, or longer ones, than can be masked",
        "no se guardó: la petición tiene más cookies, o más largas, de las que se pueden ocultar",
    ),
    "body.coding-invalid": Words(
        "not kept: it is not valid {coding}", "no se guardó: no es {coding} válido"
    ),
    # -- why a request is not sent again ---------------------------------------------------------
    "replay.production": Words(
        "not allowed against a production host: real money moves there",
        "no se permite contra un host de producción: allí se mueve dinero real",
    ),
    "replay.draining": Words("the proxy is shutting down", "el proxy se está apagando"),
    "replay.gone": Words("this exchange is no longer kept", "esta petición ya no está guardada"),
    "replay.no-caller": Words("no caller sent it", "no la envió ningún cliente"),
    "replay.method": Words("this method cannot be sent", "ese método no se puede enviar"),
    "replay.masks": Words(
        "it still has masked values ({mask}): write the real values",
        "todavía tiene valores ocultos ({mask}): escriba los valores reales",
    ),
    "replay.path": Words(
        "the path must begin with / and have only visible ASCII characters",
        "la ruta debe empezar con / y usar solo caracteres ASCII visibles",
    ),
    "replay.header": Words(
        "a header has a name or a value that cannot be sent",
        "un encabezado tiene un nombre o un valor que no se puede enviar",
    ),
    "replay.masked": Words("some of its values were masked", "tiene valores ocultos"),
    "replay.malformed": Words(
        "it was not a well-formed request", "no era una petición bien formada"
    ),
    "replay.no-path": Words(
        "it names another server, or no path: it is never sent from here",
        "apunta a otro servidor, o no tiene ruta: desde aquí nunca se envía",
    ),
    # -- what sending it again would do, by the actions of the API's table ------------------------
    "would": Words("{method} {path} would {deed}", "{method} {path} {deed}"),
    "deed.payment": Words("start a payment", "iniciaría un pago"),
    "deed.payment-of": Words("start a payment of {amount}", "iniciaría un pago de {amount}"),
    "deed.payment-confirm": Words(
        "confirm a payment, which is then sent", "confirmaría un pago, que entonces se envía"
    ),
    "deed.key-register": Words("register a Bre-B key", "registraría una llave Bre-B"),
    "deed.key-suspend": Words("suspend a Bre-B key", "suspendería una llave Bre-B"),
    "deed.key-activate": Words("activate a Bre-B key", "activaría una llave Bre-B"),
    "deed.key-delete": Words(
        "delete a Bre-B key permanently", "eliminaría definitivamente una llave Bre-B"
    ),
    "deed.key-resolve": Words(
        "resolve a key; the result is valid for 30 minutes",
        "resolvería una llave; el resultado es válido por 30 minutos",
    ),
    "deed.recipient-create": Words("create a recipient", "crearía un destinatario"),
    "deed.qr-create": Words("create a QR code", "crearía un código QR"),
    "deed.qr-cancel": Words("cancel a QR code", "cancelaría un código QR"),
    "deed.qr-decode": Words("decode a QR code", "decodificaría un código QR"),
    "deed.customer-create": Words("create a customer", "crearía un cliente"),
    "deed.customer-change": Words("change a customer", "modificaría un cliente"),
    "deed.account-link": Words("link a bank account", "vincularía una cuenta bancaria"),
    "deed.token": Words("ask for another access token", "pediría otro token de acceso"),
    "deed.token-revoke": Words("revoke an access token", "revocaría un token de acceso"),
    "deed.other": Words(
        "be carried out again by the upstream", "se ejecutaría otra vez en el servidor de destino"
    ),
    # -- why it is not copied --------------------------------------------------------------------
    "copy.method": Words(
        "HTTPie would take this method for a host: copy it for curl",
        "HTTPie tomaría este método por un host: cópielo para curl",
    ),
    "copy.variables": Words(
        "it contains {signs}, which Postman would replace by a variable of yours: copy it for curl",
        "contiene {signs}, que Postman reemplazaría por una variable suya: cópielo para curl",
    ),
    # -- what of a body is not there -------------------------------------------------------------
    "replay.body": Words("its body is {why}", "de su cuerpo: {why}"),
    "replay.body-cut": Words(
        "only the first {count} characters of its body are kept",
        "solo se guardaron los primeros {count} caracteres de su cuerpo",
    ),
}
