{{- /* What a cluster would only say by pods that do not start is said when rendering. */}}
{{- define "breb-proxy.refusals" -}}
{{- $known := include "breb-proxy.settings" . | fromYamlArray -}}
{{- $secrets := include "breb-proxy.secretSettings" . | fromYamlArray -}}
{{- $elsewhere := dict
      "LISTEN" "the pod's port is fixed; callers use service.port"
      "ADMIN_LISTEN" "the pod's port is fixed"
      "ALLOWED_HOSTS" "set allowedHosts"
      "DRAIN_DELAY" "set drainDelay"
      "SHUTDOWN_GRACE" "set shutdownGrace"
      "LEDGER" "set ledger.enabled, which also adds a volume, or database.ledger"
      "DATABASE" "set database.url"
      "DATABASE_CA" "set database.ca"
      "TOKEN_SHARED" "set database.url, with which all replicas share one token"
      "SECRETS_DIR" "set secretsDir" -}}
{{- /* Names that other charts have; the schema lets them through, so that they are told of here. */ -}}
{{- $instead := dict
      "replicaCount" "replicas"
      "imagePullSecrets" "image.pullSecrets"
      "env" "settings, or extraEnv"
      "envFrom" "extraEnvFrom"
      "config" "settings"
      "existingSecret" "credentialsSecret"
      "volumes" "extraVolumes"
      "volumeMounts" "extraVolumeMounts"
      "ingress" "extraObjects, with an Ingress of your own: callers need a key and reach the Service"
      "httpRoute" "extraObjects, with an HTTPRoute of your own: callers need a key and reach the Service" -}}
{{- range $given, $ours := $instead -}}
{{- if hasKey $.Values $given -}}
{{- fail (printf "%s is not a value of this chart: use %s" $given $ours) -}}
{{- end -}}
{{- end -}}
{{- $settings := default dict .Values.settings -}}
{{- range $given, $value := $settings -}}
{{- $name := trimPrefix "BREB_" $given -}}
{{- if has $name $secrets -}}
{{- fail (printf "settings.%s is a secret, and chart values are not secret: put BREB_%s into a Secret, and set credentialsSecret, callerKeySecret or moreSecrets to its name" $given $name) -}}
{{- else if hasKey $elsewhere $name -}}
{{- fail (printf "settings.%s cannot be set here: %s" $given (get $elsewhere $name)) -}}
{{- else if ne $name $given -}}
{{- fail (printf "settings.%s: write names without BREB_: settings.%s" $given $name) -}}
{{- else if not (has $given $known) -}}
{{- fail (printf "settings.%s is not a setting of breb-proxy; the settings are: %s" $given (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- $domain := include "breb-proxy.passportDomain" . | fromYamlArray | first -}}
{{- $own := splitList "," (toString ($settings.PRODUCTION_HOSTS | default "")) -}}
{{- range $name := list "BASE_URL" "TOKEN_URL" -}}
{{- $host := regexReplaceAll "^https?://([^/:?#]*).*$" (get $settings $name | default "" | toString | trim | lower) "${1}" | trimSuffix "." -}}
{{- $passport := and (hasSuffix (printf ".%s" $domain) (printf ".%s" $host)) (not (has $host (include "breb-proxy.sandboxHosts" $ | fromYamlArray))) -}}
{{- range $each := $own -}}
{{- if and $host (eq $host ($each | trim | lower | trimSuffix ".")) -}}{{- $passport = true -}}{{- end -}}
{{- end -}}
{{- if and $passport (ne (toString $settings.ALLOW_PRODUCTION) "true") -}}
{{- fail (printf "settings.%s: %s counts as Passport's production, where real money moves; to use it, set settings.ALLOW_PRODUCTION to true" $name $host) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.tls.secret $settings.TLS_CERT -}}
{{- fail "tls.secret and settings.TLS_CERT are two certificates: set only one of them" -}}
{{- end -}}
{{- if and .Values.database.ca.configMap .Values.database.ca.secret -}}
{{- fail "database.ca.configMap and database.ca.secret are two bundles: set only one of them" -}}
{{- end -}}
{{- if and (not .Values.database.url) (or .Values.database.ledger .Values.database.passwordSecret .Values.database.ca.configMap .Values.database.ca.secret) -}}
{{- fail "database.ledger, database.passwordSecret and database.ca need database.url" -}}
{{- end -}}
{{- if and .Values.database.ledger .Values.ledger.enabled -}}
{{- fail "ledger.enabled and database.ledger are two ledgers: set only one of them" -}}
{{- end -}}
{{- if and .Values.caBundle.configMap .Values.caBundle.secret -}}
{{- fail "caBundle.configMap and caBundle.secret are two bundles: set only one of them" -}}
{{- end -}}
{{- if and (or .Values.caBundle.configMap .Values.caBundle.secret) $settings.CA_BUNDLE -}}
{{- fail "caBundle and settings.CA_BUNDLE are two bundles: set only one of them" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- end }}
