"""The words of refusals of requests, with the advice for callers."""

from proxy.words.entry import Words

OF_CALLERS = {
    "title.refused": Words("Request refused by the proxy", "El proxy rechazó la petición"),
    "title.internal": Words("Internal error of the proxy", "Error interno del proxy"),
    "title.draining": Words("The proxy is shutting down", "El proxy se está apagando"),
    "title.ledger": Words(
        "The ledger cannot be written", "No se puede escribir en el libro de registro"
    ),
    # -- form ------------------------------------------------------------------------------------
    "not-http": Words("not valid HTTP/1.1: {reason}", "no es HTTP/1.1 válido: {reason}"),
    "tls-came": Words(
        "this listener uses http://, but a TLS handshake came; to use https://, set BREB_TLS_CERT",
        "este puerto usa http://, pero llegó un handshake TLS; para usar https://, defina"
        " BREB_TLS_CERT",
    ),
    "space-in-target": Words(
        "the request target contains a space; write it as %20",
        "la ruta de la petición contiene un espacio; escríbalo como %20",
    ),
    "request-line": Words(
        "the request line must be method, target and HTTP/1.1, with one space between them",
        "la primera línea de la petición debe ser método, ruta y HTTP/1.1, separados por un"
        " espacio",
    ),
    "other-version": Words(
        "this proxy does not support {version}", "este proxy no es compatible con {version}"
    ),
    "target-too-long": Words(
        "the request target is too long", "la ruta de la petición es demasiado larga"
    ),
    "head-too-large": Words(
        "the request line and headers are larger than {bytes} bytes, or there are more than"
        " {fields} headers",
        "la primera línea y los encabezados ocupan más de {bytes} bytes, o hay más de {fields}"
        " encabezados",
    ),
    "chunk-overhead": Words(
        "the body's chunk extensions or trailers are too large, or its chunks hold little more than"
        " empty lines",
        "las extensiones de los fragmentos (chunks) o los campos finales (trailers) del cuerpo son"
        " demasiado grandes, o sus fragmentos contienen poco más que líneas vacías",
    ),
    "transfer-encoding": Words(
        "Transfer-Encoding must be chunked, in one HTTP/1.1 header, without Content-Length",
        "Transfer-Encoding debe ser chunked, en un solo encabezado de HTTP/1.1 y sin"
        " Content-Length",
    ),
    "content-length": Words(
        "Content-Length must be one number", "Content-Length debe ser un solo número"
    ),
    "length-too-large": Words(
        "the Content-Length is too large", "el Content-Length es demasiado grande"
    ),
    "memory": Words(
        "the memory that callers may use is used up (BREB_MEMORY_BUDGET)",
        "se agotó la memoria que los clientes pueden usar (BREB_MEMORY_BUDGET)",
    ),
    "too-many-callers": Words("more than {most} connections", "más de {most} conexiones"),
    "body-timeout": Words(
        "no byte of the request body came for {seconds} s",
        "no llegó ni un byte del cuerpo de la petición en {seconds} s",
    ),
    "header-timeout": Words(
        "the request line and headers were not complete within {seconds} s",
        "la primera línea y los encabezados no llegaron completos en {seconds} s",
    ),
    "body-too-large": Words(
        "the body is larger than {bytes} bytes", "el cuerpo tiene más de {bytes} bytes"
    ),
    # -- method, Host, target --------------------------------------------------------------------
    "not-a-method": Words("{method} is not an HTTP method", "{method} no es un método HTTP"),
    "list-too-long": Words(
        "the {name} headers are longer than {bytes} bytes together",
        "los encabezados {name} suman más de {bytes} bytes",
    ),
    "method-too-long": Words(
        "the method is longer than {most} characters", "el método tiene más de {most} caracteres"
    ),
    "method-not-supported": Words(
        "this proxy does not support the method {method}",
        "este proxy no admite el método {method}",
    ),
    "host-malformed": Words(
        "the Host header is malformed", "el encabezado Host no tiene un formato válido"
    ),
    "host-unknown": Words(
        "{host} is not a name of this proxy", "{host} no es un nombre de este proxy"
    ),
    "host-count": Words(
        "the request must have exactly one Host header",
        "la petición debe tener exactamente un encabezado Host",
    ),
    "other-scheme": Words("this listener uses {scheme}", "este puerto usa {scheme}"),
    "target-invalid": Words(
        "the request target is not a valid path", "la ruta de la petición no es válida"
    ),
    # -- web pages, key, rules -------------------------------------------------------------------
    "foreign-origin": Words(
        "a web page of another origin may not use this proxy",
        "una página web de otro origen no puede usar este proxy",
    ),
    "foreign-site": Words(
        "a web page of another site may not use this proxy",
        "una página de otro sitio web no puede usar este proxy",
    ),
    "two-origins": Words(
        "a request with more than one Origin or Sec-Fetch-Site header may not use this proxy",
        "una petición con más de un encabezado Origin o Sec-Fetch-Site no puede usar este proxy",
    ),
    "key-missing": Words("the X-Proxy-Key header is missing", "falta el encabezado X-Proxy-Key"),
    "key-invalid": Words("X-Proxy-Key is not valid", "X-Proxy-Key no es válido"),
    "path-ambiguous": Words(
        "the path is ambiguous: it has dot or empty segments, parameters (;) or percent-encoded"
        " separators, letters or control characters",
        "la ruta es ambigua: tiene segmentos vacíos o de puntos, parámetros (;), o separadores,"
        " letras o caracteres de control codificados con %",
    ),
    "rule-denies": Words(
        "the rule {rule} of BREB_DENY forbids this request",
        "la regla {rule} de BREB_DENY prohíbe esta petición",
    ),
    "no-rule": Words(
        "BREB_ALLOW has no rule for this request, only: {rules}",
        "BREB_ALLOW no tiene una regla para esta petición, solo: {rules}",
    ),
    "no-rule-for-caller": Words(
        "BREB_ALLOW has no rule for the caller {caller}",
        "BREB_ALLOW no tiene una regla para el cliente {caller}",
    ),
    "override": Words(
        "with {name}, the API may carry out another method or path than this proxy judged",
        "con {name}, la API podría ejecutar otro método u otra ruta que los que este proxy revisó",
    ),
    "method-parameter": Words("the parameter _method", "el parámetro _method"),
    "real-tokens-refused": Words(
        "this proxy lets no caller list or revoke real tokens (BREB_TOKEN_ENDPOINT=local)",
        "este proxy no permite que un cliente consulte o revoque tokens reales"
        " (BREB_TOKEN_ENDPOINT=local)",
    ),
    "rules-and-more": Words("{rules} and {more} more", "{rules} y {more} más"),
    "token-requests-refused": Words(
        "this proxy refuses callers' token requests (BREB_TOKEN_ENDPOINT=refuse)",
        "este proxy rechaza las peticiones de token de los clientes (BREB_TOKEN_ENDPOINT=refuse)",
    ),
    # -- placeholder tokens ----------------------------------------------------------------------
    "placeholder-given": Words("a placeholder token", "un token sustituto"),
    "placeholder-revoked": Words("a placeholder token was revoked", "se revocó un token sustituto"),
    "placeholder-unknown": Words(
        "the access token has expired, was revoked, or is not from this proxy; request a new one"
        " from the token path",
        "el token de acceso venció, se revocó o no es de este proxy; pida uno nuevo en la ruta de"
        " tokens",
    ),
    "client-unknown": Words(
        "client_id or client_secret is wrong: client_secret must be a key of BREB_CALLER_KEY",
        "client_id o client_secret no es correcto: client_secret debe ser una clave de"
        " BREB_CALLER_KEY",
    ),
    "path-without-method": Words(
        "this path does not support this method", "esta ruta no admite este método"
    ),
    "no-such-token": Words("no such token", "no existe ese token"),
    "field-required": Words("Field '{name}' is required", "el campo '{name}' es obligatorio"),
    "field-invalid": Words("Field '{name}' is invalid", "el campo '{name}' no es válido"),
    "field-no-string": Words(
        "Field '{name}' is not a string", "el campo '{name}' no es una cadena de texto"
    ),
    "field-twice": Words(
        "Field '{name}' is given twice, with different values",
        "el campo '{name}' se dio dos veces, con valores distintos",
    ),
    "grant-type": Words(
        "Field 'grant_type' is invalid: it must be {grant}",
        "el campo 'grant_type' no es válido: debe ser {grant}",
    ),
    "not-json": Words("the body is not JSON", "el cuerpo no es JSON"),
    "no-json-object": Words("the body is not a JSON object", "el cuerpo no es un objeto JSON"),
    "not-a-form": Words("the body is not a form", "el cuerpo no es un formulario"),
    "parameter-twice": Words(
        "the form has a parameter twice", "el formulario tiene un parámetro dos veces"
    ),
    "not-basic": Words(
        "the Authorization header is not HTTP Basic",
        "el encabezado Authorization no es HTTP Basic",
    ),
    # -- of the proxy itself ---------------------------------------------------------------------
    "internal": Words(
        "internal error; the proxy's log has its type",
        "error interno; su tipo está en el registro del proxy",
    ),
    "draining": Words(
        "the proxy is shutting down, and BREB_SHUTDOWN_GRACE is over",
        "el proxy se está apagando y BREB_SHUTDOWN_GRACE ya terminó",
    ),
    "second-signal": Words(
        "a second signal ended the proxy at once", "una segunda señal terminó el proxy de inmediato"
    ),
    "ledger-unwritable": Words(
        "the ledger cannot be written: {why}", "no se puede escribir en el libro de registro: {why}"
    ),
    "ledger-closed": Words("this proxy is ending", "este proxy está terminando"),
    "ledger-wrote-nothing": Words(
        "the ledger took no row for {seconds} s",
        "el libro de registro no recibió ninguna fila en {seconds} s",
    ),
    # -- next steps ------------------------------------------------------------------------------
    "step.report": Words(
        "report this with the exchange id and the log lines around it",
        "reporte esto con el id de la petición y las líneas del registro de ese momento",
    ),
    "step.after-restart": Words(
        "send the request again in a moment: to this proxy after its restart, or to another"
        " instance",
        "envíe la petición otra vez en un momento: a este proxy cuando haya reiniciado, o a otra"
        " instancia",
    ),
    "step.ledger": Words(
        "free disk space, or give the proxy the right to write the file of BREB_LEDGER, or bring"
        " its database back; nothing was sent to the upstream",
        "libere espacio en el disco, o dé al proxy permiso para escribir el archivo de BREB_LEDGER,"
        " o recupere su base de datos; no se envió nada al servidor de destino",
    ),
    "step.look-up": Words(
        "before you send the request again, look up in the API whether it was carried out: a"
        " payment may have been made ({command} help outcome-unknown)",
        "antes de enviar la petición otra vez, consulte en la API si se ejecutó: es posible que se"
        " haya hecho un pago ({command} help outcome-unknown)",
    ),
    "step.same-key": Words(
        "send the same again, with the same Idempotency-Key: the proxy asks the API whether it was"
        " carried out, and sends it no second time as long as that is not known",
        "envíe lo mismo otra vez, con la misma Idempotency-Key: el proxy consulta en la API si se"
        " ejecutó, y no lo envía por segunda vez mientras no se sepa",
    ),
    "step.look-up-then": Words("{look_up}; then {step}", "{look_up}; después, {step}"),
    "step.well-formed": Words(
        "send one well-formed HTTP/1.1 request (RFC 9112)",
        "envíe una petición HTTP/1.1 bien formada (RFC 9112)",
    ),
    "step.one-framing": Words(
        "send either Content-Length or Transfer-Encoding: chunked",
        "envíe Content-Length o Transfer-Encoding: chunked, no ambos",
    ),
    "step.one-length": Words(
        "send one Content-Length header", "envíe un solo encabezado Content-Length"
    ),
    "step.fewer-headers": Words(
        "send fewer or shorter headers", "envíe menos encabezados, o más cortos"
    ),
    "step.larger-chunks": Words(
        "send larger chunks, or fewer trailers",
        "envíe fragmentos (chunks) más grandes, o menos campos finales (trailers)",
    ),
    "step.memory": Words(
        "send the request again later, or raise BREB_MEMORY_BUDGET",
        "envíe la petición de nuevo más tarde, o aumente BREB_MEMORY_BUDGET",
    ),
    "step.fewer-connections": Words(
        "use fewer connections, or raise BREB_MAX_CALLERS",
        "use menos conexiones, o aumente BREB_MAX_CALLERS",
    ),
    "step.faster-body": Words(
        "send the body faster, or raise BREB_IDLE_TIMEOUT",
        "envíe el cuerpo más rápido, o aumente BREB_IDLE_TIMEOUT",
    ),
    "step.faster-headers": Words(
        "send them faster, or raise BREB_HEADER_TIMEOUT",
        "envíelos más rápido, o aumente BREB_HEADER_TIMEOUT",
    ),
    "step.smaller-body": Words(
        "send a smaller body, or raise BREB_MAX_BODY",
        "envíe un cuerpo más pequeño, o aumente BREB_MAX_BODY",
    ),
    "step.registered-method": Words(
        "use a registered HTTP method", "use un método HTTP registrado"
    ),
    "step.other-method": Words("use another method", "use otro método"),
    "step.base-url": Words(
        "use this proxy's http://host:port as the base URL of your requests; it does not work as"
        " HTTP_PROXY",
        "use el http://host:puerto de este proxy como URL base de sus peticiones; no funciona como"
        " HTTP_PROXY",
    ),
    "step.host-of-url": Words(
        "send the host and port of the URL", "envíe el host y el puerto de la URL"
    ),
    "step.known-name": Words(
        "use http://localhost or 127.0.0.1, or add the name to BREB_ALLOWED_HOSTS ({command} help"
        " 421)",
        "use http://localhost o 127.0.0.1, o agregue el nombre a BREB_ALLOWED_HOSTS ({command} help"
        " 421)",
    ),
    "step.one-host": Words("send one Host header", "envíe un solo encabezado Host"),
    "step.scheme": Words(
        "use the listener's scheme in the URL", "use en la URL el esquema de este puerto"
    ),
    "step.plain-target": Words(
        "send a path such as /v1/payments, without a fragment, spaces or control characters",
        "envíe una ruta como /v1/payments, sin fragmento, espacios ni caracteres de control",
    ),
    "step.your-page": Words(
        "if the page is yours, add its origin to BREB_ALLOWED_ORIGINS ({command} help 403)",
        "si la página es suya, agregue su origen a BREB_ALLOWED_ORIGINS ({command} help 403)",
    ),
    "step.key": Words(
        "send one X-Proxy-Key header with a key of BREB_CALLER_KEY",
        "envíe un solo encabezado X-Proxy-Key, con una clave de BREB_CALLER_KEY",
    ),
    "step.plain-path": Words(
        "send the path in its plain form; while BREB_ALLOW, BREB_DENY or BREB_TOKEN_ENDPOINT is"
        " set, no other form is accepted",
        "envíe la ruta en su forma simple; mientras BREB_ALLOW, BREB_DENY o BREB_TOKEN_ENDPOINT"
        " estén definidas, no se acepta otra forma",
    ),
    "step.no-override": Words(
        "send the method and the path themselves, or set BREB_ALLOW_OVERRIDES=true",
        "envíe el método y la ruta directamente, o defina BREB_ALLOW_OVERRIDES=true",
    ),
    "step.placeholder": Words(
        "send a placeholder token, or use: {command} tokens",
        "envíe un token sustituto, o use: {command} tokens",
    ),
    "step.credentials-alone": Words(
        "send client_id, client_secret and grant_type alone",
        "envíe solamente client_id, client_secret y grant_type",
    ),
    "step.change-deny": Words(
        "if it should pass, change BREB_DENY", "si debe pasar, cambie BREB_DENY"
    ),
    "step.add-to-allow": Words(
        "if it should pass, add a rule to BREB_ALLOW",
        "si debe pasar, agregue una regla a BREB_ALLOW",
    ),
    "step.no-authorization": Words(
        "send requests without an Authorization header: the proxy adds the access token",
        "envíe las peticiones sin el encabezado Authorization: el proxy agrega el token de acceso",
    ),
}
