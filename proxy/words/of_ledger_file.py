"""The words of errors of a ledger's file that a person has to mend, with the advice."""

from proxy.words.entry import Words

OF_LEDGER_FILE = {
    # -- who else uses it ------------------------------------------------------------------------
    "process": Words("process {number}", "el proceso {number}"),
    "another-process": Words("another process", "otro proceso"),
    "ledger.in-use": Words(
        "{who} uses it (it holds the lock {lock}); give each proxy its own ledger",
        "{who} lo usa (tiene el bloqueo {lock}); dé a cada proxy su propio libro de registro",
    ),
    "ledger.in-use-unlocked": Words(
        "another process uses {path}, though nobody holds its lock file; give each proxy its own"
        " ledger",
        "otro proceso usa {path}, aunque nadie tiene su archivo de bloqueo; dé a cada proxy su"
        " propio libro de registro",
    ),
    "ledger.lock-link": Words("{path} is a link; remove it", "{path} es un enlace; elimínelo"),
    "ledger.lock-foreign": Words(
        "{path} is not a file of this user; remove it",
        "{path} no es un archivo de este usuario; elimínelo",
    ),
    "ledger.anothers": Words(
        "{path} belongs to another user (uid {uid}), who may read and change it; make it yours"
        " (chown), or name another file",
        "{path} es de otro usuario (uid {uid}), que puede leerlo y cambiarlo; hágalo suyo (chown),"
        " o indique otro archivo",
    ),
    "ledger.open-to-others": Words(
        "{path}: other users may write it; run: chmod 600 {path}",
        "{path}: otros usuarios pueden escribirlo; ejecute: chmod 600 {path}",
    ),
    "ledger.beside": Words(
        "{path} is no file of the ledger's owner (uid {uid} made it): SQLite would take rows from"
        " it; remove it, and keep the ledger in a folder where others may make no files",
        "{path} no es un archivo del dueño del libro de registro (lo creó el uid {uid}): SQLite"
        " tomaría filas de él; elimínelo, y guarde el libro en un directorio donde otros no puedan"
        " crear archivos",
    ),
    "ledger.of-another-user": Words(
        "the running proxy's ledger, {path}, belongs to {user}: run this command as that user, or"
        " name the file: --ledger {path}",
        "el libro de registro del proxy en marcha, {path}, es de {user}: ejecute este comando como"
        " ese usuario, o indique el archivo: --ledger {path}",
    ),
    "ledger.older-proxy": Words(
        "a running proxy of an older version uses it (its format is {format}); give the verdict"
        " with that version, or end it first",
        "lo usa un proxy en marcha de una versión anterior (su formato es {format}); dé el"
        " veredicto con esa versión, o termine antes ese proxy",
    ),
    # -- where it is -----------------------------------------------------------------------------
    "is-a-directory": Words("is a directory", "es un directorio"),
    "does-not-exist": Words("does not exist", "no existe"),
    "ledger.not-there": Words(
        "{path} {what}; name the file that serve writes",
        "{path} {what}; indique el archivo que escribe serve",
    ),
    "ledger.directory": Words(
        "{path}: is a directory; name a file in it",
        "{path}: es un directorio; indique un archivo en él",
    ),
    "ledger.no-file": Words(
        "{path}: is not a file; name a file", "{path}: no es un archivo; indique un archivo"
    ),
    "ledger.no-directory": Words(
        "{path}: there is no such directory: {directory}",
        "{path}: no existe ese directorio: {directory}",
    ),
    "ledger.read-only": Words(
        "{path}: its file system is read-only; name a file on another one",
        "{path}: su sistema de archivos es de solo lectura; indique un archivo en otro",
    ),
    "ledger.no-right": Words(
        "{path}: {why}; give this user the right to write it and its directory",
        "{path}: {why}; dé a este usuario permiso para escribir en él y en su directorio",
    ),
    "ledger.unreadable": Words(
        "{path}: this user may not read it; run this command as the user of the proxy",
        "{path}: este usuario no puede leerlo; ejecute este comando como el usuario del proxy",
    ),
    "ledger.of-file": Words("{path}: {why}", "{path}: {why}"),
    "ledger.backup-exists": Words(
        "{path} exists: it is not overwritten; name another file",
        "{path} ya existe: no se sobrescribe; indique otro archivo",
    ),
    "ledger.moved": Words(
        "{path} was moved, removed or replaced; put it back, or its last backup: the proxy begins"
        " no new ledger by itself",
        "{path} se movió, se eliminó o se reemplazó; vuelva a ponerlo en su lugar, o su última"
        " copia: el proxy no empieza por sí mismo un libro de registro nuevo",
    ),
    "ledger.moved-meanwhile": Words(
        "{path} was moved or replaced while it was copied: copy it again",
        "{path} se movió o se reemplazó mientras se copiaba: cópielo otra vez",
    ),
    "ledger.gone": Words(
        "{path} is gone or empty, and a ledger was there: put it back, or its last backup; to begin"
        " a new one, remove {lock} too",
        "{path} no está o está vacío, y ahí había un libro de registro: vuelva a ponerlo en su"
        " lugar, o su última copia; para empezar uno nuevo, elimine también {lock}",
    ),
    # -- what it is ------------------------------------------------------------------------------
    "ledger.overwritten": Words(
        "{path} was emptied or copied over while it was in use; end the proxy, move the file and"
        " those beside it away, and put the last backup in its place",
        "{path} se vació o se sobrescribió mientras estaba en uso; termine el proxy, mueva a otra"
        " parte el archivo y los que están junto a él, y ponga la última copia en su lugar",
    ),
    "ledger.log-foreign": Words(
        "{log} is the log of another file than {path}, such as of the ledger that it replaced; move"
        " it and {index} away, and keep them with that ledger",
        "{log} es el registro de otro archivo que {path}, por ejemplo del libro que reemplazó;"
        " muévalo a otra parte junto con {index}, y guárdelos con ese libro",
    ),
    "ledger.empty-file": Words(
        "{path} is empty, and not a ledger; name the file that serve writes",
        "{path} está vacío, y no es un libro de registro; indique el archivo que escribe serve",
    ),
    "ledger.other-application": Words(
        "{path} is an SQLite file, but not a ledger of breb-proxy",
        "{path} es un archivo de SQLite, pero no un libro de registro de breb-proxy",
    ),
    "ledger.other-version": Words(
        "{path} was written by another version of breb-proxy (its format is {format}, this version"
        " reads up to {known}); use that version, or name another file",
        "{path} es de otra versión de breb-proxy (su formato es {format}, esta versión lee hasta"
        " {known}); use esa versión, o indique otro archivo",
    ),
    "ledger.page-damaged": Words(
        "{path} is damaged ({what}); {mend}", "{path} está dañado ({what}); {mend}"
    ),
    "ledger.to-mend": Words("{path}: {why}; {mend}", "{path}: {why}; {mend}"),
    "ledger.restart": Words(
        "{why}; restart the proxy, which says what to do",
        "{why}; reinicie el proxy, que le dirá qué hacer",
    ),
    "step.mend-ledger": Words(
        "the proxy did not change it; keep a copy of it and of its -wal file, then replace it with"
        " a backup ({command} ledger backup makes them), or name another file",
        "el proxy no lo cambió; guarde una copia de él y de su archivo -wal, y reemplácelo por una"
        " copia de seguridad ({command} ledger backup las hace), o indique otro archivo",
    ),
    # -- a row -----------------------------------------------------------------------------------
    "ledger.no-row": Words(
        "the ledger has no row {row}; to list the rows: {command} ledger",
        "el libro de registro no tiene la fila {row}; para listar las filas: {command} ledger",
    ),
    "ledger.author-taken": Words(
        "{author} is the name under which the proxy itself decides: give another",
        "{author} es el nombre con el que decide el proxy mismo: dé otro",
    ),
    "row-gone": Words("there is no such row", "no existe esa fila"),
    "ledger.not-a-row": Words("there is no row #{row}", "no existe la fila #{row}"),
    "ledger.row-open": Words(
        "row #{row} is still open: {why}", "la fila #{row} sigue abierta: {why}"
    ),
    "ledger.row-under-way": Words("its request is under way", "su petición está en curso"),
    "ledger.row-left-open": Words(
        "the proxy ended before it was closed; start the proxy, which closes it, then settle it",
        "el proxy terminó antes de cerrarla; arranque el proxy, que la cierra, y luego dé su"
        " veredicto",
    ),
    # -- the chain -------------------------------------------------------------------------------
    "chain.none": Words(
        "{path} was written by version 0.1.0, and has no chain: the next start of this version"
        " begins one",
        "{path} lo escribió la versión 0.1.0 y no tiene cadena: el próximo arranque de esta"
        " versión la empieza",
    ),
    "chain.changed": Words("row #{row} was changed", "la fila #{row} se cambió"),
    "chain.removed": Words("row #{row} was removed", "la fila #{row} se eliminó"),
    "chain.inserted": Words("row #{row} was inserted", "la fila #{row} se insertó"),
    "chain.verdict": Words("a verdict", "un veredicto"),
    "chain.evidence": Words("evidence", "una evidencia"),
    "chain.beside-changed": Words(
        "{what} of row #{row} was changed", "se cambió {what} de la fila #{row}"
    ),
    "chain.beside-removed": Words(
        "{what} of row #{row} was removed", "se eliminó {what} de la fila #{row}"
    ),
    "chain.beside-inserted": Words(
        "{what} of row #{row} was inserted", "se insertó {what} de la fila #{row}"
    ),
    "chain.entry-of": Words(
        "entry {at} of the chain, which is about row #{row}, does not follow from the one before:"
        " it or an earlier one was changed",
        "la entrada {at} de la cadena, que trata de la fila #{row}, no sigue de la anterior: se"
        " cambió ella o una anterior",
    ),
    "chain.entry": Words(
        "entry {at} of the chain does not follow from the one before: it or an earlier one was"
        " changed",
        "la entrada {at} de la cadena no sigue de la anterior: se cambió ella o una anterior",
    ),
    "chain.edited": Words(
        "entry {at} of the chain is nothing that the proxy writes: somebody edited the ledger;"
        " breb-proxy ledger verify says what was changed",
        "la entrada {at} de la cadena no es nada que el proxy escriba: alguien editó el libro de"
        " registro; breb-proxy ledger verify dice qué se cambió",
    ),
    "chain.gap": Words(
        "entries {first} to {last} of the chain were removed",
        "se eliminaron las entradas {first} a {last} de la cadena",
    ),
    "chain.older": Words(
        "the chain ends at entry {at}, before {head}: this file is an older copy, or its last rows"
        " were removed",
        "la cadena termina en la entrada {at}, antes de {head}: este archivo es una copia anterior,"
        " o se eliminaron sus últimas filas",
    ),
    "chain.rewritten": Words(
        "the chain does not go through {head}: it was written anew, or is another ledger's",
        "la cadena no pasa por {head}: se escribió de nuevo, o es de otro libro de registro",
    ),
}
