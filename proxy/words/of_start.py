"""The words of failures to listen, with the advice."""

from proxy.words.entry import Words

OF_START = {
    "cannot-listen": Words(
        "cannot listen on {address}: {why}", "no se puede abrir {address}: {why}"
    ),
    "cannot-listen.step": Words("{what}; {step}", "{what}; {step}"),
    "of-setting": Words("{what} ({setting})", "{what} ({setting})"),
    "port-in-use": Words("the port is in use", "el puerto está en uso"),
    "port-not-allowed": Words("not allowed", "no está permitido"),
    "port-reserved": Words(
        "Windows does not allow it: another program has the port for itself, or it is reserved",
        "Windows no lo permite: otro programa tiene el puerto para sí, o está reservado",
    ),
    "address-not-here": Words(
        "no such address on this machine", "esta máquina no tiene esa dirección"
    ),
    "no-directory": Words(
        "there is no directory {directory}", "no existe el directorio {directory}"
    ),
    "not-a-socket": Words(
        "the file exists and is not a socket", "el archivo existe y no es un socket"
    ),
    "socket-in-use": Words("another process listens there", "otro proceso escucha ahí"),
    "step.free-port": Words(
        "stop the program that uses it, or choose another port",
        "detenga el programa que lo usa, o elija otro puerto",
    ),
    "step.higher-port": Words("choose a port above 1023", "elija un puerto mayor que 1023"),
    "step.reserved-ports": Words(
        "choose another port (netsh int ipv4 show excludedportrange tcp lists those reserved)",
        "elija otro puerto (netsh int ipv4 show excludedportrange tcp muestra los reservados)",
    ),
    "step.own-address": Words(
        "use 127.0.0.1, or an address that this machine has",
        "use 127.0.0.1, o una dirección que esta máquina tenga",
    ),
    "step.make-directory": Words("make it, or name another path", "créelo, o indique otra ruta"),
    "step.other-path": Words("name another path", "indique otra ruta"),
}
