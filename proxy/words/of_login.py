"""The words of ``login`` and ``logout``, and of the keychain."""

from proxy.words.entry import Words

OF_LOGIN = {
    # -- the keychain gives nothing --------------------------------------------------------------
    "keychain.foreign": Words(
        "the keychain's item for {url} is not from breb-proxy; replace it: {command} login",
        "lo que el llavero guarda para {url} no es de breb-proxy; reemplácelo: {command} login",
    ),
    "keychain.not-noted": Words(
        "cannot record that the keychain holds credentials ({why})",
        "no se puede anotar que el llavero guarda credenciales ({why})",
    ),
    "keychain.not-installed": Words(
        "keyring is not installed: in a clone, pipx install '.[keyring]' brings it",
        "keyring no está instalado: en un clon, pipx install '.[keyring]' lo instala",
    ),
    "keychain.none": Words(
        "no keychain is running on this machine", "en esta máquina no hay un llavero en marcha"
    ),
    "keychain.silent": Words(
        "the keychain did not answer within {seconds} s: is it locked?",
        "el llavero no respondió en {seconds} s: ¿está bloqueado?",
    ),
    "keychain.refused": Words(
        "the keychain refused access ({kind}): unlock it, then try again",
        "el llavero negó el acceso ({kind}): desbloquéelo e intente otra vez",
    ),
    # -- login -----------------------------------------------------------------------------------
    "login.in-clear-text": Words(
        "without a keychain, the pair can be stored in .env, in clear text. Every program that runs"
        " as you\ncan read it, and so can backups of this folder. The file gets mode 0600",
        "sin un llavero, el par se puede guardar en .env, en texto claro. Todo programa que corra"
        " como usted\nlo puede leer, y también las copias de esta carpeta. El archivo queda con"
        " modo 0600",
    ),
    "login.in-file-question": Words(
        "store the pair for {url} in .env?", "¿guardar en .env el par para {url}?"
    ),
    "login.not-in-file": Words(
        "nothing is stored; to store it in .env: {command} login --store env-file",
        "no se guardó nada; para guardarlo en .env: {command} login --store env-file",
    ),
    "login.in-keychain": Words(
        "stored in the keychain ({name}), for {url}", "guardado en el llavero ({name}), para {url}"
    ),
    "login.in-file": Words(
        "stored in {file}, mode 0600, in clear text",
        "guardado en {file}, con modo 0600, en texto claro",
    ),
    "login.for": Words(
        "for {url}, which is {environment}; what you type is not shown",
        "para {url}, que es {environment}; lo que escriba no se muestra",
    ),
    "login.accepted": Words("{url} accepts them", "{url} las acepta"),
    "login.tokens-live": Words("tokens live", "vigencia de los tokens"),
    "login.lived": Words("{span}", "{span}"),
    "login.refused": Words(
        "nothing is stored: copy them again from the dashboard (Platform > API keys)",
        "no se guardó nada: cópielas otra vez del panel (Platform > API keys)",
    ),
    "login.untried-question": Words(
        "they could not be tested; store them anyway?",
        "no se pudieron probar; ¿guardarlas de todas formas?",
    ),
    "login.not-tried": Words(
        "nothing is stored; to store them without a test: {command} login --untried",
        "no se guardó nada; para guardarlas sin prueba: {command} login --untried",
    ),
    "login.cannot-write": Words(
        "{file}: cannot be written ({why})", "{file}: no se puede escribir ({why})"
    ),
    "login.unwritable-pair": Words(
        "{file} cannot store this pair, because it contains ${{: use the keychain",
        "{file} no puede guardar este par, porque contiene ${{: use el llavero",
    ),
    "login.others-win": Words(
        "{names} has credentials too, and they are used instead: remove them there",
        "{names} también tiene credenciales, y se usan esas: quítelas de ahí",
    ),
    # -- logout ----------------------------------------------------------------------------------
    "logout.removed": Words("removed from {file}", "quitado de {file}"),
    "logout.not-in-file": Words("nothing was found in {file}", "no había nada en {file}"),
    "logout.deleted": Words("deleted for {url}", "borrado para {url}"),
    "logout.not-stored": Words("nothing was stored for {url}", "no había nada guardado para {url}"),
    "logout.also-in-file": Words(
        "{file} also has a pair; to remove it: {command} logout --store env-file",
        "{file} también tiene un par; para quitarlo: {command} logout --store env-file",
    ),
}
