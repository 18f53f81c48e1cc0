"""The demo's words to a newcomer, in the language of the terminal."""

from proxy.words.entry import Words

OF_DEMO = {
    "demo.instead": Words(
        "no BREB_CLIENT_ID and BREB_CLIENT_SECRET in the environment, .env or a secrets directory:"
        " running the demo",
        "no hay BREB_CLIENT_ID ni BREB_CLIENT_SECRET en las variables de entorno, en .env ni en un"
        " directorio de secretos: arranca la demo",
    ),
    "demo.not-instead": Words(
        "the demo does not start, because {place} has settings; to start it anyway: {command} demo",
        "la demo no arranca, porque hay ajustes en {place}; para arrancarla de todos modos:"
        " {command} demo",
    ),
    "demo.title": Words(
        "{name}: a simulator of the Bre-B API, no real money",
        "{name}: un simulador de la API Bre-B, sin dinero real",
    ),
    "demo.moved": Words(
        "{asked} is in use: using {address} instead",
        "{asked} está en uso: en su lugar se usa {address}",
    ),
    "demo.callers": Words("Postman, curl, your app", "Postman, curl, su aplicación"),
    "demo.no-authorization": Words("no Authorization needed", "no necesita Authorization"),
    "demo.simulator": Words("the simulator", "el simulador"),
    "demo.ledger": Words("ledger of payments", "libro de registro de pagos"),
    "demo.run-and-open": Words(
        "Run the first line in another terminal, and open the second line in a browser:",
        "Ejecute la primera línea en otra terminal y abra la segunda en un navegador:",
    ),
    "demo.run-both": Words(
        "Run these lines in another terminal; the second prints the console's address:",
        "Ejecute estas líneas en otra terminal; la segunda imprime la dirección de la consola:",
    ),
    "demo.watch": Words("watch renewals", "para ver las renovaciones"),
    "demo.tour": Words("two payments in ten steps", "dos pagos en diez pasos"),
    "demo.renewal": Words(
        "The proxy renews the access token by itself, next time in {span}.",
        "El proxy renueva el token de acceso por sí mismo; la próxima vez, en {span}.",
    ),
    "demo.end": Words("Ctrl-C ends the demo.", "Ctrl-C termina la demo."),
    "demo.ended": Words("demo ended", "la demo terminó"),
    # In ASCII, as the tour is: the shell that says it may not read UTF-8.
    "tour.nobody": Words(
        "the demo does not answer at {url}, so nothing is sent: start it ({command} demo), or give"
        " the address that it printed ({command} tour --listen HOST:PORT)",
        "la demo no responde en {url} y por eso no se manda nada: arranque la demo ({command} demo)"
        " o use el puerto que ella muestra ({command} tour --listen HOST:PORT)",
    ),
    "tour.paste": Words(
        "paste these into one shell, or run them all: {run}",
        "pegue estos en un mismo shell, o ejecútelos todos: {run}",
    ),
}
