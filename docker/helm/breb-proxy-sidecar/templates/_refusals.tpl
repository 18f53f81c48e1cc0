{{- /* What a cluster would only say by pods that do not start is said when rendering. */}}
{{- define "breb-proxy-sidecar.refusals" -}}
{{- $own := .Values.brebProxy | default dict -}}
{{- $known := include "breb-proxy-sidecar.settings" . | fromYamlArray -}}
{{- $secrets := include "breb-proxy-sidecar.secretSettings" . | fromYamlArray -}}
{{- range $given, $value := $own.settings -}}
{{- $name := trimPrefix "BREB_" $given -}}
{{- if has $name $secrets -}}
{{- fail (printf "brebProxy.settings.%s is a secret, and chart values are not secret: put BREB_%s into the Secret of brebProxy.credentialsSecret" $given $name) -}}
{{- else if eq $name "ADMIN_LISTEN" -}}
{{- fail (printf "brebProxy.settings.%s cannot be set here: the probes need its port" $given) -}}
{{- else if ne $name $given -}}
{{- fail (printf "brebProxy.settings.%s: write names without BREB_: %s" $given $name) -}}
{{- else if not (has $given $known) -}}
{{- fail (printf "brebProxy.settings.%s is not a setting of breb-proxy; the settings are: %s" $given (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- $settings := $own.settings | default dict -}}
{{- range $host := include "breb-proxy-sidecar.productionHosts" . | fromYamlArray -}}
{{- if and (regexMatch (printf "^https?://%s([:/]|$)" (replace "." "\\." $host)) ($settings.BASE_URL | default "" | lower)) (ne (toString $settings.ALLOW_PRODUCTION) "true") -}}
{{- fail (printf "brebProxy.settings.BASE_URL: %s is Passport's production host, where real money moves; to use it, set brebProxy.settings.ALLOW_PRODUCTION to true" $host) -}}
{{- end -}}
{{- end -}}
{{- end }}
