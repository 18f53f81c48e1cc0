"""The words of the admin listener's refusals."""

from proxy.words.entry import Words

OF_ADMIN = {
    "admin.secret": Words(
        "only for the user who runs breb-proxy and has its secret; to open the console, that user"
        " runs breb-proxy console",
        "solo para el usuario que ejecuta breb-proxy y tiene su secreto; para abrir la consola, ese"
        " usuario ejecuta breb-proxy console",
    ),
    "admin.not-local": Words(
        "only clients on this machine (loopback) are allowed",
        "solo se admiten clientes de esta máquina (loopback)",
    ),
    "admin.host": Words(
        "only loopback names are allowed in the Host header",
        "en el encabezado Host solo se admiten nombres de loopback",
    ),
    "admin.foreign-page": Words(
        "pages of other sites are not allowed", "no se admiten páginas de otros sitios"
    ),
    "admin.nothing-here": Words(
        "not found: here are /livez, /readyz, /metrics and /status; the API is on BREB_LISTEN",
        "no encontrado: aquí están /livez, /readyz, /metrics y /status; la API está en BREB_LISTEN",
    ),
    "admin.console-off": Words(
        "The console is off. To turn it on, start with BREB_CONSOLE=true or --console.\n"
        "\n"
        "This is breb-proxy's admin listener: /livez, /readyz, /metrics and /status are here.\n"
        "The API is on BREB_LISTEN.",
        "La consola está apagada. Para encenderla, arranque con BREB_CONSOLE=true o --console.\n"
        "\n"
        "Este es el puerto de administración de breb-proxy: aquí están /livez, /readyz, /metrics y"
        " /status.\n"
        "La API está en BREB_LISTEN.",
    ),
    "admin.many-pages": Words("too many pages are open", "hay demasiadas páginas abiertas"),
    # -- what is to be sent ----------------------------------------------------------------------
    "send.json": Words("send application/json", "envíe application/json"),
    "send.less": Words("too large", "es demasiado grande"),
    "send.ids": Words('send {{"ids": [...]}}', 'envíe {{"ids": [...]}}'),
    "send.numbers": Words("before and limit are numbers", "before y limit son números"),
    "send.verdict": Words(
        "send a kind ({kinds}), a note and an author", "envíe kind ({kinds}), note y author"
    ),
    "send.replay": Words(
        "the body does not describe a replay", "el cuerpo no describe una repetición"
    ),
}
