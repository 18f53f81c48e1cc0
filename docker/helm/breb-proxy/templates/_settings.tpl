{{- /* Made by tools/chart.py. */ -}}
{{- define "breb-proxy.settings" -}}
["ACCEPT_LANGUAGE", "ACCESS_LOG", "ALLOW", "ALLOWED_ORIGINS", "ALLOW_INSECURE_UPSTREAM", "ALLOW_OPEN_LISTENER", "ALLOW_PRODUCTION", "BASE_URL", "CA_BUNDLE", "CLIENT_CERT", "CLIENT_CERT_KEY", "CONNECT_TIMEOUT", "CONSOLE", "DENY", "EGRESS_PROXY", "HEADER_TIMEOUT", "IDLE_TIMEOUT", "LOG_FORMAT", "LOG_LEVEL", "MAX_BODY", "MAX_CALLERS", "MAX_CONNECTIONS", "QUEUE_TIMEOUT", "READ_TIMEOUT", "REDACT", "REPLAY_LIMIT", "REVOKE_TOKENS", "SERVER_TIMING", "TLS_CERT", "TLS_KEY", "TOKEN_LIFETIME", "TOKEN_MAX_AGE", "TOKEN_TIMEOUT", "TOKEN_URL", "TOKEN_WAIT", "WRITE_TIMEOUT"]
{{- end }}

{{- define "breb-proxy.secretSettings" -}}
["CALLER_KEY", "CLIENT_ID", "CLIENT_SECRET", "EGRESS_CREDENTIALS"]
{{- end }}

{{- define "breb-proxy.productionHosts" -}}
["api.paas.co.passportfintech.com"]
{{- end }}
