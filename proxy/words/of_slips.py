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
}
