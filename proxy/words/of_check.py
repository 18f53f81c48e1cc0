"""The words of the examination, with its advice."""

from proxy.words.entry import Words

OF_CHECK = {
    # -- headings --------------------------------------------------------------------------------
    "check.settings": Words("settings", "ajustes"),
    "check.egress": Words("egress proxy", "proxy de salida"),
    "check.upstream": Words("upstream", "servidor de destino"),
    "check.endpoint": Words("token endpoint", "endpoint de tokens"),
    "check.token": Words("access token", "token de acceso"),
    "check.way": Words("end to end", "de extremo a extremo"),
    "check.way-of": Words(
        "caller, proxy, upstream and back", "cliente, proxy, servidor de destino y de vuelta"
    ),
    "check.rivals": Words("rivals", "rivales"),
    "check.rivals-of": Words("two tokens of the same client", "dos tokens del mismo cliente"),
    "check.listeners": Words("listeners", "puertos propios"),
    "check.database": Words("database", "base de datos"),
    # -- steps, of at most 13 characters ---------------------------------------------------------
    "check.of-values": Words("values", "valores"),
    "check.of-names": Words("names", "nombres"),
    "check.of-file": Words("file", "archivo"),
    "check.of-credentials": Words("credentials", "credenciales"),
    "check.of-token": Words("token", "token"),
    "check.of-clock": Words("clock", "reloj"),
    "check.of-request": Words("request", "petición"),
    "check.of-revocation": Words("revoked", "revocación"),
    "check.of-rivals": Words("two tokens", "dos tokens"),
    "check.of-callers": Words("callers", "clientes"),
    "check.of-admin": Words("admin", "admin"),
    "check.of-login": Words("login", "acceso"),
    "check.of-server": Words("server", "servidor"),
    "check.of-tables": Words("tables", "tablas"),
    "check.of-name": Words("DNS", "DNS"),
    "check.of-connection": Words("TCP", "TCP"),
    "check.of-tls": Words("TLS", "TLS"),
    # -- the database that replicas share --------------------------------------------------------
    "check.see-database": Words(
        "see BREB_DATABASE, BREB_DATABASE_PASSWORD and BREB_DATABASE_CA; until it works, each"
        " replica fetches tokens of its own ({command} help fleet)",
        "vea BREB_DATABASE, BREB_DATABASE_PASSWORD y BREB_DATABASE_CA; mientras no funcione, cada"
        " réplica pide sus propios tokens ({command} help fleet)",
    ),
    "check.database-proved": Words(
        "{user} may use {name}; with TLS, and the server's certificate is right",
        "{user} puede usar {name}; con TLS, y el certificado del servidor coincide",
    ),
    "check.database-here": Words(
        "{user} may use {name}, on this machine", "{user} puede usar {name}, en esta máquina"
    ),
    "check.database-unproved": Words(
        "{user} may use {name}, but sslmode={mode} does not check who answers there",
        "{user} puede usar {name}, pero sslmode={mode} no comprueba quién responde allá",
    ),
    "check.database-prove": Words(
        "remove sslmode from the address, and name the server's authority in BREB_DATABASE_CA",
        "quite sslmode de la dirección, e indique la autoridad del servidor en BREB_DATABASE_CA",
    ),
    "check.database-server": Words(
        "PostgreSQL {version}, takes changes", "PostgreSQL {version}, acepta cambios"
    ),
    "check.database-old": Words(
        "PostgreSQL {version}; breb-proxy is tested with {oldest} and newer",
        "PostgreSQL {version}; breb-proxy se prueba con {oldest} y versiones más nuevas",
    ),
    "check.database-standby": Words(
        "it is a standby, which takes no changes",
        "es una réplica en espera, que no acepta cambios",
    ),
    "check.database-primary": Words(
        "name all servers in BREB_DATABASE, and add ?target_session_attrs=read-write",
        "indique todos los servidores en BREB_DATABASE, y agregue ?target_session_attrs=read-write",
    ),
    "check.database-clock": Words(
        "PostgreSQL {version}, takes changes; its clock differs by {seconds} s from this machine's",
        "PostgreSQL {version}, acepta cambios; su reloj difiere en {seconds} s del de esta máquina",
    ),
    "check.database-clocks": Words(
        "nothing depends on it, but one of the two clocks is wrong: compare logs with care",
        "nada depende de eso, pero uno de los dos relojes está mal: compare los registros con"
        " cuidado",
    ),
    "check.database-few": Words(
        "connections left: {left}, of {limit}; a replica takes up to {most}",
        "conexiones libres: {left}, de {limit}; una réplica toma hasta {most}",
    ),
    "check.database-more": Words(
        "raise max_connections on the server, or the limit of the role or database",
        "suba max_connections en el servidor, o el límite del rol o de la base de datos",
    ),
    "check.database-to-make": Words(
        "not there yet; the first program that uses them makes them",
        "todavía no existen; las crea quien las usa primero",
    ),
    "check.database-no-right": Words(
        "they are not there, and the role may not make them",
        "no existen, y el rol no puede crearlas",
    ),
    "check.database-lacks": Words("the role lacks {rights}", "al rol le falta {rights}"),
    "check.database-grant": Words(
        "ask the owner of the database to run GRANT",
        "pida al dueño de la base de datos que ejecute GRANT",
    ),
    "check.let-go": Words(
        "this command no longer uses it; it is the token of the running replicas",
        "este comando ya no lo usa; es el token de las réplicas que están corriendo",
    ),
    "check.database-tables": Words(
        "version {version}, with all rights", "versión {version}, con todos los permisos"
    ),
    "check.of-ledger": Words("ledger", "libro de registro"),
    "check.ledger-no-right": Words(
        "the ledger's tables are not there, and the role may not make them",
        "las tablas del libro de registro no están, y el rol no puede crearlas",
    ),
    "check.ledger-grant": Words(
        "run GRANT CREATE ON DATABASE for this role: the first start needs it",
        "ejecute GRANT CREATE ON DATABASE para este rol: el primer arranque lo necesita",
    ),
    "check.ledger-foreign": Words(
        "the role lacks rights on tables of the ledger",
        "al rol le faltan permisos sobre tablas del libro de registro",
    ),
    "check.ledger-own": Words(
        "use the role that made them, or GRANT this role USAGE on the schema breb_ledger and"
        " SELECT, INSERT, UPDATE, DELETE on its tables",
        "use el rol que las creó, o dele a este con GRANT USAGE en el esquema breb_ledger y"
        " SELECT, INSERT, UPDATE, DELETE en sus tablas",
    ),
    "check.ledger-fsync": Words(
        "set fsync = on in the server's settings: no proxy writes a ledger there without it",
        "ponga fsync = on en la configuración del servidor: sin eso ningún proxy lleva allí un"
        " libro",
    ),
    "check.ledger-pooled": Words(
        "name the server itself in BREB_LEDGER: nothing is written through such a pooler",
        "ponga en BREB_LEDGER el servidor mismo: por un pooler así no se escribe nada",
    ),
    "check.ledger-asynchronous": Words(
        "standbys: {count}, none of them synchronous: a failover may lose the last rows",
        "réplicas de la base: {count}, ninguna síncrona: un cambio de servidor puede perder las"
        " últimas filas",
    ),
    "check.ledger-synchronous": Words(
        "set synchronous_standby_names in the server's settings",
        "ponga synchronous_standby_names en la configuración del servidor",
    ),
    "check.ledger-to-make": Words(
        "the first start makes the tables", "el primer arranque crea las tablas"
    ),
    "check.ledger-tables": Words(
        "version {version}; what is committed is on the disk",
        "versión {version}; lo confirmado está en el disco",
    ),
    # -- the end ---------------------------------------------------------------------------------
    "check.all-well": Words("everything works", "todo funciona"),
    "check.warnings": Words("it works; warnings: {count}", "funciona; advertencias: {count}"),
    "check.failures": Words(
        "{count} failed; start with {topic}, {title}",
        "fallas: {count}; empiece por {topic}, {title}",
    ),
    "check.took": Words("{count} steps in {span}", "{count} pasos en {span}"),
    # -- what is not tried -----------------------------------------------------------------------
    "check.skipped": Words("not tried: {why}", "no se probó: {why}"),
    "check.no-egress": Words(
        "the egress proxy cannot be reached", "no se llega al proxy de salida"
    ),
    "check.no-endpoint": Words(
        "the token endpoint cannot be reached", "no se llega al endpoint de tokens"
    ),
    "check.no-upstream": Words(
        "the upstream cannot be reached", "no se llega al servidor de destino"
    ),
    "check.no-credentials": Words("no credentials", "no hay credenciales"),
    "check.no-token": Words("there is no token", "no hay token"),
    "check.failed-above": Words("a step above failed", "falló un paso anterior"),
    "check.late": Words("no response within {span} s", "no hubo respuesta en {span} s"),
    # -- the way there ---------------------------------------------------------------------------
    "check.swallowed": Words(
        "check the network in between: a firewall may drop the packets",
        "verifique la red intermedia: puede que un firewall descarte los paquetes",
    ),
    "check.no-dns": Words(
        "this machine's name servers do not answer: check them and the network",
        "los servidores DNS de esta máquina no responden: verifíquelos, y verifique también la red",
    ),
    "check.silent": Words(
        "it accepts connections but does not answer: try again later, or ask its administrators; if"
        " it is slow, raise BREB_TOKEN_TIMEOUT",
        "acepta conexiones pero no responde: intente más tarde, o pregunte a sus administradores;"
        " si es lento, aumente BREB_TOKEN_TIMEOUT",
    ),
    "check.no-answer": Words(
        "the upstream does not answer: try again later, try another --path, or ask its"
        " administrators",
        "el servidor de destino no responde: intente más tarde, pruebe otro --path, o pregunte a"
        " sus administradores",
    ),
    "check.no-way": Words(
        "the egress proxy does not connect to {host}: check BREB_EGRESS_PROXY, or ask its"
        " administrators",
        "el proxy de salida no se conecta con {host}: verifique BREB_EGRESS_PROXY, o pregunte a sus"
        " administradores",
    ),
    "check.not-tls": Words(
        "this port may not use TLS: check the scheme and port in {setting}",
        "puede que este puerto no use TLS: verifique el esquema y el puerto en {setting}",
    ),
    "check.no-address": Words(
        "no address for {host} ({why})", "no hay dirección para {host} ({why})"
    ),
    "check.not-a-name": Words("not a host name", "no es un nombre de host"),
    "check.see-host": Words(
        "check the host in {setting}, then this machine's DNS and network",
        "verifique el host en {setting}; luego, el DNS y la red de esta máquina",
    ),
    "check.name": Words("{host} is {addresses}", "{host} es {addresses}"),
    "check.name-more": Words(
        "{host} is {addresses} and {more} more", "{host} es {addresses} y {more} más"
    ),
    "check.refuses": Words(
        "{host} port {port} refuses connections", "{host}, puerto {port}, rechaza las conexiones"
    ),
    "check.see-port": Words(
        "check the host and port in {setting}, and whether the server is running",
        "verifique el host y el puerto en {setting}, y que el servidor esté en marcha",
    ),
    "check.unreached": Words(
        "cannot reach {host} port {port} ({why})", "no se llega a {host}, puerto {port} ({why})"
    ),
    "check.see-network": Words(
        "check the network, the VPN and the firewall; if your network needs an HTTP proxy, set"
        " BREB_EGRESS_PROXY",
        "verifique la red, la VPN y el firewall; si su red necesita un proxy HTTP, defina"
        " BREB_EGRESS_PROXY",
    ),
    "check.connected": Words(
        "connected to {address}, port {port}", "conectado con {address}, puerto {port}"
    ),
    "check.plain-here": Words(
        "plain http, on this machine only", "http sin cifrar, solo en esta máquina"
    ),
    "check.plain": Words(
        "plain http: others in the network can read the token",
        "http sin cifrar: otros en la red pueden leer el token",
    ),
    "check.use-https": Words("use https in {setting}", "use https en {setting}"),
    "check.certificate": Words(
        "{version}, issued by {issuer}, {days} days left",
        "{version}, emitido por {issuer}, le quedan {days} días",
    ),
    "check.issuer": Words("issuer", "emisor"),
    "check.host-names": Words("names", "nombres"),
    "check.none": Words("none", "ninguno"),
    "check.renew": Words(
        "ask the administrators of that server to renew its certificate",
        "pida a los administradores de ese servidor que renueven su certificado",
    ),
    "check.see-date": Words(
        "check this machine's date; if it is right, tell the administrators of that server",
        "verifique la fecha de esta máquina; si es correcta, avise a los administradores de ese"
        " servidor",
    ),
    "check.other-name": Words(
        "the certificate is for {names}: check the host in {setting}",
        "el certificado es de {names}: verifique el host en {setting}",
    ),
    "check.another-host": Words("another host", "otro host"),
    "check.trust": Words(
        "if that issuer belongs to your company or to you, set BREB_CA_BUNDLE to its PEM file;"
        " otherwise do not trust this network",
        "si ese emisor es de su empresa o suyo, ponga en BREB_CA_BUNDLE su archivo PEM; si no, no"
        " confíe en esta red",
    ),
    "check.distrust": Words(
        "do not trust this network until you know why; verification cannot be switched off",
        "no confíe en esta red hasta saber por qué; la verificación no se puede desactivar",
    ),
    # -- the token -------------------------------------------------------------------------------
    "check.valid": Words(
        "valid for {span}, scopes: {count}; the token is never shown",
        "válido por {span}, scopes: {count}; el token nunca se muestra",
    ),
    "check.token-id": Words("token id", "id del token"),
    "check.scopes": Words("scopes", "permisos"),
    "check.not-known": Words("not known", "no se conoce"),
    "check.copy-again": Words(
        "copy BREB_CLIENT_ID and BREB_CLIENT_SECRET again from the dashboard (Platform > API keys),"
        " and check that they belong to {host}",
        "copie otra vez BREB_CLIENT_ID y BREB_CLIENT_SECRET del panel (Platform > API keys), y"
        " verifique que sean de {host}",
    ),
    "check.see-endpoint": Words(
        "check that {endpoint} is the token endpoint (BREB_TOKEN_URL)",
        "verifique que {endpoint} sea el endpoint de tokens (BREB_TOKEN_URL)",
    ),
    "check.see-derived-endpoint": Words(
        "check that {endpoint} is the token endpoint (it comes from BREB_BASE_URL; to use another,"
        " set BREB_TOKEN_URL)",
        "verifique que {endpoint} sea el endpoint de tokens (se deduce de BREB_BASE_URL; para usar"
        " otro, defina BREB_TOKEN_URL)",
    ),
    "check.endpoint-trouble": Words(
        "the token endpoint has a problem: try again later, or ask its administrators",
        "el endpoint de tokens tiene un problema: intente más tarde, o pregunte a sus"
        " administradores",
    ),
    "check.upstream-trouble": Words(
        "the upstream has a problem: try again later, or ask its administrators",
        "el servidor de destino tiene un problema: intente más tarde, o pregunte a sus"
        " administradores",
    ),
    "check.not-compared": Words("not compared: {why}", "no se comparó: {why}"),
    "check.no-date": Words("the server sends no Date", "el servidor no envía Date"),
    "check.no-response": Words("there was no response", "no hubo respuesta"),
    "check.same-time": Words("as the server's", "igual al del servidor"),
    "check.near-time": Words(
        "{seconds} s from the server's", "a {seconds} s del reloj del servidor"
    ),
    "check.behind": Words("{span} behind the server's", "{span} atrasado respecto del servidor"),
    "check.ahead": Words("{span} ahead of the server's", "{span} adelantado respecto del servidor"),
    "check.set-clock": Words(
        "set this machine's clock (NTP): certificates and logs depend on it (the proxy's token"
        " does not)",
        "ponga en hora esta máquina (NTP): los certificados y los registros dependen de la hora (el"
        " token del proxy, no)",
    ),
    # -- the request -----------------------------------------------------------------------------
    "check.cut-off": Words(
        "GET {target}: the response was cut off", "GET {target}: la respuesta llegó cortada"
    ),
    "check.closes-early": Words(
        "the upstream closes the connection too early: try again, then ask its administrators",
        "el servidor de destino cierra la conexión antes de tiempo: intente otra vez y, si sigue,"
        " pregunte a sus administradores",
    ),
    "check.status": Words("GET {target}: {status}", "GET {target}: {status}"),
    "check.answered": Words(
        "GET {target}: {status}, {size} bytes", "GET {target}: {status}, {size} bytes"
    ),
    "check.of-the-upstream": Words(
        "GET {target}: {status} from the upstream", "GET {target}: {status} del servidor de destino"
    ),
    "check.of-the-proxy": Words(
        "GET {target}: {status} from the proxy: {why}", "GET {target}: {status} del proxy: {why}"
    ),
    "check.proxy-refused": Words("the proxy refused", "el proxy la rechazó"),
    "check.see-log": Words(
        "see the log of {command} serve", "consulte el registro de {command} serve"
    ),
    "check.no-scope": Words(
        "the connection works, but the token does not have the scope {scope}, which this check"
        " needs: try --path /v1/customers",
        "la conexión funciona, pero el token no tiene el permiso {scope}, que esta prueba necesita:"
        " pruebe --path /v1/customers",
    ),
    "check.other-environment": Words(
        "the upstream refused the token for this path: check that BREB_BASE_URL and BREB_TOKEN_URL"
        " belong to the same environment, then try --path with a path that you may read",
        "el servidor de destino rechazó el token para esta ruta: verifique que BREB_BASE_URL y"
        " BREB_TOKEN_URL sean del mismo ambiente; luego pruebe --path con una ruta que usted pueda"
        " leer",
    ),
    "check.no-such-path": Words(
        "the connection works, but this path does not exist: check the path prefix in BREB_BASE_URL"
        " (usually there is none), or try --path with a path that you know",
        "la conexión funciona, pero esta ruta no existe: verifique el prefijo de ruta en"
        " BREB_BASE_URL (normalmente no hay), o pruebe --path con una ruta que conozca",
    ),
    "check.too-many": Words(
        "the connection works, but there were too many requests: try again later",
        "la conexión funciona, pero hubo demasiadas peticiones: intente más tarde",
    ),
    "check.unexpected": Words(
        "the connection works, but the response is unexpected: check BREB_BASE_URL, or try another"
        " --path",
        "la conexión funciona, pero la respuesta no es la esperada: verifique BREB_BASE_URL, o"
        " pruebe otro --path",
    ),
    # -- the token's end -------------------------------------------------------------------------
    "check.kept": Words(
        "not revoked (BREB_REVOKE_TOKENS=false); it stays valid for {span}",
        "no se revocó (BREB_REVOKE_TOKENS=false); sigue válido por {span}",
    ),
    "check.not-held": Words(
        "not revoked (BREB_REVOKE_TOKENS=false)", "no se revocó (BREB_REVOKE_TOKENS=false)"
    ),
    "check.nameless": Words(
        "not revoked: the token endpoint sent no token id",
        "no se revocó: el endpoint de tokens no envió el id del token",
    ),
    "check.revoked": Words(
        "the token of this check is revoked", "el token de esta prueba quedó revocado"
    ),
    "check.not-revoked": Words(
        "the token of this check is not revoked; it stays valid for {span}",
        "el token de esta prueba no quedó revocado; sigue válido por {span}",
    ),
    "check.no-revocation": Words(
        "if the scope {scope} is missing, set BREB_REVOKE_TOKENS=false",
        "si falta el permiso {scope}, defina BREB_REVOKE_TOKENS=false",
    ),
    # -- rivals ----------------------------------------------------------------------------------
    "check.rivals-ask": Words(
        "this check fetches two tokens. If a new token ends the older ones, all other programs with"
        " these credentials lose their token once, now. A breb-proxy fetches a new one by itself;"
        " other programs may not. Continue?",
        "esta prueba pide dos tokens. Si un token nuevo invalida los anteriores, todos los demás"
        " programas con estas credenciales pierden su token una vez, ahora. Un breb-proxy pide otro"
        " por sí mismo; puede que otros programas no. ¿Continuar?",
    ),
    "check.rivals-unasked": Words(
        "nothing was tried; to run it without a terminal: {command} check --rivals --yes",
        "no se probó nada; para ejecutarla sin terminal: {command} check --rivals --yes",
    ),
    "check.one-proxy": Words(
        "use one proxy for all callers, or give each program its own credentials; what happens"
        " until then: {command} help fleet",
        "use un solo proxy para todos los clientes, o dé a cada programa sus propias credenciales;"
        " qué pasa hasta entonces: {command} help fleet",
    ),
    "check.no-first": Words("cannot get a token: {why}", "no se obtiene un token: {why}"),
    "check.no-second": Words(
        "cannot get a second token: {why}", "no se obtiene un segundo token: {why}"
    ),
    "check.untold": Words(
        "not known: without the scope {scope}, the API does not tell whether a token is valid",
        "no se sabe: sin el permiso {scope}, la API no dice si un token es válido",
    ),
    "check.ends-older": Words(
        "a new token ends the older ones", "un token nuevo invalida los anteriores"
    ),
    "check.keeps-older": Words(
        "a new token does not end the older ones", "un token nuevo no invalida los anteriores"
    ),
    # -- the listeners ---------------------------------------------------------------------------
    "check.free": Words("{address} is free", "{address} está libre"),
    "check.another-user": Words(
        "{address} is in use, perhaps by a breb-proxy of another user",
        "{address} está en uso, quizás por un breb-proxy de otro usuario",
    ),
    "check.as-that-user": Words(
        "to be sure, check as the user who runs it; or choose another {setting}",
        "para saberlo, haga la prueba como el usuario que lo ejecuta; o elija otro {setting}",
    ),
    "check.running": Words(
        "{address} is in use by a running breb-proxy (process {pid})",
        "{address} está en uso por un breb-proxy en marcha (proceso {pid})",
    ),
    "check.find-program": Words(
        "find the program that uses it, or choose another {setting}",
        "averigüe qué programa lo usa, o elija otro {setting}",
    ),
    "check.find-program-by": Words(
        "find the program that uses it ({how}), or choose another {setting}",
        "averigüe qué programa lo usa ({how}), o elija otro {setting}",
    ),
    "check.step-of": Words("{step}: {setting}", "{step}: {setting}"),
    # -- the settings ----------------------------------------------------------------------------
    "check.unreadable": Words("they cannot be read", "no se puede leer"),
    "check.wrong-settings": Words(
        "some settings are wrong, so nothing else is tried",
        "hay valores equivocados, así que no se prueba nada más",
    ),
    "check.so-many-set": Words(
        "{count} set, the others have their defaults",
        "definidos: {count}; los demás tienen su valor predeterminado",
    ),
    "check.from": Words("from {place}", "de {place}"),
    "check.value-from": Words("{value}, from {place}", "{value}, de {place}"),
    "check.read": Words("read", "leído"),
    "check.not-found": Words(
        "not found (looked in {folder})", "no se encontró (se buscó en {folder})"
    ),
    "check.no-folder": Words(
        "the current folder, which has been removed", "el directorio actual, que fue eliminado"
    ),
    "check.keys": Words("{count} set ({names})", "definidas: {count} ({names})"),
    "check.no-keys": Words("0 set", "definidas: 0"),
    "check.secret-up-to": Words(
        "set, {least} to {most} characters", "definido, de {least} a {most} caracteres"
    ),
    "check.secret-from": Words(
        "set, {least} characters or more", "definido, {least} caracteres o más"
    ),
    "check.with-login": Words("{value} with user and password", "{value} con usuario y contraseña"),
    "check.no-other-names": Words(
        "every name that starts with BREB_ is a setting",
        "todo nombre que empieza con BREB_ es un ajuste",
    ),
    "check.names-of-kubernetes": Words(
        "every other name is a setting; Kubernetes set {names}",
        "todo otro nombre es un ajuste; Kubernetes definió {names}",
    ),
    "check.unknown-name": Words("1 unknown name", "1 nombre desconocido"),
    "check.unknown-names": Words("{count} unknown names", "{count} nombres desconocidos"),
    "check.file-doubts": Words("{path}: warnings: {count}", "{path}: advertencias: {count}"),
    "check.others-can-read": Words(
        "other users of this machine can read {path}: chmod 600 {path}",
        "otros usuarios de esta máquina pueden leer {path}: chmod 600 {path}",
    ),
    "check.these-can-read": Words(
        'others can read {path} ({who}): icacls "{path}" /inheritance:r'
        ' /grant *S-1-5-18:F *S-1-5-32-544:F "%USERNAME%:F" (in PowerShell $env:USERNAME)',
        'otros pueden leer {path} ({who}): icacls "{path}" /inheritance:r'
        ' /grant *S-1-5-18:F *S-1-5-32-544:F "%USERNAME%:F" (en PowerShell $env:USERNAME)',
    ),
    "check.file-well": Words(
        "each setting is there once, and others cannot read its secrets",
        "cada ajuste está una sola vez, y otros no pueden leer los secretos",
    ),
    "check.credential-missing": Words("{name} is not set", "falta {name}"),
    "check.credentials-missing": Words("{name} and {other} are not set", "faltan {name} y {other}"),
    "check.copy-it": Words(
        "copy it from the dashboard: Platform > API keys", "cópielo del panel: Platform > API keys"
    ),
    "check.copy-them": Words(
        "copy them again from the dashboard: Platform > API keys",
        "cópielos otra vez del panel: Platform > API keys",
    ),
    "check.credentials-set": Words(
        "client id and client secret are set", "client id y client secret están definidos"
    ),
    "check.where-to-put": Words(
        "copy them from the Passport dashboard (Platform > API keys) into the keychain ({command}"
        " login), .env, the environment or a secrets directory; to try without credentials:"
        " {command} demo",
        "cópielos del panel de Passport (Platform > API keys) al llavero ({command} login), a .env,"
        " a las variables de entorno o a un directorio de secretos; para probar sin credenciales:"
        " {command} demo",
    ),
    "check.and-also": Words("{one}; {more}", "{one}; {more}"),
    "check.hint": Words("{name} {what}", "{name} {what}"),
    "check.empty-upstream": Words(
        "BREB_BASE_URL is set but empty ({place})",
        "BREB_BASE_URL está definido pero vacío ({place})",
    ),
    "check.set-upstream": Words(
        "set it to the upstream, or remove it; requests go to {url}",
        "ponga el servidor de destino, o quítelo; las peticiones van a {url}",
    ),
}
