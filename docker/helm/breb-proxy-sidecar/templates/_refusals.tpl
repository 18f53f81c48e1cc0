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
{{- else if or (kindIs "slice" $value) (kindIs "map" $value) -}}
{{- fail (printf "brebProxy.settings.%s is a list or a map: write it as text, as in an environment" $given) -}}
{{- else if not (has $given $known) -}}
{{- fail (printf "brebProxy.settings.%s is not a setting of breb-proxy; the settings are: %s" $given (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- $settings := $own.settings | default dict -}}
{{- $domain := include "breb-proxy-sidecar.passportDomain" . | fromYamlArray | first -}}
{{- $own := splitList "," (toString ($settings.PRODUCTION_HOSTS | default "")) -}}
{{- range $name := list "BASE_URL" "TOKEN_URL" -}}
{{- $host := regexReplaceAll "^https?://([^/:?#]*).*$" (get $settings $name | default "" | toString | trim | lower) "${1}" | trimSuffix "." -}}
{{- $passport := and (hasSuffix (printf ".%s" $domain) (printf ".%s" $host)) (not (has $host (include "breb-proxy-sidecar.sandboxHosts" $ | fromYamlArray))) -}}
{{- range $each := $own -}}
{{- if and $host (eq $host ($each | trim | lower | trimSuffix ".")) -}}{{- $passport = true -}}{{- end -}}
{{- end -}}
{{- if and $passport (ne (toString $settings.ALLOW_PRODUCTION) "true") -}}
{{- fail (printf "brebProxy.settings.%s: %s counts as Passport's production, where real money moves; to use it, set brebProxy.settings.ALLOW_PRODUCTION to true" $name $host) -}}
{{- end -}}
{{- end -}}
{{- end }}
