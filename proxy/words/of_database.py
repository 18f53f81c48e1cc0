"""The words of a database that several proxies share: its address, and what fails there."""

from proxy.words.entry import Words

OF_DATABASE = {
    # -- the address -----------------------------------------------------------------------------
    "value.database": Words(
        "must be postgresql://USER@HOST:PORT/DATABASE",
        "debe ser postgresql://USUARIO@HOST:PUERTO/BASE",
    ),
    "value.database-password": Words(
        "must not contain the password, since addresses are shown and logged; put it into"
        " BREB_DATABASE_PASSWORD",
        "no debe contener la contraseña, porque las direcciones se muestran y se registran; póngala"
        " en BREB_DATABASE_PASSWORD",
    ),
    "value.database-port": Words(
        "the port must be a number from 1 to 65535", "el puerto debe ser un número de 1 a 65535"
    ),
    "value.database-parameter": Words(
        "has a parameter after the ? that is not known here; known are {known}",
        "tiene después del ? un parámetro que aquí no se conoce; se conocen {known}",
    ),
    "value.database-sslmode": Words(
        "sslmode must be one of {known}", "sslmode debe ser uno de {known}"
    ),
    "value.database-twice": Words(
        "BREB_LEDGER is the address of a database, too; write one of them, since there is one"
        " database for both",
        "BREB_LEDGER también es la dirección de una base de datos; escriba solo una, porque hay una"
        " sola base para los dos",
    ),
    "value.database-unused": Words(
        "nothing uses the database; set BREB_TOKEN_SHARED=true, or remove this",
        "nada usa la base de datos; ponga BREB_TOKEN_SHARED=true, o quite este ajuste",
    ),
    "value.no-database": Words(
        "needs a database that all replicas share; set"
        " BREB_DATABASE=postgresql://USER@HOST/DATABASE",
        "necesita una base de datos común a todas las réplicas; ponga"
        " BREB_DATABASE=postgresql://USUARIO@HOST/BASE",
    ),
    "ledger.database-elsewhere": Words(
        "the running proxy's ledger is in a database: set BREB_LEDGER, and what the login needs,"
        " for this command too",
        "el libro de registro del proxy en marcha está en una base de datos: ponga BREB_LEDGER, y"
        " lo que pida el acceso, también para este comando",
    ),
    # -- what fails ------------------------------------------------------------------------------
    "database.no-library": Words(
        "a database is set, but the library for it is not installed: install breb-proxy[postgres];"
        " in a clone: .venv/bin/python tools/setup.py postgres",
        "hay una base de datos configurada, pero su biblioteca no está instalada: instale"
        " breb-proxy[postgres]; en un clon: .venv/bin/python tools/setup.py postgres",
    ),
    "database.failed": Words("the database: {why}", "la base de datos: {why}"),
    "database.silent": Words(
        "the database did not answer within {seconds} s",
        "la base de datos no respondió en {seconds} s",
    ),
    "database.login": Words(
        "the database refuses the login: {why}", "la base de datos rechaza el acceso: {why}"
    ),
    "database.no-such": Words(
        "there is no such database, role or table: {why}",
        "no existe esa base de datos, rol o tabla: {why}",
    ),
    "database.rights": Words(
        "the role lacks a right in the database: {why}",
        "al rol le falta un permiso en la base de datos: {why}",
    ),
    "database.read-only": Words(
        "the database takes no changes (a standby?): {why}",
        "la base de datos no acepta cambios (¿una réplica en espera?): {why}",
    ),
    "database.too-many": Words(
        "the database has too many connections: {why}",
        "la base de datos tiene demasiadas conexiones: {why}",
    ),
    "database.locked": Words(
        "another session of the database holds a lock that breb-proxy needs (pg_locks says which):"
        " {why}",
        "otra sesión de la base de datos tiene un bloqueo que breb-proxy necesita (pg_locks dice"
        " cuál): {why}",
    ),
    "database.full": Words(
        "the database's disk is full: {why}", "el disco de la base de datos está lleno: {why}"
    ),
    "database.starting": Words(
        "the database is starting or ending: {why}",
        "la base de datos está arrancando o terminando: {why}",
    ),
    "database.certificate": Words(
        "the database's certificate is not trusted; BREB_DATABASE_CA names its authority: {why}",
        "no se confía en el certificado de la base de datos; BREB_DATABASE_CA indica su autoridad:"
        " {why}",
    ),
    "database.no-tls": Words(
        "the database does not offer TLS; turn it on there, or add ?sslmode=disable to the address"
        " if the way there is safe: {why}",
        "la base de datos no ofrece TLS; actívelo allá, o agregue ?sslmode=disable a la dirección"
        " si el camino es seguro: {why}",
    ),
    "database.newer": Words(
        "its tables ({part}) are of version {found}, and this program knows {known}; use a newer"
        " breb-proxy",
        "sus tablas ({part}) son de la versión {found}, y este programa conoce la {known}; use un"
        " breb-proxy más nuevo",
    ),
    # -- one token for all replicas ----------------------------------------------------------------
    "share.waits": Words(
        "no token can be shared for now, and the time for one of this replica's own has not come:"
        " {why}",
        "por ahora no se puede compartir un token, y todavía no es hora de pedir uno solo para esta"
        " réplica: {why}",
    ),
    "share.out-of-reach": Words(
        "the token of all replicas is out of reach, and one of this command's own might end theirs;"
        " ask a replica, or BREB_TOKEN_SHARED=false: {why}",
        "no se llega al token de todas las réplicas, y uno propio de este comando podría terminar"
        " el de ellas; pregunte a una réplica, o BREB_TOKEN_SHARED=false: {why}",
    ),
    "share.not-let-go": Words(
        "other replicas may still use it: {why}", "otras réplicas quizás lo usan todavía: {why}"
    ),
    "ready.shared": Words(
        "token: shared with the other replicas", "token: compartido con las otras réplicas"
    ),
    "ready.not-shared": Words(
        "token: not shared with the other replicas: {why}",
        "token: no se comparte con las otras réplicas: {why}",
    ),
    # -- a ledger there --------------------------------------------------------------------------
    "ledger.database-silent": Words(
        "the database has not answered for {seconds} s",
        "la base de datos no responde hace {seconds} s",
    ),
    "ledger.not-durable": Words(
        "the database's setting fsync is off: what it confirms may be lost when its machine ends;"
        " turn it on there",
        "la base de datos tiene fsync apagado: lo que confirma puede perderse cuando termine su"
        " máquina; enciéndalo allá",
    ),
    "ledger.pooled": Words(
        "a pooler gives each transaction another session of the database, such as pgbouncer in"
        " transaction mode; the ledger needs sessions of its own: connect directly, or set the"
        " pooler to session mode",
        "un pooler da a cada transacción otra sesión de la base de datos, como pgbouncer en modo"
        " transaction; el libro de registro necesita sesiones propias: conéctese directamente, o"
        " ponga el pooler en modo session",
    ),
    "ledger.backup-database": Words(
        "the ledger is in a database, which has tools of its own for copies:"
        " pg_dump --schema=breb_ledger --file=FILE {address}",
        "el libro de registro está en una base de datos, que tiene sus propias herramientas para"
        " copias: pg_dump --schema=breb_ledger --file=ARCHIVO {address}",
    ),
    "ledger.intake-beside": Words(
        "a proxy uses the ledger in the database: end all of them, and do this again before they"
        " start",
        "un proxy usa el libro de registro de la base de datos: termínelos todos, y repita esto"
        " antes de que arranquen",
    ),
    "ledger.intake-in-use": Words(
        "{path}: {who} uses it; end that first, then import the file",
        "{path}: lo usa {who}; termínelo primero, y después importe el archivo",
    ),
    "ledger.intake-edited": Words(
        "{path} has a value in its table {table} that the proxy never writes: somebody edited it;"
        " nothing was taken in",
        "{path} tiene en su tabla {table} un valor que el proxy nunca escribe: alguien lo editó; no"
        " se importó nada",
    ),
    "ledger.intake-changed": Words(
        "{path} is not as the proxy wrote it, and was not taken in: {what}; {command} ledger verify"
        " --ledger={path} says more",
        "{path} no está como el proxy lo escribió, y no se importó: {what}; {command} ledger verify"
        " --ledger={path} dice más",
    ),
    "ledger.intake-differs": Words(
        "the database did not keep {path} as it is; nothing was taken in: {what}",
        "la base de datos no guardó {path} tal como es; no se importó nada: {what}",
    ),
    "ledger.intake-went-on": Words(
        "{path} was taken in before, and a proxy has written to it since; it can be taken into an"
        " empty database only",
        "{path} ya se importó, y después un proxy escribió en él; solo puede importarse en una base"
        " de datos vacía",
    ),
    "ledger.intake-file": Words(
        "the ledger is a file, and takes in no other; BREB_LEDGER names a database, or move {path}",
        "el libro de registro es un archivo, y no recibe otro; ponga en BREB_LEDGER una base de"
        " datos, o mueva {path}",
    ),
}
