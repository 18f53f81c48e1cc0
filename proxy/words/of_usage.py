"""The words of what is wrong with a command's arguments, or with where its output goes."""

from proxy.words.entry import Words

OF_USAGE = {
    "usage.wrong": Words("{why}\ntry: {command}{of} --help", "{why}\npruebe: {command}{of} --help"),
    "usage.no-command": Words(
        "no such command: {name}{meant}", "no existe el comando {name}{meant}"
    ),
    "usage.no-option": Words(
        "no such option: {option}{meant}", "no existe la opción {option}{meant}"
    ),
    "usage.meant": Words("; did you mean {word}?", "; ¿quiso decir {word}?"),
    "usage.of-sandbox": Words(
        "; {option} is an option of {command} sandbox",
        "; {option} es una opción de {command} sandbox",
    ),
    "usage.of-serve": Words(
        "; {option} is an option of {command} serve",
        "; {option} es una opción de {command} serve",
    ),
    "usage.only-options": Words(
        "only options are allowed; one argument is not an option (not shown here: it may be a"
        " secret)",
        "solo se admiten opciones; un argumento no es una opción (no se muestra aquí, porque puede"
        " ser un secreto)",
    ),
    "usage.help-all": Words(
        "{option} takes nothing, or the word all", "{option} va sola, o con la palabra all"
    ),
    "usage.secret": Words(
        "{option}: secrets are not allowed on the command line, because every process on this"
        " machine can read it; set {setting} in the environment, in .env or in the secrets"
        " directory",
        "{option}: no se admiten secretos en la línea de comandos, porque todo proceso de esta"
        " máquina puede leerla; defina {setting} en el entorno, en .env o en el directorio de"
        " secretos",
    ),
    "usage.login": Words(
        "--egress-proxy: user and password are not allowed here, because every process on this"
        " machine can read the command line; set BREB_EGRESS_CREDENTIALS=USER:PASSWORD in the"
        " environment, in .env or in the secrets directory",
        "--egress-proxy: no se admiten aquí usuario y contraseña, porque todo proceso de esta"
        " máquina puede leer la línea de comandos; defina"
        " BREB_EGRESS_CREDENTIALS=USUARIO:CONTRASEÑA en el entorno, en .env o en el directorio de"
        " secretos",
    ),
    "usage.no-text": Words("must be text in UTF-8", "debe ser texto en UTF-8"),
    "usage.one-topic": Words(
        "help takes one topic\ntry: {command} help topics",
        "help admite un solo tema\npruebe: {command} help topics",
    ),
    "usage.no-topic": Words(
        "no such topic: {topic}{meant}\ntry: {command} help topics",
        "no existe el tema {topic}{meant}\npruebe: {command} help topics",
    ),
    "usage.seconds": Words(
        "must be a number of seconds, between 0 and 86400",
        "debe ser un número de segundos, entre 0 y 86400",
    ),
    "usage.path": Words(
        "must be a path as in a URL, such as /v1/keys",
        "debe ser una ruta como en una URL, por ejemplo /v1/keys",
    ),
    "usage.number": Words("must be a number, 1 or more", "debe ser un número, 1 o más"),
    "usage.when": Words(
        "write 2h, 30m, 7d, or a time in UTC: 2026-11-25T10:00",
        "escriba 2h, 30m, 7d, o una hora en UTC: 2026-11-25T10:00",
    ),
    "usage.link": Words(
        "write it as in the log: 1234:9f86d0…, 64 digits",
        "escríbalo como en el log: 1234:9f86d0…, 64 dígitos",
    ),
    "usage.instance": Words(
        "must be up to 41 letters, digits and -", "debe tener hasta 41 letras, dígitos y -"
    ),
    "usage.service": Words(
        "write one of: {command} service {verbs}{meant}",
        "escriba uno de estos: {command} service {verbs}{meant}",
    ),
    "usage.tokens": Words(
        "write: tokens, tokens revoke ID..., or tokens revoke --others",
        "escriba: tokens, tokens revoke ID..., o tokens revoke --others",
    ),
    "usage.ids-or-others": Words("write either ids or --others", "escriba los ids o --others"),
    "usage.token-id": Words(
        "a token id has only letters, digits, - and _; to list the ids: {command} tokens",
        "el id de un token solo tiene letras, dígitos, - y _; para ver los ids: {command} tokens",
    ),
    "usage.demo": Words(
        "the demo uses options only, and not {names}; see {command} demo --help",
        "la demo solo usa opciones, y no {names}; vea {command} demo --help",
    ),
    "usage.no-simulator": Words(
        "the production image does not have the simulator; build the image of the target sandbox:"
        " docker build --target sandbox -t breb-simulator .",
        "la imagen de producción no tiene el simulador; construya la imagen del destino sandbox:"
        " docker build --target sandbox -t breb-simulator .",
    ),
    "usage.python": Words(
        "{python} was built without its module {module}, which this program needs: install it with"
        " another Python, such as the distribution's own",
        "{python} se compiló sin su módulo {module}, que este programa necesita: instálelo con otro"
        " Python, por ejemplo el de la distribución",
    ),
    "usage.output": Words(
        "cannot write to standard output: {why}",
        "no se puede escribir en la salida estándar: {why}",
    ),
}

# Those of argparse, which asks for each by its English: versions of Python differ in them, and
# what is not here stays English. So does all of --help.
OF_ARGPARSE = (
    Words("argument %(argument_name)s: %(message)s", "argumento %(argument_name)s: %(message)s"),
    Words("the following arguments are required: %s", "faltan estos argumentos: %s"),
    Words("one of the arguments %s is required", "falta uno de estos argumentos: %s"),
    Words("not allowed with argument %s", "no se admite junto con %s"),
    Words("expected one argument", "falta su valor"),
    Words("expected at least one argument", "falta al menos un valor"),
    Words("expected at most one argument", "admite un solo valor"),
    Words("ignored explicit argument %r", "no lleva valor, y se dio %r"),
    Words("invalid %(type)s value: %(value)r", "no es un valor de tipo %(type)s: %(value)r"),
    Words(
        "invalid choice: %(value)r (choose from %(choices)s)",
        "no se admite %(value)r (elija entre: %(choices)s)",
    ),
)
