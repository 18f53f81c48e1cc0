"""The Spanish of the simulator's sentences, which knows nothing of us: by its English.

The tour's titles and the one line before them are in ASCII: what a shell reads may not be UTF-8.
"""

from proxy.words.entry import Words

SIMULATORS = (
    # its start
    Words(
        "Bre-B simulator, made from public documentation; not the real thing",
        "Simulador de Bre-B, hecho con documentación pública; no es el sistema real",
    ),
    Words("page", "página"),
    Words("authority", "autoridad"),
    Words(
        "--tls makes its certificate with trustme, which is not installed; to install it, run:"
        " {python} -m pip install trustme\nOr set --tls-cert and --tls-key.",
        "--tls crea su certificado con trustme, que no está instalado; para instalarlo, ejecute:"
        " {python} -m pip install trustme\nO use --tls-cert y --tls-key.",
    ),
    Words(
        "cannot listen on {address}: {why}; choose another --listen, --host or --port",
        "no se puede escuchar en {address}: {why}; elija otro --listen, --host o --port",
    ),
    # its arguments
    Words(
        "usage: {prog} [options]\n{why}\ntry: {prog} --help",
        "uso: {prog} [opciones]\n{why}\npruebe: {prog} --help",
    ),
    Words("no such option: {option}{meant}", "no existe la opción {option}{meant}"),
    Words("; did you mean {word}?", "; ¿quiso decir {word}?"),
    Words(
        "only options are allowed, and {word} is not an option",
        "solo se admiten opciones, y {word} no es una opción",
    ),
    Words(
        "{text} is not a port: write a number from 0 to 65535",
        "{text} no es un puerto: escriba un número de 0 a 65535",
    ),
    Words(
        "{text} is not an address: write HOST:PORT, as {example}",
        "{text} no es una dirección: escriba HOST:PUERTO, por ejemplo {example}",
    ),
    Words(
        "--listen has both already: remove --host and --port",
        "--listen ya incluye ambos: quite --host y --port",
    ),
    Words(
        "set both --tls-cert and --tls-key, or neither",
        "use --tls-cert y --tls-key juntos, o ninguno de los dos",
    ),
    # the rules for values
    Words(
        "must be an amount of pesos, whole or with two decimals, such as 1500 or 1500.50",
        "debe ser un monto en pesos, entero o con dos decimales, por ejemplo 1500 o 1500.50",
    ),
    Words(
        "must be an amount of pesos, whole or with two decimals, such as 1500",
        "debe ser un monto en pesos, entero o con dos decimales, por ejemplo 1500",
    ),
    Words(
        "must be law, none, or an amount of pesos such as 1500",
        "debe ser law, none o un monto en pesos, por ejemplo 1500",
    ),
    Words(
        "must be the name of a header, such as X-Signature",
        "debe ser el nombre de un encabezado, por ejemplo X-Signature",
    ),
    Words(
        "must be a media type, such as application/json",
        "debe ser un tipo de medio, por ejemplo application/json",
    ),
    Words(
        "must be a URL, such as http://127.0.0.1:5000/events",
        "debe ser una URL, por ejemplo http://127.0.0.1:5000/events",
    ),
    Words("must be a number", "debe ser un número"),
    Words("must be a whole number", "debe ser un número entero"),
    # the tour
    Words("Link a merchant as a customer", "Vincular un comercio como cliente"),
    Words("Link its bank account", "Vincular su cuenta bancaria"),
    Words("Ask who owns a key", "Consultar el titular de una llave"),
    Words("Pay 25,000 pesos", "Pagar 25.000 pesos"),
    Words("See that it is settled", "Ver que el pago fue liquidado"),
    Words("See the balance", "Ver el saldo"),
    Words(
        "Ask again who owns the key: each payment needs a resolution of its own",
        "Consultar otra vez el titular: cada pago necesita su propia consulta",
    ),
    Words(
        "Pay with a key of your own, and lose the answer: was it made?",
        "Pagar con una Idempotency-Key propia y perder la respuesta: queda en duda",
    ),
    Words(
        "Send the same again, with the same key: the proxy finds the payment, and pays once",
        "Enviar lo mismo con la misma Idempotency-Key: el proxy encuentra el pago y paga una vez",
    ),
    Words(
        "See that 25,000 pesos were paid twice in all, and not three times",
        "Ver que se pagaron 25.000 pesos dos veces en total, y no tres",
    ),
)
