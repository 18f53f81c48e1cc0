{{- /* A native sidecar: starts first, ends last, does not keep a Job alive. */}}
{{- define "breb-proxy-sidecar.container" -}}
{{- include "breb-proxy-sidecar.refusals" . -}}
{{- $own := .Values.brebProxy | default dict -}}
{{- $image := $own.image | default dict -}}
- name: breb-proxy
  {{- if $image.digest }}
  image: {{ printf "%s@%s" ($image.repository | default "breb-proxy") $image.digest | quote }}
  {{- else }}
  image: {{ printf "%s:%v" ($image.repository | default "breb-proxy") ($image.tag | default "1.0.0") | quote }}
  {{- end }}
  imagePullPolicy: {{ $image.pullPolicy | default "IfNotPresent" | quote }}
  restartPolicy: Always
  ports:
    - { name: breb-admin, containerPort: 8081 }
  env:
    # Probes come to the pod's address. The callers' listener stays on the pod's loopback.
    - { name: BREB_ADMIN_LISTEN, value: "0.0.0.0:8081" }
    - { name: BREB_SECRETS_DIR, value: {{ include "breb-proxy-sidecar.secretsDir" . | quote }} }
    {{- with ($own.caBundle | default dict).configMap }}
    - { name: BREB_CA_BUNDLE, value: {{ printf "/etc/breb-proxy-authorities/%s" ($own.caBundle.key | default "ca.crt") | quote }} }
    {{- end }}
    {{- range $name, $value := $own.settings }}
    {{- if not (kindIs "invalid" $value) }}
    - { name: BREB_{{ $name }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }} }
    {{- end }}
    {{- end }}
    {{- with $own.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $own.extraEnvFrom }}
  envFrom: {{- toYaml . | nindent 4 }}
  {{- end }}
  startupProbe: # the application starts when a token is held, not before
    httpGet: { path: /readyz, port: breb-admin }
    periodSeconds: 1
    timeoutSeconds: 3
    failureThreshold: 120
  readinessProbe:
    httpGet: { path: /readyz, port: breb-admin }
    periodSeconds: 5
    timeoutSeconds: 3
  livenessProbe:
    httpGet: { path: /livez, port: breb-admin }
    periodSeconds: 10
    timeoutSeconds: 3
  {{- if $own.resources }}
  resources: {{- toYaml $own.resources | nindent 4 }}
  {{- else }}
  resources:
    requests: { cpu: 50m, memory: 64Mi }
    limits: { memory: 128Mi }
  {{- end }}
  {{- if $own.securityContext }}
  securityContext: {{- toYaml $own.securityContext | nindent 4 }}
  {{- else }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: { drop: [ALL] }
    seccompProfile: { type: RuntimeDefault }
  {{- end }}
  volumeMounts:
    {{- if include "breb-proxy-sidecar.secret" . }}
    # Never by subPath: such files are not updated when the Secret changes.
    - { name: breb-credentials, mountPath: {{ include "breb-proxy-sidecar.secretsDir" . | quote }}, readOnly: true }
    {{- end }}
    {{- if ($own.caBundle | default dict).configMap }}
    - { name: breb-authorities, mountPath: /etc/breb-proxy-authorities, readOnly: true }
    {{- end }}
    {{- with $own.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- /* Only the proxy mounts them. All may read the credentials there, since the pod's fsGroup, if it
has one, is the application's: the proxy's uid must not depend on it. */}}
{{- define "breb-proxy-sidecar.volumes" -}}
{{- $own := .Values.brebProxy | default dict -}}
{{- with include "breb-proxy-sidecar.secret" . }}
- name: breb-credentials
  secret:
    secretName: {{ . | quote }}
    defaultMode: 0444
    {{- with $own.secretKeys }}
    items:
      {{- range $name := list "BREB_CLIENT_ID" "BREB_CLIENT_SECRET" }}
      - { key: {{ get $own.secretKeys $name | default $name | quote }}, path: {{ $name }} }
      {{- end }}
    {{- end }}
{{- end }}
{{- with ($own.caBundle | default dict).configMap }}
- name: breb-authorities
  configMap: { name: {{ . | quote }} }
{{- end }}
{{- end }}

{{- define "breb-proxy-sidecar.secret" -}}
{{- $own := .Values.brebProxy | default dict -}}
{{- ternary $own.credentialsSecret "breb-proxy-credentials" (hasKey $own "credentialsSecret") -}}
{{- end }}

{{- define "breb-proxy-sidecar.secretsDir" -}}
{{- (.Values.brebProxy | default dict).secretsDir | default "/etc/breb-proxy" -}}
{{- end }}
