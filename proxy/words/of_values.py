"""The words of what is wrong with the value of a setting."""

from proxy.words.entry import Words

OF_VALUES = {
    "settings.wrong": Words("{names}: {what}", "{names}: {what}"),
    "settings.and": Words("{one} and {other}", "{one} y {other}"),
    "settings.see-check": Words(
        "to see which settings are found, and where: {command} check",
        "para ver qué ajustes se encuentran, y dónde: {command} check",
    ),
    # -- texts and numbers -----------------------------------------------------------------------
    "value.missing": Words(
        "is not set; set it in the environment, in .env or in the secrets directory, or store it in"
        " the keychain: {command} login",
        "no está definido; defínalo en las variables de entorno, en .env o en el directorio de"
        " secretos, o guárdelo en el llavero: {command} login",
    ),
    "value.boolean": Words("must be true or false", "debe ser true o false"),
    "value.number": Words("must be {number}", "debe ser {number}"),
    "value.more-than": Words(
        "must be {number}, and more than {bound}", "debe ser {number}, y mayor que {bound}"
    ),
    "value.at-least": Words(
        "must be {number}, and at least {bound}", "debe ser {number}, y como mínimo {bound}"
    ),
    "value.at-most": Words(
        "must be {number}, and at most {bound}", "debe ser {number}, y como máximo {bound}"
    ),
    "value.seconds": Words(
        "a number of seconds, such as {example}", "un número de segundos, como {example}"
    ),
    "value.bytes": Words(
        "a number of bytes, such as {example}", "un número de bytes, como {example}"
    ),
    "value.whole": Words("a whole number, such as {example}", "un número entero, como {example}"),
    "value.one-of": Words("must be {others} or {last}", "debe ser {others} o {last}"),
    "value.empty": Words("is empty", "está vacío"),
    "value.no-items": Words(
        "has no value between the commas; write a value, or remove the setting",
        "no tiene ningún valor entre las comas; escriba un valor, o quite el ajuste",
    ),
    "value.control-characters": Words(
        "contains control characters or line breaks",
        "contiene caracteres de control o saltos de línea",
    ),
    "value.languages": Words(
        "must be a list of languages, such as en or es-CO, es;q=0.9",
        "debe ser una lista de idiomas, como en o es-CO, es;q=0.9",
    ),
    "value.login": Words("must be USER:PASSWORD", "debe ser USUARIO:CONTRASEÑA"),
    # -- names and rules -------------------------------------------------------------------------
    "value.no-name": Words(
        "{name} is not a name; write names, or the ends of names: there is no wildcard",
        "{name} no es un nombre; escriba nombres, o finales de nombres: no hay comodines",
    ),
    "value.whole-name": Words(
        "write {name}: here each name is a whole one already",
        "escriba {name}: aquí cada nombre ya es un nombre completo",
    ),
    "value.no-rule": Words(
        "{text} is not a rule; write METHOD /path without a query, such as GET /v1/payments*, or"
        " payroll: GET /v1/payments* for one caller only",
        "{text} no es una regla; escriba MÉTODO /ruta sin parámetros, como GET /v1/payments*, o"
        " payroll: GET /v1/payments* para un solo cliente",
    ),
    "value.rule-for-nobody": Words(
        "the rule {rule} is for a caller that is not in BREB_CALLER_KEY",
        "la regla {rule} es para un cliente que no está en BREB_CALLER_KEY",
    ),
    "value.key-form": Words(
        "write NAME:KEY, such as payroll:KEY; the name starts with a letter and has only letters,"
        " digits, - and _ (at most 32), and the key has no colon",
        "escriba NOMBRE:CLAVE, como payroll:CLAVE; el nombre empieza con una letra y solo tiene"
        " letras, dígitos, - y _ (máximo 32), y la clave no tiene dos puntos",
    ),
    "value.key-short": Words(
        "the key of {caller} has fewer than {least} characters, so that it is easy to guess; make a"
        " new one: openssl rand -hex 32",
        "la clave de {caller} tiene menos de {least} caracteres, así que es fácil de adivinar; cree"
        " otra: openssl rand -hex 32",
    ),
    "value.key-twice": Words(
        "the same key is used twice; give each caller its own key",
        "la misma clave se usa dos veces; dé a cada cliente su propia clave",
    ),
    # -- addresses -------------------------------------------------------------------------------
    "value.port": Words(
        "port {port} is too high: at most {most}",
        "el puerto {port} es demasiado alto: máximo {most}",
    ),
    "value.no-sockets": Words(
        "cannot be a Unix socket on Windows: use host:port",
        "no puede ser un socket de Unix en Windows: use host:puerto",
    ),
    "value.socket": Words(
        "must be unix: and an absolute path of at most 100 bytes",
        "debe ser unix: y una ruta absoluta de máximo 100 bytes",
    ),
    "value.listen": Words(
        "must be host:port, such as 127.0.0.1:8080, or unix:/path",
        "debe ser host:puerto, como 127.0.0.1:8080, o unix:/ruta",
    ),
    "value.listen-scheme": Words(
        "must be host:port without a scheme, such as 127.0.0.1:8080, or unix:/path",
        "debe ser host:puerto sin esquema, como 127.0.0.1:8080, o unix:/ruta",
    ),
    "value.brackets": Words(
        "must have an IPv6 address in brackets, such as [::1]:8080",
        "debe tener la dirección IPv6 entre corchetes, como [::1]:8080",
    ),
    "value.listen-host": Words(
        "must have a host before the port, such as 127.0.0.1",
        "debe tener un host antes del puerto, como 127.0.0.1",
    ),
    "value.url": Words(
        "must be a URL such as https://host or https://host:8443/prefix",
        "debe ser una URL como https://host o https://host:8443/prefijo",
    ),
    "value.url-scheme": Words(
        "must be a URL that starts with https:// (or http:// for loopback)",
        "debe ser una URL que empiece con https:// (o http:// para loopback)",
    ),
    "value.url-login": Words(
        "must not have a user or password", "no debe tener usuario ni contraseña"
    ),
    "value.url-query": Words("must not have a query", "no debe tener parámetros (?)"),
    "value.url-fragment": Words("must not have a fragment (#)", "no debe tener fragmento (#)"),
    "value.url-parts": Words(
        "has a host, port or path that is not well formed",
        "tiene un host, un puerto o una ruta mal formados",
    ),
    "value.url-query-form": Words(
        "has a query that is not well formed", "tiene parámetros mal formados"
    ),
    "value.egress": Words(
        "must be http://host:port or https://host:port",
        "debe ser http://host:puerto o https://host:puerto",
    ),
    "value.egress-path": Words(
        "must be http://host:port or https://host:port, without a path",
        "debe ser http://host:puerto o https://host:puerto, sin ruta",
    ),
    "value.no-host": Words(
        "{host} is not a host; write a host name, with or without a port, such as"
        " proxy.internal:8080",
        "{host} no es un host; escriba un nombre de host, con o sin puerto, como"
        " proxy.internal:8080",
    ),
    "value.no-host-name": Words(
        "{host} is not a host name; write it without scheme, port and path, such as"
        " breb.example.co",
        "{host} no es un nombre de host; escríbalo sin esquema, puerto ni ruta, como"
        " breb.example.co",
    ),
    "value.no-origin": Words(
        "{origin} is not an origin; write scheme://host:port, such as http://localhost:3000",
        "{origin} no es un origen; escriba esquema://host:puerto, como http://localhost:3000",
    ),
    # -- files -----------------------------------------------------------------------------------
    "value.no-file": Words("no such file: {path}", "no existe el archivo: {path}"),
    "value.unreadable": Words("cannot read {path} ({why})", "no se puede leer {path} ({why})"),
    "value.directory": Words(
        "{path} is a directory; name a file", "{path} es un directorio; indique un archivo"
    ),
    "value.not-a-file": Words(
        "{path} is not a file; name a file", "{path} no es un archivo; indique un archivo"
    ),
    "value.no-certificates": Words(
        "no certificates in {path} ({why})", "no hay certificados en {path} ({why})"
    ),
    "pair.encrypted": Words(
        "the private key in {path} is encrypted; write one that is not, which only this user can"
        " read: openssl pkey -in {path} -out NEW-FILE",
        "la clave privada en {path} está cifrada; escriba una sin cifrar, que solo este usuario"
        " pueda leer: openssl pkey -in {path} -out ARCHIVO-NUEVO",
    ),
    "pair.no-certificate": Words(
        "there is no PEM certificate in {path}", "no hay ningún certificado PEM en {path}"
    ),
    "pair.no-key": Words("there is no PEM key in {path}", "no hay ninguna clave PEM en {path}"),
    "pair.mismatch": Words(
        "the private key in {key} does not belong to the certificate in {certificate}",
        "la clave privada en {key} no corresponde al certificado en {certificate}",
    ),
    "pair.unusable": Words(
        "cannot use {certificate} with the key in {key} ({why})",
        "no se puede usar {certificate} con la clave en {key} ({why})",
    ),
    "pair.elsewhere": Words(
        "{why}; if it is in another file, set {setting}",
        "{why}; si está en otro archivo, defina {setting}",
    ),
    # -- together --------------------------------------------------------------------------------
    "value.login-twice": Words(
        "user and password are in it and in BREB_EGRESS_CREDENTIALS; remove them from"
        " BREB_EGRESS_PROXY",
        "tiene usuario y contraseña, y BREB_EGRESS_CREDENTIALS también; quítelos de"
        " BREB_EGRESS_PROXY",
    ),
    "value.insecure": Words(
        "must be https, because the token or the credentials are sent there; to allow http, set"
        " BREB_ALLOW_INSECURE_UPSTREAM=true",
        "debe ser https, porque allí se envían el token o las credenciales; para permitir http,"
        " defina BREB_ALLOW_INSECURE_UPSTREAM=true",
    ),
    "value.production": Words(
        "{host} counts as Passport's production, where real money moves; to use it, set"
        " BREB_ALLOW_PRODUCTION=true; the sandbox is {sandbox}",
        "{host} se considera producción de Passport, donde se mueve dinero real; para usarlo,"
        " defina BREB_ALLOW_PRODUCTION=true; el sandbox es {sandbox}",
    ),
    "value.not-production": Words(
        "is true, but BREB_BASE_URL ({host}) {why}; set BREB_BASE_URL to the production host, or"
        " remove BREB_ALLOW_PRODUCTION",
        "es true, pero BREB_BASE_URL ({host}) {why}; ponga en BREB_BASE_URL el host de producción,"
        " o quite BREB_ALLOW_PRODUCTION",
    ),
    "value.is-sandbox": Words(
        "is a sandbox, where payments seem to succeed and no money moves",
        "es un sandbox, donde los pagos parecen funcionar y no se mueve dinero",
    ),
    "value.is-local": Words(
        "is on this machine, where payments may seem to succeed and no money moves",
        "está en esta máquina, donde los pagos pueden parecer funcionar y no se mueve dinero",
    ),
    "value.is-unknown": Words(
        "is not known as Passport's production; if it is a host of your own that leads there, add"
        " it to BREB_PRODUCTION_HOSTS",
        "no se conoce como producción de Passport; si es un host suyo que lleva allí, agréguelo a"
        " BREB_PRODUCTION_HOSTS",
    ),
    "value.open": Words(
        "{address} can be reached from other machines, and they could use your token; set"
        " BREB_CALLER_KEY, or listen on 127.0.0.1, or set BREB_ALLOW_OPEN_LISTENER=true",
        "a {address} se llega desde otras máquinas, y podrían usar su token; defina"
        " BREB_CALLER_KEY, o use 127.0.0.1, o defina BREB_ALLOW_OPEN_LISTENER=true",
    ),
    "value.other-too": Words("set {setting} too", "defina también {setting}"),
    "value.both": Words("set both, or neither", "defina los dos, o ninguno"),
    "value.same-listener": Words(
        "must differ from BREB_LISTEN", "debe ser distinto de BREB_LISTEN"
    ),
    "value.circle": Words(
        "{address} is this proxy's own listener ({setting}): the proxy would send requests to"
        " itself",
        "{address} es la dirección de este mismo proxy ({setting}): el proxy se enviaría las"
        " peticiones a sí mismo",
    ),
    # -- places that cannot be read --------------------------------------------------------------
    "file.wrong": Words("{path}: {what}", "{path}: {what}"),
    "file.dead-link": Words(
        "is a link to a file that does not exist", "es un enlace a un archivo que no existe"
    ),
    "file.held": Words(
        "another program, such as a virus scanner or a backup, lets nobody use it now",
        "otro programa, como un antivirus o una copia de seguridad, no deja usarlo ahora",
    ),
    "file.unreadable": Words("cannot be read ({why})", "no se puede leer ({why})"),
    "file.not-utf8": Words(
        "cannot be read; save it as UTF-8", "no se puede leer; guárdelo como UTF-8"
    ),
    "file.not-regular": Words("is not a regular file", "no es un archivo normal"),
    "file.of-another": Words(
        "belongs to another user (uid {uid}); if you trust it, name it: --env-file {path}",
        "es de otro usuario (uid {uid}); si confía en él, indíquelo: --env-file {path}",
    ),
    "file.unsafe": Words("cannot be read: {why}", "no se puede leer: {why}"),
    "file.long": Words("it is longer than {most} characters", "tiene más de {most} caracteres"),
    "file.blanks": Words(
        "a line has more than 255 spaces in a row",
        "una línea tiene más de 255 espacios seguidos",
    ),
    "file.references": Words(
        "it has more than {most} references (${{NAME}}) without their end",
        "tiene más de {most} referencias (${{NOMBRE}}) sin cerrar",
    ),
    "file.escape": Words(
        "line {line}: \\ in double quotes is an escape: write / or single quotes",
        "línea {line}: \\ entre comillas dobles es un escape: escriba / o comillas simples",
    ),
    "file.line": Words(
        "line {number} cannot be read; write NAME=value, and close all quotes",
        "la línea {number} no se puede leer; escriba NOMBRE=valor, y cierre todas las comillas",
    ),
    "folder.none": Words("no such directory: {path}", "no existe el directorio: {path}"),
    "folder.not-one": Words("is not a directory: {path}", "no es un directorio: {path}"),
    "folder.unreadable": Words(
        "cannot be read ({why}): {path}", "no se puede leer ({why}): {path}"
    ),
    "handed.name": Words(
        "LISTEN_FDNAMES: {name} is handed over, but only sockets named {callers} or {admin} are"
        " known (FileDescriptorName=)",
        "LISTEN_FDNAMES: se entregó {name}, pero solo se conocen los sockets {callers} y {admin}"
        " (FileDescriptorName=)",
    ),
    "handed.socket": Words(
        "LISTEN_FDS: the socket passed as {name} is not a listening stream socket",
        "LISTEN_FDS: el socket entregado como {name} no es un socket de flujo en escucha",
    ),
    "ledger.unset": Words(
        "no ledger file is set: set BREB_LEDGER, as for serve, or use --ledger FILE",
        "no está definido el archivo del libro de registro: defina BREB_LEDGER, como para serve, o"
        " use --ledger ARCHIVO",
    ),
    "ledger.no-verdict": Words(
        "a verdict, one of {kinds}, and --note TEXT, which says how you know it, are required\ntry:"
        " {command} ledger settle --help",
        "faltan un veredicto, uno de {kinds}, y --note TEXTO, que dice cómo lo sabe\nvea:"
        " {command} ledger settle --help",
    ),
    "ledger.no-note": Words("--note: say how you know that", "--note: diga cómo lo sabe"),
    "prompt.no-input": Words("no input: nothing is stored", "no hay entrada: no se guarda nada"),
    "prompt.forms": Words(
        "standard input: the client id on the first line and the secret on the second, or one JSON"
        " object with client_id and client_secret",
        "entrada estándar: el client id en la primera línea y el secreto en la segunda, o un objeto"
        " JSON con client_id y client_secret",
    ),
    "keychain.unreadable": Words(
        "the credentials are in the keychain, which cannot be read: {why}",
        "las credenciales están en el llavero, que no se puede leer: {why}",
    ),
}
