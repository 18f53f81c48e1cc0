{{- define "breb-proxy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "breb-proxy.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "breb-proxy.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "breb-proxy.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "breb-proxy.selector" -}}
app.kubernetes.io/name: {{ include "breb-proxy.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "breb-proxy.labels" -}}
{{ include "breb-proxy.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* What every object begins with: name, namespace, labels, annotations. A dict of the root
context, a suffix of the name, and what it has besides in labels and annotations. */}}
{{- define "breb-proxy.metadata" -}}
{{- $root := .root -}}
{{- /* One suffix of eight characters fits, whatever the name's length. */ -}}
name: {{ printf "%s%s" (include "breb-proxy.fullname" $root | trunc (sub 63 (len (default "" .suffix)) | int) | trimSuffix "-") (default "" .suffix) | quote }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- mergeOverwrite (include "breb-proxy.labels" $root | fromYaml) (default dict .labels) | toYaml | nindent 2 }}
{{- with mergeOverwrite dict (default dict $root.Values.commonAnnotations) (default dict .annotations) }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "breb-proxy.image" -}}
{{- /* A repository that names a registry, as container tools see it, keeps its own. */ -}}
{{- $host := splitList "/" .Values.image.repository | first -}}
{{- $named := and (contains "/" .Values.image.repository) (or (contains "." $host) (contains ":" $host) (eq $host "localhost")) -}}
{{- with dig "imageRegistry" "" (default dict .Values.global) -}}
{{- if not $named -}}{{ trimSuffix "/" . }}/{{- end -}}
{{- end -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "breb-proxy.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "breb-proxy.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "breb-proxy.hosts" -}}
{{- $name := include "breb-proxy.fullname" . -}}
{{- $space := printf "%s.%s" $name .Release.Namespace -}}
{{- concat (list $name $space (printf "%s.svc" $space) (printf "%s.svc.cluster.local" $space)) (default list .Values.allowedHosts) | join "," -}}
{{- end }}

{{- define "breb-proxy.scheme" -}}
{{- ternary "https" "http" (or .Values.tls.secret (default dict .Values.settings).TLS_CERT | not | not) }}
{{- end }}

{{- define "breb-proxy.port" -}}
{{- .Values.service.port | default (ternary 443 80 (eq (include "breb-proxy.scheme" .) "https")) }}
{{- end }}

{{- /* The files of the Secrets in one directory; nothing if they come another way. */}}
{{- define "breb-proxy.secrets" -}}
{{- $keys := .Values.secretKeys -}}
{{- $credentials := default "" .Values.credentialsSecret -}}
{{- $callerKey := default "" .Values.callerKeySecret -}}
{{- $own := dict $credentials (list "BREB_CLIENT_ID" "BREB_CLIENT_SECRET") -}}
{{- $_ := set $own $callerKey (concat (get $own $callerKey | default list) (list "BREB_CALLER_KEY")) -}}
{{- range $secret := concat (list $credentials $callerKey .Values.database.passwordSecret) (default list .Values.moreSecrets) | compact | uniq }}
{{- $mapped := dict }}
{{- range $name, $key := $keys }}
{{- if has $name (get $own $secret | default list) }}{{ $_ := set $mapped $name $key }}{{ end }}
{{- end }}
- secret:
    name: {{ $secret | quote }}
    {{- if $mapped }}
    items: # a Secret that is mapped shows these keys alone
      {{- range $name := get $own $secret }}
      - { key: {{ get $mapped $name | default $name | quote }}, path: {{ $name }} }
      {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{- define "breb-proxy.volumes" -}}
{{- with include "breb-proxy.secrets" . | trim }}
- name: credentials
  projected:
    defaultMode: 0440
    sources: {{- . | nindent 6 }}
{{- end }}
{{- with .Values.tls.secret }}
- name: tls
  secret: { secretName: {{ . | quote }}, defaultMode: 0440 }
{{- end }}
{{- with .Values.caBundle.configMap }}
- name: authorities
  configMap: { name: {{ . | quote }} }
{{- else with .Values.caBundle.secret }}
- name: authorities
  secret: { secretName: {{ . | quote }}, defaultMode: 0444 }
{{- end }}
{{- with .Values.database.ca.configMap }}
- name: database-authorities
  configMap: { name: {{ . | quote }} }
{{- else with .Values.database.ca.secret }}
- name: database-authorities
  secret: { secretName: {{ . | quote }}, defaultMode: 0444 }
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "breb-proxy.kind" -}}
{{ ternary "StatefulSet" "Deployment" .Values.ledger.enabled }}
{{- end }}

{{- define "breb-proxy.mounts" -}}
{{- if .Values.ledger.enabled }}
- { name: ledger, mountPath: /var/lib/breb-proxy }
{{- end }}
{{- if include "breb-proxy.secrets" . | trim }}
- { name: credentials, mountPath: {{ .Values.secretsDir | quote }}, readOnly: true }
{{- end }}
{{- if .Values.tls.secret }}
- { name: tls, mountPath: /etc/breb-proxy-tls, readOnly: true }
{{- end }}
{{- if or .Values.caBundle.configMap .Values.caBundle.secret }}
- { name: authorities, mountPath: /etc/breb-proxy-authorities, readOnly: true }
{{- end }}
{{- if or .Values.database.ca.configMap .Values.database.ca.secret }}
- { name: database-authorities, mountPath: /etc/breb-proxy-database, readOnly: true }
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "breb-proxy.env" -}}
- { name: BREB_LISTEN, value: "0.0.0.0:8080" }
- { name: BREB_ADMIN_LISTEN, value: "0.0.0.0:8081" }
- { name: BREB_SECRETS_DIR, value: {{ .Values.secretsDir | quote }} }
- { name: BREB_ALLOWED_HOSTS, value: {{ include "breb-proxy.hosts" . | quote }} }
{{- if .Values.ledger.enabled }}
- { name: BREB_LEDGER, value: /var/lib/breb-proxy/ledger.db }
{{- end }}
- { name: BREB_DRAIN_DELAY, value: {{ .Values.drainDelay | quote }} }
- { name: BREB_SHUTDOWN_GRACE, value: {{ .Values.shutdownGrace | quote }} }
{{- if .Values.tls.secret }}
- { name: BREB_TLS_CERT, value: /etc/breb-proxy-tls/tls.crt }
- { name: BREB_TLS_KEY, value: /etc/breb-proxy-tls/tls.key }
{{- end }}
{{- if or .Values.caBundle.configMap .Values.caBundle.secret }}
- { name: BREB_CA_BUNDLE, value: {{ printf "/etc/breb-proxy-authorities/%s" .Values.caBundle.key | quote }} }
{{- end }}
{{- with .Values.database.url }}
- { name: {{ ternary "BREB_LEDGER" "BREB_DATABASE" $.Values.database.ledger }}, value: {{ . | quote }} }
- { name: BREB_TOKEN_SHARED, value: "true" }
{{- end }}
{{- if or .Values.database.ca.configMap .Values.database.ca.secret }}
- { name: BREB_DATABASE_CA, value: {{ printf "/etc/breb-proxy-database/%s" .Values.database.ca.key | quote }} }
{{- end }}
{{- range $name, $value := .Values.settings }}
- { name: BREB_{{ $name }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }} }
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "breb-proxy.probe" -}}
{{- mergeOverwrite (dict "timeoutSeconds" 3 "httpGet" (dict "path" .path "port" "admin")) .timing (default dict .own) | toYaml }}
{{- end }}
