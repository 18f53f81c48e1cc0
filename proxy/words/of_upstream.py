"""The words of failures to get the upstream's answer, with the advice."""

from proxy.words.entry import Words

OF_UPSTREAM = {
    "title.unreachable": Words(
        "The upstream cannot be reached", "No hay conexión con el servidor de destino"
    ),
    "title.certificate": Words(
        "The upstream's certificate is not trusted",
        "El certificado del servidor de destino no es de confianza",
    ),
    "title.no-tls": Words(
        "No TLS connection to the upstream", "No hay conexión TLS con el servidor de destino"
    ),
    "title.tls-refused": Words(
        "The upstream refused the TLS connection",
        "El servidor de destino rechazó la conexión TLS",
    ),
    "title.closed-early": Words(
        "The upstream closed the connection too early",
        "El servidor de destino cerró la conexión antes de tiempo",
    ),
    "title.not-http": Words(
        "The upstream's response is not valid HTTP",
        "La respuesta del servidor de destino no es HTTP válido",
    ),
    "title.busy": Words(
        "All connections to the upstream are busy",
        "Todas las conexiones con el servidor de destino están ocupadas",
    ),
    "title.too-slow": Words("The upstream is too slow", "El servidor de destino tarda demasiado"),
    # -- the way there ---------------------------------------------------------------------------
    "dns-silent": Words(
        "no response from DNS for {host} within {seconds} s",
        "el DNS no respondió la consulta de {host} en {seconds} s",
    ),
    "no-address": Words(
        "no address for {host}: {reason}", "no hay ninguna dirección para {host}: {reason}"
    ),
    "not-a-host-name": Words("not a host name", "no es un nombre de host"),
    "no-connection": Words(
        "no connection to {peer} within {seconds} s",
        "no hubo conexión con {peer} en {seconds} s",
    ),
    "no-connection-because": Words(
        "no connection to {peer}: {reason}", "no hubo conexión con {peer}: {reason}"
    ),
    "connection-refused": Words("{peer} refused the connection", "{peer} rechazó la conexión"),
    "cannot-reach": Words(
        "cannot reach {peer}: {reason}", "no es posible conectarse con {peer}: {reason}"
    ),
    "no-tls-in-time": Words(
        "no TLS with {peer} within {seconds} s", "no hubo conexión TLS con {peer} en {seconds} s"
    ),
    "tls-closed": Words(
        "TLS with {peer}: closed during the handshake",
        "TLS con {peer}: la conexión se cerró durante el handshake",
    ),
    "tls-disturbed": Words(
        "TLS with {peer}: the server sent data, or closed, before the handshake",
        "TLS con {peer}: el servidor envió datos, o cerró la conexión, antes del handshake",
    ),
    "tls-failed": Words("TLS with {peer}: {reason}", "TLS con {peer}: {reason}"),
    "tls-ended": Words("TLS ended: {reason}", "la conexión TLS terminó: {reason}"),
    "tls-alert": Words(
        "TLS with {peer}: the upstream sent the alert {alert}",
        "TLS con {peer}: el servidor de destino envió la alerta {alert}",
    ),
    "tls-ended-by-alert": Words(
        "TLS ended: the upstream sent the alert {alert}",
        "la conexión TLS terminó: el servidor de destino envió la alerta {alert}",
    ),
    "no-reason": Words("no reason given", "sin motivo indicado"),
    "certificate": Words(
        "certificate of {peer}: {reason}", "certificado que presentó {peer}: {reason}"
    ),
    "issued-by": Words("{reason} (issued by {issuer})", "{reason} (emitido por {issuer})"),
    "key-usage": Words(
        "{reason} (Python 3.13 and newer need keyUsage in the authority's certificate)",
        "{reason} (Python 3.13 y posteriores exigen keyUsage en el certificado de la autoridad)",
    ),
    # -- the exchange ----------------------------------------------------------------------------
    "closed-at-once": Words(
        "the upstream closed a new connection at once",
        "el servidor de destino cerró enseguida una conexión nueva",
    ),
    "closed-kept-alive": Words(
        "the upstream closed a kept-alive connection",
        "el servidor de destino cerró una conexión que se mantenía abierta",
    ),
    "closed-halfway": Words(
        "the upstream closed the connection before its response was complete",
        "el servidor de destino cerró la conexión antes de completar su respuesta",
    ),
    "closed-unanswered": Words(
        "the upstream closed the connection without a response",
        "el servidor de destino cerró la conexión sin responder",
    ),
    "nothing-read": Words(
        "no byte of the response for {seconds} s",
        "no llegó ni un byte de la respuesta en {seconds} s",
    ),
    "nothing-written": Words(
        "the upstream took no byte of the request for {seconds} s",
        "el servidor de destino no recibió ni un byte de la petición en {seconds} s",
    ),
    "headers-unended": Words(
        "the response's headers do not end with an empty line",
        "los encabezados de la respuesta no terminan con una línea vacía",
    ),
    "headers-too-large": Words(
        "the response's headers are larger than {bytes} bytes",
        "los encabezados de la respuesta ocupan más de {bytes} bytes",
    ),
    "not-http-at-all": Words(
        "the response does not begin as HTTP/1.1 does",
        "la respuesta no empieza como HTTP/1.1",
    ),
    "response-malformed": Words(
        "the response is not valid HTTP: {reason}", "la respuesta no es HTTP válido: {reason}"
    ),
    "reason-phrase": Words(
        "the response's reason phrase contains control characters",
        "la primera línea de la respuesta contiene caracteres de control",
    ),
    "unasked-status": Words(
        "the upstream answered {status}, but the request did not ask for that",
        "el servidor de destino respondió {status}, pero la petición no pidió eso",
    ),
    "other-coding": Words(
        "the response has a transfer coding other than chunked",
        "la respuesta usa un Transfer-Encoding distinto de chunked",
    ),
    "response-overhead": Words(
        "the response's chunk extensions or trailers are larger than {bytes} bytes",
        "las extensiones de los fragmentos (chunks) o los campos finales (trailers) de la respuesta"
        " ocupan más de {bytes} bytes",
    ),
    "pool-closed": Words("the proxy is shutting down", "el proxy se está apagando"),
    "pool-queue-full": Words(
        "{waiting} requests wait for {most} connections",
        "{waiting} peticiones esperan {most} conexiones",
    ),
    "pool-timeout": Words(
        "no connection became free in {seconds} s",
        "no se liberó ninguna conexión en {seconds} s",
    ),
    "uploads-full": Words(
        "half of BREB_MAX_CONNECTIONS is in use by requests whose body is still arriving, or that"
        " others follow on the same connection, and none became free in {seconds} s",
        "la mitad de BREB_MAX_CONNECTIONS está en uso por peticiones cuyo cuerpo todavía está"
        " llegando, o a las que otras siguen en la misma conexión, y ninguna se liberó en"
        " {seconds} s",
    ),
    # -- next steps ------------------------------------------------------------------------------
    "step.check-network": Words(
        "check {setting} and the network; to test them, run: {command} check",
        "verifique {setting} y la red; para probarlas, ejecute: {command} check",
    ),
    "step.or": Words("{one} (or {other})", "{one} (o {other})"),
    "step.check-name": Words(
        "check the host name in {setting} and the machine's DNS",
        "verifique el nombre del host en {setting} y el DNS de la máquina",
    ),
    "step.check-port": Words(
        "check the host and port in {setting}, and whether the upstream is running",
        "verifique el host y el puerto en {setting}, y si el servidor de destino está en marcha",
    ),
    "step.check-route": Words(
        "check the network between this machine and the upstream; to test it, run: {command} check",
        "verifique la red entre esta máquina y el servidor de destino; para probarla, ejecute:"
        " {command} check",
    ),
    "step.ca-bundle": Words(
        "if the certificate is from your own certificate authority, set BREB_CA_BUNDLE to the PEM"
        " file of that authority; otherwise do not trust this network",
        "si el certificado es de su propia autoridad certificadora, ponga en BREB_CA_BUNDLE el"
        " archivo PEM de esa autoridad; si no, no confíe en esta red",
    ),
    "step.expired": Words(
        "check this machine's clock; if it is right, the upstream must renew its certificate",
        "verifique el reloj de esta máquina; si está bien, el servidor de destino debe renovar su"
        " certificado",
    ),
    "step.clock": Words("check this machine's clock", "verifique el reloj de esta máquina"),
    "step.other-name": Words(
        "check the host in {setting}: the certificate is for another name",
        "verifique el host en {setting}: el certificado es para otro nombre",
    ),
    "step.uses-tls": Words(
        "check that the server at the host and port of {setting} uses TLS",
        "verifique que el servidor en el host y puerto de {setting} use TLS",
    ),
    "step.no-tls": Words(
        "that port does not use TLS: check the scheme and port in {setting}",
        "ese puerto no usa TLS: verifique el esquema y el puerto en {setting}",
    ),
    "step.client-certificate": Words(
        "if the upstream needs a client certificate, check BREB_CLIENT_CERT; otherwise check the"
        " host in {setting}",
        "si el servidor de destino exige un certificado de cliente, verifique BREB_CLIENT_CERT; si"
        " no, verifique el host en {setting}",
    ),
    "step.if-safe": Words(
        "send the request again only if it is safe to repeat",
        "envíe la petición otra vez solo si es seguro repetirla",
    ),
    "step.uses-http": Words(
        "check that the server at {setting} uses HTTP/1.1",
        "verifique que el servidor en {setting} use HTTP/1.1",
    ),
    "step.more-connections": Words(
        "try again later, or raise BREB_MAX_CONNECTIONS or BREB_QUEUE_TIMEOUT",
        "intente más tarde, o aumente BREB_MAX_CONNECTIONS o BREB_QUEUE_TIMEOUT",
    ),
    "step.connect-timeout": Words(
        "check the network, or raise BREB_CONNECT_TIMEOUT",
        "verifique la red, o aumente BREB_CONNECT_TIMEOUT",
    ),
    "step.dns-timeout": Words(
        "check the machine's DNS, or raise BREB_CONNECT_TIMEOUT",
        "verifique el DNS de la máquina, o aumente BREB_CONNECT_TIMEOUT",
    ),
    "step.more-time": Words(
        "send the request again only if it is safe to repeat; if the upstream needs more time,"
        " raise {timeout}",
        "envíe la petición otra vez solo si es seguro repetirla; si el servidor de destino necesita"
        " más tiempo, aumente {timeout}",
    ),
}
