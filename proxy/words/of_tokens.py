"""The words of missing access tokens and of the ends of fetches, with the advice."""

from proxy.words.entry import Words

OF_TOKENS = {
    "token.left-alive": Words(
        "the token of this command could not be revoked; it stays valid until it expires",
        "el token de este comando no se pudo revocar; sigue vigente hasta que venza",
    ),
    "title.no-token": Words("No access token", "No hay token de acceso"),
    "title.not-given": Words(
        "No access token: the token endpoint did not give one",
        "No hay token de acceso: el endpoint de tokens no entregó ninguno",
    ),
    "title.credentials-refused": Words(
        "No access token: the client credentials are refused",
        "No hay token de acceso: las credenciales fueron rechazadas",
    ),
    "title.credentials-missing": Words(
        "No access token: the client credentials cannot be read",
        "No hay token de acceso: no se pueden leer las credenciales",
    ),
    # -- the endpoint ----------------------------------------------------------------------------
    "endpoint-unreached": Words("token endpoint: {why}", "endpoint de tokens: {why}"),
    "endpoint-answered": Words(
        "the token endpoint answered {status}", "el endpoint de tokens respondió {status}"
    ),
    "endpoint-too-many": Words(
        "the token endpoint answered 429: too many requests",
        "el endpoint de tokens respondió 429: demasiadas peticiones",
    ),
    "endpoint-not-one": Words(
        "the token endpoint answered {status}, so it is probably not a token endpoint",
        "el endpoint de tokens respondió {status}, así que probablemente no es un endpoint de"
        " tokens",
    ),
    "endpoint-redirects": Words(
        "the token endpoint answered with a redirect ({status}), which the proxy does not follow",
        "el endpoint de tokens respondió con una redirección ({status}), que el proxy no sigue",
    ),
    "endpoint-redirects-to": Words(
        "the token endpoint answered with a redirect ({status}) to {origin}, which the proxy does"
        " not follow",
        "el endpoint de tokens respondió con una redirección ({status}) a {origin}, que el proxy no"
        " sigue",
    ),
    "endpoint-silent": Words(
        "no response from the token endpoint within {seconds} s",
        "el endpoint de tokens no respondió en {seconds} s",
    ),
    "endpoint-late": Words(
        "the token endpoint did not answer in time", "el endpoint de tokens no respondió a tiempo"
    ),
    "response-too-long": Words(
        "the token endpoint's response is larger than {bytes} bytes",
        "la respuesta del endpoint de tokens tiene más de {bytes} bytes",
    ),
    "response-not-json": Words(
        "the token endpoint's response is not JSON",
        "la respuesta del endpoint de tokens no es JSON",
    ),
    "response-no-object": Words(
        "the token endpoint's response is not a JSON object",
        "la respuesta del endpoint de tokens no es un objeto JSON",
    ),
    "response-no-token": Words(
        "the token endpoint's response has no usable access_token",
        "la respuesta del endpoint de tokens no tiene un access_token utilizable",
    ),
    "response-not-bearer": Words(
        "the token endpoint's token_type is not Bearer",
        "el token_type del endpoint de tokens no es Bearer",
    ),
    "expires-not-a-number": Words(
        "the token endpoint's expires_in is not a number",
        "el expires_in del endpoint de tokens no es un número",
    ),
    "expires-not-positive": Words(
        "the token endpoint's expires_in is not positive",
        "el expires_in del endpoint de tokens no es positivo",
    ),
    "expired-on-arrival": Words(
        "the token had already expired when it came: its lifetime was {seconds} s",
        "el token ya había vencido cuando llegó: su vigencia era de {seconds} s",
    ),
    "fetch-failed": Words(
        "the token request failed: {error}", "la petición de token falló: {error}"
    ),
    "fetch-under-way": Words(
        "the token request is still under way", "la petición de token todavía está en curso"
    ),
    "fetch-given-up": Words("given up", "se abandonó"),
    "fetch-broke": Words("failed", "falló"),
    "same-token": Words("the same token again", "otra vez el mismo token"),
    "valid-for": Words("valid for {span}", "vigente por {span}"),
    # -- the credentials -------------------------------------------------------------------------
    "credentials-refused": Words(
        "the token endpoint refused the credentials: {answer}",
        "el endpoint de tokens rechazó las credenciales: {answer}",
    ),
    "refused-by-web-page": Words(
        "{answer}; it is a web page, perhaps of a firewall or web filter in between",
        "{answer}; es una página web, quizás de un firewall o un filtro web intermedio",
    ),
    "refused-for-form": Words(
        "{answer}; it is about the form of the request, so perhaps this is another token endpoint",
        "{answer}; se refiere a la forma de la petición, así que quizás este es otro endpoint de"
        " tokens",
    ),
    "refused-without-json": Words(
        "{answer}; it is not JSON, so perhaps this is no token endpoint",
        "{answer}; no es JSON, así que quizás este no es un endpoint de tokens",
    ),
    "credentials-unreadable-because": Words(
        "BREB_CLIENT_ID and BREB_CLIENT_SECRET cannot be read: {why}",
        "no se pueden leer BREB_CLIENT_ID y BREB_CLIENT_SECRET: {why}",
    ),
    "credentials-gone": Words(
        "BREB_CLIENT_ID and BREB_CLIENT_SECRET cannot be read: they are no longer set where the"
        " proxy reads its settings",
        "no se pueden leer BREB_CLIENT_ID y BREB_CLIENT_SECRET: ya no están definidas donde el"
        " proxy lee sus ajustes",
    ),
    # -- tokens that are alive -------------------------------------------------------------------
    "list-answered": Words(
        "the API answered {status} to the request for the list of tokens",
        "la API respondió {status} cuando se le pidió la lista de tokens",
    ),
    "list-undocumented": Words(
        "the API's list of tokens does not have the documented form",
        "la lista de tokens de la API no tiene la forma documentada",
    ),
    "list-late": Words(
        "the API did not send the list within {seconds} s",
        "la API no envió la lista en {seconds} s",
    ),
    "api-silent": Words(
        "the API did not answer within {seconds} s", "la API no respondió en {seconds} s"
    ),
    "revocation-late": Words(
        "the API did not answer within {seconds} s; list the tokens again",
        "la API no respondió en {seconds} s; consulte otra vez la lista de tokens",
    ),
    "list-needs-scope": Words(
        "the API refused to list the tokens ({status}): this proxy's token does not have the scope"
        " {scope}; add the scope to the API key in the dashboard",
        "la API se negó a listar los tokens ({status}): el token de este proxy no tiene el permiso"
        " {scope}; agréguelo a la API key en el panel",
    ),
    "list-refused": Words(
        "the API refused to list the tokens ({status}): probably this proxy's token does not have"
        " the scope {scope}, or it was revoked (see breb-proxy status)",
        "la API se negó a listar los tokens ({status}): probablemente el token de este proxy no"
        " tiene el permiso {scope}, o fue revocado (consulte breb-proxy status)",
    ),
    # -- 401 -------------------------------------------------------------------------------------
    "scope-missing": Words(
        "the upstream answered 401 to a token that is {age} s old: probably a scope is missing (the"
        " token has {scopes})",
        "el servidor de destino respondió 401 a un token de {age} s de antigüedad: probablemente"
        " falta un permiso (el token tiene {scopes})",
    ),
    "lost-try": Words(
        "an earlier try was lost after it was sent: it may have been carried out",
        "un intento anterior se perdió después de haber salido: es posible que se haya ejecutado",
    ),
    "waited-final": Words(
        "{state} after {seconds} s; asked for: {times}",
        "{state} después de {seconds} s; consultas: {times}",
    ),
    "scopes": Words("{count} scopes", "{count} permisos"),
    "one-scope": Words("1 scope", "1 permiso"),
    "unknown-scopes": Words("unknown scopes", "permisos que no se conocen"),
    # -- what became of a token that was to be revoked --------------------------------------------
    "revocation.revoked": Words("revoked", "revocado"),
    "revocation.gone": Words(
        "not valid any more: it was revoked before, or it never existed",
        "ya no es válido: se revocó antes, o nunca existió",
    ),
    "revocation.refused": Words(
        "refused ({status}): this proxy's token probably does not have the scope {scope}",
        "rechazado ({status}): probablemente el token de este proxy no tiene el permiso {scope}",
    ),
    "revocation.failed": Words(
        "not revoked: the API answered {status}", "no se revocó: la API respondió {status}"
    ),
    "revocation.not-known": Words("not known: {why}", "no se sabe: {why}"),
    # -- next steps ------------------------------------------------------------------------------
    "step.see-readyz": Words(
        "see /readyz?verbose on the admin listener, or run: {command} check",
        "consulte /readyz?verbose en el puerto de administración, o ejecute: {command} check",
    ),
    "step.keeps-trying": Words(
        "the proxy keeps trying; if the error stays, run: {command} check",
        "el proxy sigue intentando; si el error continúa, ejecute: {command} check",
    ),
    "step.too-many-token-requests": Words(
        "wait: the proxy tries again, less often; other programs with the same credentials"
        " count, too",
        "espere: el proxy intenta de nuevo, con menos frecuencia; otros programas con las"
        " mismas credenciales también cuentan",
    ),
    "step.check-token-url": Words(
        "check that BREB_TOKEN_URL is the token endpoint; to test it, run: {command} check",
        "verifique que BREB_TOKEN_URL sea el endpoint de tokens; para probarlo, ejecute:"
        " {command} check",
    ),
    # If BREB_TOKEN_URL is not set, the advice must not name it.
    "step.follows-from-base-url": Words(
        "check BREB_BASE_URL: the token endpoint follows from it, as long as BREB_TOKEN_URL is not"
        " set; to test it, run: {command} check",
        "verifique BREB_BASE_URL: de ella se deduce el endpoint de tokens mientras BREB_TOKEN_URL"
        " no esté definida; para probarlo, ejecute: {command} check",
    ),
    "step.correct-credentials": Words(
        "correct BREB_CLIENT_ID and BREB_CLIENT_SECRET; the proxy tries again as soon as they"
        " change ({command} help no-token)",
        "corrija BREB_CLIENT_ID y BREB_CLIENT_SECRET; el proxy intenta otra vez en cuanto cambian"
        " ({command} help no-token)",
    ),
}
