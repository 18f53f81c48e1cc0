"""The words of what is perhaps a mistake in the settings."""

from proxy.words.entry import Words

OF_SLIPS = {
    "slip.path-of-api": Words(
        "BREB_BASE_URL ends in a path of the API: {path}",
        "BREB_BASE_URL termina en una ruta de la API: {path}",
    ),
    "slip.without-path": Words(
        "the paths of requests begin with /v1 already; write BREB_BASE_URL={url}",
        "las rutas de las peticiones ya empiezan con /v1; escriba BREB_BASE_URL={url}",
    ),
    "slip.empty-upstream": Words(
        "BREB_BASE_URL is set but empty ({place}): requests go to {url}",
        "BREB_BASE_URL está definido pero vacío ({place}): las peticiones van a {url}",
    ),
    "slip.unknown": Words(
        "{name}: no such setting ({place})", "{name}: no existe ese ajuste ({place})"
    ),
    "slip.unknown-near": Words(
        "{name}: no such setting; did you mean {near}? ({place})",
        "{name}: no existe ese ajuste; ¿quiso decir {near}? ({place})",
    ),
    "slip.repeated": Words(
        "{name}: set {count} times in {file}; the last one is used",
        "{name}: está {count} veces en {file}; se usa la última",
    ),
    "slip.shortened": Words(
        "{name}: its value in {file} contains ${{...}}, the sign for a variable; that variable is"
        " not set, so this part is removed, even in quotes; if the part belongs to the value, set"
        " {name} in the environment or in a secrets directory",
        "{name}: su valor en {file} contiene ${{...}}, que representa una variable no definida y se"
        " quita, incluso entre comillas; si es parte del valor, defina {name} en las variables de"
        " entorno o en un directorio de secretos",
    ),
    "slip.credential": Words("{name} {what}", "{name} {what}"),
    "slip.example": Words("looks like an example", "parece un ejemplo"),
    "slip.name-in-value": Words(
        "begins with a setting's name; write only the value",
        "empieza con el nombre de un ajuste; escriba solo el valor",
    ),
    "slip.blanks": Words("contains spaces or quotes", "contiene espacios o comillas"),
    "slip.not-ascii": Words(
        "contains characters that are not ASCII, such as the quotes of a text editor",
        "contiene caracteres que no son ASCII, como las comillas de un procesador de texto",
    ),
    "slip.proxy-unused": Words(
        "{variable} is set, but breb-proxy does not use it; to use that proxy, set {lines}",
        "{variable} está definida, pero breb-proxy no la usa; para usar ese proxy, defina {lines}",
    ),
    "slip.proxy-needed": Words(
        "{variable} is set: this network may need that proxy, but breb-proxy does not use it unless"
        " told to; add to .env: {lines}",
        "{variable} está definida: puede que esta red necesite ese proxy, pero breb-proxy no lo usa"
        " si no se le indica; agregue a .env: {lines}",
    ),
    "slip.proxy-lines": Words(
        "{url} and BREB_EGRESS_CREDENTIALS=USER:PASSWORD",
        "{url} y BREB_EGRESS_CREDENTIALS=USUARIO:CONTRASEÑA",
    ),
    "slip.proxy-script": Words(
        "{line}, with the host and port that the script {script} gives for {host}",
        "{line}, con el host y el puerto que el script {script} da para {host}",
    ),
    "slip.committed": Words(
        "{file} is committed in git: remove it (git rm --cached {name}), add it to .gitignore, and"
        " get new credentials, because the old ones stay in git's history",
        "{file} está guardado en git: quítelo (git rm --cached {name}), agréguelo a .gitignore, y"
        " pida credenciales nuevas, porque las viejas quedan en el historial de git",
    ),
    "slip.not-ignored": Words(
        "{file} is not ignored by git: add {name} to .gitignore before you commit",
        "git no ignora {file}: agregue {name} a .gitignore antes de hacer commit",
    ),
    # -- what may be meant by a missing one ------------------------------------------------------
    "near.empty": Words("is empty in {place}", "está vacío en {place}"),
    "near.other-name": Words(
        "is not set, but {place} has {other}: rename it to {name}",
        "no está definido, pero {other} está en {place}: cámbiele el nombre a {name}",
    ),
    "near.other-file": Words(
        "is not set, but {file} has it: rename that file to .env",
        "no está definido, pero está en {file}: cambie el nombre de ese archivo a .env",
    ),
    "near.service-file": Words(
        "{file} is missing or empty; write the value into that file and restart the service"
        " ({command} help service)",
        "{file} no existe o está vacío; escriba el valor en ese archivo y reinicie el servicio"
        " ({command} help service)",
    ),
    # -- places ----------------------------------------------------------------------------------
    "place.environment": Words("environment", "las variables de entorno"),
    "place.the-environment": Words("the environment", "las variables de entorno"),
    "place.flag": Words("flag", "la línea de comandos"),
    "place.keychain": Words("keychain", "el llavero"),
}
