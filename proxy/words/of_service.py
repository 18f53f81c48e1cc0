"""The words of ``service``: the proxy as a service of Windows."""

from proxy.words.entry import Words

OF_SERVICE = {
    "service.not-here": Words(
        "service is for Windows; here systemd does it: {command} help service",
        "service es para Windows; aquí lo hace systemd: {command} help service",
    ),
    "service.elsewhere": Words(
        "{path} leads elsewhere: remove it", "{path} lleva a otra parte: elimínelo"
    ),
    "service.of-others": Words(
        "{path} belongs to somebody who is no administrator: move it away",
        "{path} es de alguien que no es administrador: muévalo a otra parte",
    ),
    "service.refused": Words("{verb} {name}: {why}", "{verb} {name}: {why}"),
    "service.denied": Words(
        "{verb} {name}: {why}\nopen the command prompt as administrator",
        "{verb} {name}: {why}\nabra el símbolo del sistema como administrador",
    ),
    "service.not-taken": Words(
        "this Windows does not take parts of its configuration: {parts}",
        "este Windows no acepta partes de su configuración: {parts}",
    ),
    "service.installed": Words("installed: {name}", "instalado: {name}"),
    "service.settings": Words("settings:  {file}", "ajustes:   {file}"),
    "service.log": Words("log:       {file}", "registro:  {file}"),
    "service.next": Words(
        "next: client id and secret into the settings, then: net start {name}",
        "ahora: el client id y el secret en los ajustes, y después: net start {name}",
    ),
    "service.uninstalled": Words(
        "uninstalled: {name}; {folder} stays", "desinstalado: {name}; {folder} se queda"
    ),
    "service.no-start": Words(
        "did not start (exit code {code}): {line}", "no arrancó (código de salida {code}): {line}"
    ),
    "service.stopped": Words("stopped", "detenido"),
    "service.starting": Words("starting", "arrancando"),
    "service.stopping": Words("stopping", "deteniéndose"),
    "service.running": Words("running", "en marcha"),
    "service.process": Words("{state}, process {number}", "{state}, proceso {number}"),
    "service.exit-code": Words("{state}, exit code {code}", "{state}, código de salida {code}"),
    "service.by-windows": Words(
        "only Windows starts a service: net start {name}",
        "solo Windows arranca un servicio: net start {name}",
    ),
    "service.slow": Words(
        "{names} has not ended yet: try again later",
        "{names} todavía no termina: intente otra vez más tarde",
    ),
    "service.fails": Words(
        "{names} does not start with this version: see its log",
        "{names} no arranca con esta versión: vea su registro",
    ),
}
