"""The words of traces: of the OTEL_* variables, and of the collector."""

from proxy.words.entry import Words

OF_TRACES = {
    "traces.ignored": Words(
        "{name} is ignored: {why}; used instead: {default}",
        "{name} se ignora: {why}; en su lugar: {default}",
    ),
    "traces.one-of": Words("must be one of {known}", "debe ser uno de {known}"),
    "traces.number": Words(
        "must be a whole number from {least} to {most}",
        "debe ser un número entero de {least} a {most}",
    ),
    "traces.ratio": Words("must be a number from 0 to 1", "debe ser un número de 0 a 1"),
    "traces.sampler": Words(
        "must be always_on, always_off or traceidratio, or one of them after parentbased_",
        "debe ser always_on, always_off o traceidratio, o uno de ellos tras parentbased_",
    ),
    "traces.exporters": Words("must be otlp or none", "debe ser otlp o none"),
    "traces.left-out": Words("the list without {it}", "la lista sin {it}"),
    "traces.off": Words("no traces", "sin trazas"),
    "traces.pairs": Words(
        "must be NAME=VALUE,NAME=VALUE, percent-encoded",
        "debe ser NOMBRE=VALOR,NOMBRE=VALOR, con codificación porcentual",
    ),
    "traces.header": Words(
        "one of its headers has a character that no header may have",
        "uno de sus encabezados tiene un carácter que ningún encabezado puede tener",
    ),
    "traces.header-ours": Words("the proxy sets {header} itself", "el proxy mismo define {header}"),
    "traces.without-it": Words("the others", "los demás"),
    "traces.circle": Words("the proxy itself listens there", "ahí escucha el proxy mismo"),
    "traces.late": Words(
        "no answer of the collector within {seconds} s",
        "el colector no respondió en {seconds} s",
    ),
    "check.traces": Words("traces", "trazas"),
    "check.of-collector": Words("collector", "colector"),
    "check.traces-ignored": Words(
        "some of the OTEL_ variables are ignored", "algunas de las variables OTEL_ se ignoran"
    ),
    "check.traces-taken": Words(
        "takes traces; sampled: {sampler}", "recibe trazas; muestreo: {sampler}"
    ),
    "check.traces-not-taken": Words("does not take traces: {why}", "no recibe trazas: {why}"),
    "check.traces-advice": Words(
        "requests are served all the same; see OTEL_EXPORTER_OTLP_ENDPOINT and"
        " OTEL_EXPORTER_OTLP_HEADERS ({command} help tracing)",
        "las peticiones se atienden igual; vea OTEL_EXPORTER_OTLP_ENDPOINT y"
        " OTEL_EXPORTER_OTLP_HEADERS ({command} help tracing)",
    ),
    "check.traces-grpc": Words(
        "port 4317 is for gRPC, which the proxy does not speak: OTLP over HTTP is on 4318",
        "el puerto 4317 es para gRPC, que el proxy no habla: OTLP por HTTP está en 4318",
    ),
    "traces.status": Words("the collector answers {status}", "el colector responde {status}"),
}
