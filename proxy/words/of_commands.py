"""The words of the commands that ask a running proxy, such as ``wait`` and ``tokens``."""

from proxy.words.entry import Words

OF_COMMANDS = {
    # -- no proxy answers ------------------------------------------------------------------------
    "reach.silent": Words(
        "no response from {where} within {seconds} s",
        "no llegó respuesta de {where} en {seconds} s",
    ),
    "reach.nobody": Words(
        "nothing listens on {where}: is breb-proxy running? its admin address is BREB_ADMIN_LISTEN"
        " or --admin-listen",
        "nada escucha en {where}: ¿está breb-proxy en marcha? su dirección de administración es"
        " BREB_ADMIN_LISTEN o --admin-listen",
    ),
    "reach.failed": Words("cannot reach {where}: {why}", "no se puede llegar a {where}: {why}"),
    "reach.not-ours": Words(
        "the program that listens on {where} is not breb-proxy's admin listener: {why}",
        "el programa que escucha en {where} no es el puerto de administración de breb-proxy: {why}",
    ),
    "reach.no-http": Words("it does not answer in HTTP", "no responde en HTTP"),
    "reach.answered": Words("it answered {status}", "respondió {status}"),
    "reach.unexpected": Words(
        "it sent an unexpected response", "envió una respuesta que no se esperaba"
    ),
    "reach.refused": Words("{where} refused: {why}", "{where} se negó: {why}"),
    "reach.others-socket": Words(
        "{where} is a socket of {user}, not of this user: run this command as the user who runs the"
        " proxy",
        "{where} es un socket de {user}, no de este usuario: ejecute este comando como el usuario"
        " que ejecuta el proxy",
    ),
    "reach.unproven": Words(
        "{where} answers only the user who runs it, or it is no breb-proxy: it did not prove to"
        " be a proxy of this user, so it was sent nothing. Run this command as the user who runs"
        " the proxy, on the machine or in the container where it runs (its secret is looked for in"
        " {places})",
        "{where} responde solo al usuario que lo ejecuta, o no es breb-proxy: no demostró ser un"
        " proxy de este usuario, así que no se le envió nada. Ejecute este comando como el usuario"
        " que ejecuta el proxy, en la máquina o el contenedor donde corre (su secreto se busca en"
        " {places})",
    ),
    "reach.unused": Words(
        "{before}\nnot used: {place}: {why}", "{before}\nno se usó {place}: {why}"
    ),
    "reach.process": Words("that of process {number}", "el del proceso {number}"),
    "reach.other-ledger": Words(
        "the proxy on {where} does not use this ledger, or cannot answer: {why}",
        "el proxy en {where} no usa este libro de registro, o no puede responder: {why}",
    ),
    "reach.other-version": Words(
        "the proxy on {where} is of another version: restart it",
        "el proxy en {where} es de otra versión: reinícielo",
    ),
    "reach.no-command": Words(
        "the program that listens on {where} does not have this command: it answered {status}",
        "el programa que escucha en {where} no tiene este comando: respondió {status}",
    ),
    # -- why a secret that was found is not used -------------------------------------------------
    "secret.no-folder": Words("its folder is no directory", "su carpeta no es un directorio"),
    "secret.no-file": Words("it is no regular file", "no es un archivo corriente"),
    "secret.of": Words("it belongs to {user}", "pertenece a {user}"),
    "secret.folder-of": Words("its folder belongs to {user}", "su carpeta pertenece a {user}"),
    "secret.open": Words(
        "other users may read or change it", "otros usuarios pueden leerlo o cambiarlo"
    ),
    "secret.open-folder": Words(
        "other users may write into its folder", "otros usuarios pueden escribir en su carpeta"
    ),
    "secret.link": Words("it is a symbolic link", "es un enlace simbólico"),
    "secret.empty": Words("it is empty", "está vacío"),
    # -- wait, refresh, quit, console ------------------------------------------------------------
    "wait.ready": Words("ready after {span}", "listo después de {span}"),
    "wait.not-ready": Words("not ready after {seconds} s", "no estuvo listo en {seconds} s"),
    "refresh.renewed": Words("renewed: {words}", "renovado: {words}"),
    "refresh.failed": Words(
        "not renewed: {why}\n{kept} ({words}); to find out more: {command} check",
        "no se renovó: {why}\n{kept} ({words}); para saber más: {command} check",
    ),
    "refresh.same": Words(
        "the token endpoint gave the same token again",
        "el endpoint de tokens entregó otra vez el mismo token",
    ),
    "refresh.under-way": Words(
        "no response from the token endpoint yet; the request is still under way",
        "el endpoint de tokens no ha respondido todavía; la petición sigue en curso",
    ),
    "refresh.still-works": Words(
        "the current token still works", "el token actual todavía funciona"
    ),
    "refresh.none": Words("there is no usable token", "no hay un token utilizable"),
    "quit.begun": Words(
        "shutting down: {exchanges} under way may finish",
        "se está apagando; pueden terminar, en curso: {exchanges}",
    ),
    "exchanges.one": Words("1 exchange", "1 petición"),
    "exchanges.many": Words("{count} exchanges", "{count} peticiones"),
    "console.of-socket": Words(
        "{where} is a Unix socket, which browsers cannot open: set BREB_ADMIN_LISTEN to host:port",
        "{where} es un socket Unix, que los navegadores no pueden abrir: defina BREB_ADMIN_LISTEN"
        " como host:puerto",
    ),
    "console.off": Words(
        "the console is off: set BREB_CONSOLE=true, or start with --console",
        "la consola está apagada: defina BREB_CONSOLE=true, o arranque con --console",
    ),
    # -- status ----------------------------------------------------------------------------------
    "status.ready": Words("ready", "listo"),
    "status.not-ready": Words("not ready", "no está listo"),
    "status.callers": Words("callers", "clientes"),
    "status.environment": Words("environment", "ambiente"),
    "status.token": Words("token", "token"),
    "status.token-id": Words("token id", "id del token"),
    "status.lifetime": Words("lifetime", "vigencia"),
    "status.lived": Words("{span}, age {age}", "{span}, edad {age}"),
    "status.scopes": Words("scopes", "scopes"),
    "status.renewals": Words("renewals", "renovaciones"),
    "status.failure": Words("last failure", "último fallo"),
    "status.unauthorized": Words("401 responses", "respuestas 401"),
    "status.replays": Words("{met}, {replays} replays", "{met}, {replays} reenvíos"),
    "status.rivals": Words("rivals", "rivales"),
    "status.waiting": Words("waiting", "en espera"),
    "status.for-token": Words("{count} for a token", "{count} por un token"),
    "status.exchanges": Words("exchanges", "peticiones"),
    "status.under-way": Words("{count} under way", "{count} en curso"),
    "status.connections": Words("connections", "conexiones"),
    "status.in-doubt": Words("in doubt", "en duda"),
    "status.outcome-unknown": Words(
        "outcome unknown: {counts}; look them up", "resultado desconocido: {counts}; consúltelas"
    ),
    "status.ledger": Words("ledger", "libro de registro"),
    "status.unwritable": Words("cannot be written: {why}", "no se puede escribir: {why}"),
    "status.nothing-in-doubt": Words("nothing in doubt", "nada en duda"),
    "status.rows-in-doubt": Words(
        "{count} in doubt: {command} ledger --in-doubt",
        "{count} en duda: {command} ledger --in-doubt",
    ),
    "status.asking": Words("rows in doubt", "filas en duda"),
    "status.clock": Words("server's clock", "reloj del servidor"),
    "status.same-clock": Words("the same as this machine's", "igual al de esta máquina"),
    "status.skew": Words("{skew} s from this machine's", "{skew} s respecto al de esta máquina"),
    "status.none": Words("none", "ninguno"),
    "status.fresh": Words("fresh", "vigente"),
    "status.renewing": Words("renewing", "renovándose"),
    "status.failing": Words("failing", "con fallas"),
    "status.expired": Words("expired", "vencido"),
    "status.idle": Words("idle", "sin uso"),
    "status.busy": Words("busy", "en uso"),
    "status.opening": Words("opening", "abriéndose"),
    "status.queued": Words("waiting", "en espera"),
    "status.start": Words("start", "al inicio"),
    "status.soft-window": Words("soft-window", "antes de vencer"),
    "status.after-401": Words("unauthorized", "tras un 401"),
    "status.revoked": Words("revoked", "tras una revocación"),
    "status.operator": Words("operator", "a mano"),
    "status.new-credentials": Words("credentials", "por credenciales nuevas"),
    "status.shared": Words("shared", "como otra réplica"),
    "status.success": Words("success", "con éxito"),
    "status.no-success": Words("failure", "sin éxito"),
    "status.refused": Words("refused", "con rechazo"),
    "status.unknown": Words("not known", "no se sabe"),
    # -- tokens ----------------------------------------------------------------------------------
    "tokens.id": Words("id", "id"),
    "tokens.created": Words("created", "creado"),
    "tokens.ends-in": Words("ends in", "vence en"),
    "tokens.scopes": Words("scopes", "scopes"),
    "tokens.grant": Words("grant", "tipo"),
    "tokens.whose": Words("whose", "de quién"),
    "tokens.left": Words("{span}", "{span}"),
    "tokens.now": Words("now", "ahora"),
    "tokens.of-proxy": Words("this proxy's", "de este proxy"),
    "tokens.of-command": Words("this command's", "de este comando"),
    "tokens.of-replicas": Words("all replicas'", "de todas las réplicas"),
    "tokens.until-now": Words("{whose}, until now", "{whose}, hasta ahora"),
    "tokens.anothers": Words("another's", "de otro"),
    "tokens.not-whole": Words(
        "the API did not send its whole list: there may be other tokens",
        "la API no envió su lista completa: puede haber otros tokens",
    ),
    "tokens.nothing-to-revoke": Words(
        "nobody else has a token: nothing to revoke", "nadie más tiene un token: nada que revocar"
    ),
    "tokens.one": Words("1 token", "1 token"),
    "tokens.many": Words("{count} tokens", "{count} tokens"),
    "tokens.valid": Words(
        "{tokens} valid, {others} of them not this proxy's",
        "vigentes según la API: {tokens}; de otros: {others}",
    ),
    "tokens.revoke": Words("revoke {tokens}?", "¿revocar {tokens}?"),
    "tokens.none-revoked": Words(
        "nothing was revoked; to do it without a terminal: {command} tokens revoke --others --yes",
        "no se revocó nada; para hacerlo sin terminal: {command} tokens revoke --others --yes",
    ),
    "tokens.what-breaks": Words(
        "every program that uses these tokens gets 401 at once. A breb-proxy fetches a new token by"
        " itself; other programs fail until they fetch one, or are restarted",
        "cada programa que usa estos tokens recibe 401 de inmediato. Un breb-proxy pide por sí"
        " mismo un token nuevo; los demás programas fallan hasta que pidan uno, o se reinicien",
    ),
    "tokens.stay": Words(
        "{tokens} of another grant (a person's login) stay valid; to revoke one, give its id",
        "quedan vigentes, por ser de otro tipo (el inicio de sesión de una persona): {tokens}; para"
        " revocar uno, indique su id",
    ),
}
