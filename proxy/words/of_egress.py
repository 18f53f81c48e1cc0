"""The words of failures of the egress proxy, a corporate one, with the advice."""

from proxy.words.entry import Words

OF_EGRESS = {
    "title.egress-failed": Words(
        "The egress proxy did not connect to the upstream",
        "El proxy de salida no se conectó con el servidor de destino",
    ),
    "title.egress-unreachable": Words(
        "The egress proxy cannot be reached", "No hay conexión con el proxy de salida"
    ),
    "title.egress-login": Words(
        "The egress proxy needs other credentials", "El proxy de salida exige otras credenciales"
    ),
    "title.egress-certificate": Words(
        "The egress proxy's certificate is not trusted",
        "El certificado del proxy de salida no es de confianza",
    ),
    "egress-proxy": Words("the egress proxy {authority}", "el proxy de salida {authority}"),
    "egress-silent": Words(
        "{peer} did not answer CONNECT {target} within {seconds} s",
        "{peer} no respondió a CONNECT {target} en {seconds} s",
    ),
    "tunnel-closed": Words("the tunnel to {peer} was closed", "el túnel hacia {peer} se cerró"),
    "egress-closed": Words(
        "{peer} closed the connection during the handshake",
        "{peer} cerró la conexión durante el handshake",
    ),
    "egress-not-http": Words(
        "the egress proxy's response to CONNECT {target} is not valid HTTP",
        "la respuesta del proxy de salida a CONNECT {target} no es HTTP válido",
    ),
    "egress-answered": Words(
        "the egress proxy answered {status} to CONNECT {target}",
        "el proxy de salida respondió {status} a CONNECT {target}",
    ),
    "egress-login-page": Words(
        "{answered}: this network may have a login page",
        "{answered}: es posible que esta red tenga una página de inicio de sesión",
    ),
    "egress-no-proxy": Words(
        "{answered}: it may not be an HTTP proxy",
        "{answered}: es posible que no sea un proxy HTTP",
    ),
    "egress-cannot-reach": Words(
        "{answered}: it cannot reach that host", "{answered}: no puede conectarse con ese host"
    ),
    "egress-forbids": Words(
        "{answered}: it does not allow this connection", "{answered}: no permite esa conexión"
    ),
    "egress-no-basic": Words(
        "{answered}: it asks for {schemes}, but breb-proxy supports Basic only",
        "{answered}: exige {schemes}, pero breb-proxy solo admite Basic",
    ),
    "schemes": Words("{first} and {second}", "{first} y {second}"),
    "egress-wants-login": Words(
        "{answered}: it needs a user and a password", "{answered}: exige usuario y contraseña"
    ),
    "egress-refuses-login": Words(
        "{answered}: it refused the user and password",
        "{answered}: rechazó el usuario y la contraseña",
    ),
    "egress-too-much": Words(
        "the egress proxy sent data after its response to CONNECT {target}",
        "el proxy de salida envió datos después de su respuesta a CONNECT {target}",
    ),
    "egress-no-tunnel": Words(
        "the egress proxy did not open a tunnel to {target}",
        "el proxy de salida no abrió un túnel hacia {target}",
    ),
    "step.check-egress": Words(
        "check BREB_EGRESS_PROXY, and whether that proxy allows connections to the upstream",
        "verifique BREB_EGRESS_PROXY, y si ese proxy permite conexiones al servidor de destino",
    ),
    "step.egress-running": Words(
        "check BREB_EGRESS_PROXY, and whether the egress proxy is running",
        "verifique BREB_EGRESS_PROXY, y si el proxy de salida está en marcha",
    ),
    "step.egress-reaches": Words(
        "check BREB_EGRESS_PROXY; if it is right, ask the administrators of the egress proxy"
        " whether it can reach {target}",
        "verifique BREB_EGRESS_PROXY; si es correcto, pregunte a los administradores del proxy de"
        " salida si puede conectarse con {target}",
    ),
    "step.log-in": Words(
        "open a web page with a browser that uses the same proxy: you may have to log in to the"
        " network first; then check BREB_EGRESS_PROXY",
        "abra una página web con un navegador que use el mismo proxy: es posible que primero deba"
        " iniciar sesión en la red; luego verifique BREB_EGRESS_PROXY",
    ),
    "step.egress-scheme": Words(
        "check the scheme in BREB_EGRESS_PROXY: most proxies need http://; https:// is only for a"
        " proxy that uses TLS itself",
        "verifique el esquema en BREB_EGRESS_PROXY: la mayoría de los proxies usan http://;"
        " https:// es solo para un proxy que acepta conexiones TLS",
    ),
    "step.allow-basic": Words(
        "ask the administrators of the egress proxy to allow Basic, or to allow this machine"
        " without a login; or run a proxy on this machine that can log in there, and set"
        " BREB_EGRESS_PROXY to it",
        "pida a los administradores del proxy de salida que permitan Basic, o el acceso de esta"
        " máquina sin autenticación; o ejecute en esta máquina un proxy que inicie sesión allí, y"
        " configúrelo en BREB_EGRESS_PROXY",
    ),
    "step.egress-no-proxy": Words(
        "check the host and port in BREB_EGRESS_PROXY; if an HTTP proxy is there, ask its"
        " administrators to allow CONNECT to {target}",
        "verifique el host y el puerto en BREB_EGRESS_PROXY; si allí hay un proxy HTTP, pida a sus"
        " administradores que permitan CONNECT a {target}",
    ),
    "step.egress-cannot-reach": Words(
        "check that {target} is right in BREB_BASE_URL; if it is, ask the administrators of the"
        " egress proxy (BREB_EGRESS_PROXY)",
        "verifique que {target} sea correcto en BREB_BASE_URL; si lo es, pregunte a los"
        " administradores del proxy de salida (BREB_EGRESS_PROXY)",
    ),
    "step.allow-connect": Words(
        "ask the administrators of the egress proxy (BREB_EGRESS_PROXY) to allow CONNECT to"
        " {target}",
        "pida a los administradores del proxy de salida (BREB_EGRESS_PROXY) que permitan CONNECT a"
        " {target}",
    ),
    "step.set-egress-login": Words(
        "set BREB_EGRESS_CREDENTIALS=USER:PASSWORD to the user and password for BREB_EGRESS_PROXY",
        "defina BREB_EGRESS_CREDENTIALS=USER:PASSWORD con el usuario y la contraseña de"
        " BREB_EGRESS_PROXY",
    ),
    "step.check-egress-login": Words(
        "check BREB_EGRESS_CREDENTIALS, or the user and password in BREB_EGRESS_PROXY if they are"
        " there",
        "verifique BREB_EGRESS_CREDENTIALS, o el usuario y la contraseña en BREB_EGRESS_PROXY si"
        " están allí",
    ),
}
