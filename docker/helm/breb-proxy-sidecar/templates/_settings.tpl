{{- /* Made by tools/chart.py. */ -}}
{{- define "breb-proxy-sidecar.settings" -}}
["ACCEPT_LANGUAGE", "ACCESS_LOG", "ADMIN_LISTEN", "ALLOW", "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "ALLOW_INSECURE_UPSTREAM", "ALLOW_OPEN_LISTENER", "ALLOW_OVERRIDES", "ALLOW_PRODUCTION", "BASE_URL", "CA_BUNDLE", "CLIENT_CERT", "CLIENT_CERT_KEY", "CONNECT_TIMEOUT", "CONSOLE", "CONSOLE_EXCHANGES", "DATABASE", "DATABASE_CA", "DENY", "DRAIN_DELAY", "EGRESS_PROXY", "HALF_CLOSE_TIMEOUT", "HEADER_TIMEOUT", "IDEMPOTENCY", "IDEMPOTENCY_HOURS", "IDLE_TIMEOUT", "LEDGER", "LEDGER_ASK", "LEDGER_DAYS", "LEDGER_FIELDS", "LEDGER_MIB", "LISTEN", "LOG_FORMAT", "LOG_LEVEL", "MAX_BODY", "MAX_CALLERS", "MAX_CONNECTIONS", "MEMORY_BUDGET", "PRODUCTION_HOSTS", "QUEUE_TIMEOUT", "READ_TIMEOUT", "REDACT", "REPEATS", "REPLAY_LIMIT", "REVOKE_TOKENS", "SERVER_TIMING", "SHUTDOWN_GRACE", "TLS_CERT", "TLS_KEY", "TOKEN_ENDPOINT", "TOKEN_LIFETIME", "TOKEN_MAX_AGE", "TOKEN_SHARED", "TOKEN_TIMEOUT", "TOKEN_URL", "TOKEN_WAIT", "WAIT_FOR_FINAL", "WRITE_TIMEOUT"]
{{- end }}

{{- define "breb-proxy-sidecar.secretSettings" -}}
["CALLER_KEY", "CLIENT_ID", "CLIENT_SECRET", "DATABASE_PASSWORD", "EGRESS_CREDENTIALS"]
{{- end }}

{{- define "breb-proxy-sidecar.sandboxHosts" -}}
["api.paas-sandbox.co.passportfintech.com", "api.paas.demo.co.passportfintech.com", "api.paas.sandbox.co.passportfintech.com", "bre-b-develop.api.visionamos.passportfintech.com", "bre-b-sandbox.api.visionamos.passportfintech.com"]
{{- end }}

{{- define "breb-proxy-sidecar.passportDomain" -}}
["passportfintech.com"]
{{- end }}
