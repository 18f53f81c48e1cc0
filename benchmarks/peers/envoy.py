"""Envoy with its own filter for the same job: OAuth 2.0 client credentials, injected."""

import json
from typing import Any

from benchmarks import tools
from benchmarks.model import Contender, Place
from benchmarks.process import Command

TYPE = "type.googleapis.com/envoy.extensions"
HCM = f"{TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager"
INJECTOR = f"{TYPE}.filters.http.credential_injector.v3.CredentialInjector"
OAUTH2 = f"{TYPE}.http.injected_credentials.oauth2.v3.OAuth2"
FILE_LOG = f"{TYPE}.access_loggers.file.v3.FileAccessLog"
ROUTER = f"{TYPE}.filters.http.router.v3.Router"
TLS = f"{TYPE}.transport_sockets.tls.v3.UpstreamTlsContext"


def command(place: Place) -> Command:
    config = place.folder / "envoy.json"
    config.write_text(json.dumps(_bootstrap(place)))
    envoy = str(tools.cached("native", "envoy"))
    flags = ("--concurrency", "1", "--disable-hot-restart", "--log-level", "warning")
    return Command((envoy, "-c", str(config), *flags))


def _bootstrap(place: Place) -> dict[str, Any]:
    return {
        "static_resources": {
            "listeners": [
                {
                    "name": "callers",
                    "address": _address(place.port),
                    "filter_chains": [{"filters": [_manager(place)]}],
                }
            ],
            "clusters": [_cluster(place)],
            "secrets": [
                {
                    "name": "client-secret",
                    "generic_secret": {"secret": {"inline_string": "benchmark-secret"}},
                }
            ],
        }
    }


def _manager(place: Place) -> dict[str, Any]:
    return {
        "name": "http",
        "typed_config": {
            "@type": HCM,
            "stat_prefix": "callers",
            # In Envoy's favour: it need not invent an id for each request.
            "generate_request_id": False,
            "access_log": [
                {
                    "name": "file",
                    "typed_config": {"@type": FILE_LOG, "path": str(place.folder / "access.log")},
                }
            ],
            "http_filters": [
                {"name": "inject", "typed_config": _injector(place)},
                {"name": "router", "typed_config": {"@type": ROUTER}},
            ],
            "route_config": {
                "virtual_hosts": [
                    {
                        "name": "all",
                        "domains": ["*"],
                        "routes": [
                            {
                                "match": {"prefix": "/"},
                                "route": {"cluster": "upstream", "timeout": "0s"},
                            }
                        ],
                    }
                ]
            },
        },
    }


def _injector(place: Place) -> dict[str, Any]:
    credential = {
        "@type": OAUTH2,
        "token_endpoint": {
            "uri": f"{place.origin}/v1/iam/oauth/tokens",
            "cluster": "upstream",
            "timeout": "5s",
        },
        "client_credentials": {
            "client_id": "benchmark",
            "client_secret": {"name": "client-secret"},
        },
    }
    return {
        "@type": INJECTOR,
        "overwrite": True,
        "credential": {"name": "oauth2", "typed_config": credential},
    }


def _cluster(place: Place) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(place.upstream_port)}}
    cluster: dict[str, Any] = {
        "name": "upstream",
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": "upstream",
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }
    if place.tls:
        trusted = {
            "trusted_ca": {"filename": str(place.authority)},
            "match_typed_subject_alt_names": [
                {"san_type": "IP_ADDRESS", "matcher": {"exact": "127.0.0.1"}}
            ],
        }
        cluster["transport_socket"] = {
            "name": "tls",
            "typed_config": {
                "@type": TLS,
                "common_tls_context": {"validation_context": trusted},
            },
        }
    return cluster


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


ENVOY = Contender(
    name="envoy",
    label="Envoy",
    setup="credential_injector with the oauth2 credential, --concurrency 1, file access log",
    installed=lambda: tools.cached("native", "envoy").exists(),
    version=lambda: tools.first_version(str(tools.cached("native", "envoy")), "--version"),
    command=command,
)
