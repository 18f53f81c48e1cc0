"""The words of the state of the proxy and its token, for probes and people."""

from proxy.words.entry import Words

OF_STATE = {
    "ready.token": Words("token: {words}", "token: {words}"),
    "ready.failure": Words("last failure: {why}", "último fallo: {why}"),
    "ready.rivals": Words("rivals: {words}", "rivales: {words}"),
    "ready.unknown": Words(
        "outcome unknown: {counts} since the start; look them up before they are sent again",
        "resultado desconocido: {counts} desde el arranque; consúltelas antes de enviarlas otra"
        " vez",
    ),
    "ready.ledger": Words(
        "ledger: can be written, nothing is in doubt",
        "libro de registro: se puede escribir, no hay nada en duda",
    ),
    "ready.ledger-row": Words(
        "ledger: 1 row is in doubt: {command} ledger --in-doubt; {asker}",
        "libro de registro: 1 fila está en duda: {command} ledger --in-doubt; {asker}",
    ),
    "ready.ledger-rows": Words(
        "ledger: {count} rows are in doubt: {command} ledger --in-doubt; {asker}",
        "libro de registro: {count} filas están en duda: {command} ledger --in-doubt; {asker}",
    ),
    "ready.ledger-unwritable": Words(
        "ledger: cannot be written: {why}", "libro de registro: no se puede escribir: {why}"
    ),
    "ready.open": Words("accepting requests", "acepta peticiones"),
    "ready.draining": Words("draining", "se está apagando"),
    # -- the token -------------------------------------------------------------------------------
    "token.usable": Words(
        "usable for {span}, next renewal in {renewal}",
        "válido por {span} más, próxima renovación en {renewal}",
    ),
    "token.given-up": Words(
        "given up, because this proxy is ending",
        "ya no se usa, porque este proxy está terminando",
    ),
    "token.none-yet": Words("none yet", "todavía no hay"),
    "token.revoked": Words("revoked by a caller", "revocado por un cliente"),
    "token.expired": Words("expired", "vencido"),
    "token.under-way": Words(
        "{now}, a request for one is under way", "{now}, hay una petición de token en curso"
    ),
    "token.next-try": Words("{now}, next try in {span}", "{now}, próximo intento en {span}"),
    "rivals": Words(
        "this proxy's token was ended by somebody else {count} times in ten minutes, each time soon"
        " after it was fetched. Another proxy or program fetches tokens with the same credentials,"
        " and each new token ends the older one. Use one proxy for all callers, or give each"
        " program its own credentials ({command} help fleet). Until then callers wait longer: the"
        " proxy fetches at most one token every {spacing} s",
        "alguien más invalidó el token de este proxy {count} veces en diez minutos, cada vez poco"
        " después de obtenerlo. Otro proxy o programa pide tokens con las mismas credenciales, y"
        " cada token nuevo invalida el anterior. Use un solo proxy para todos los clientes, o dé a"
        " cada programa sus propias credenciales ({command} help fleet). Hasta entonces los"
        " clientes esperan más: el proxy pide como máximo un token cada {spacing} s",
    ),
}
