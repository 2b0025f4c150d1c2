{{- define "point-gateway.labels" -}}
app.kubernetes.io/name: point-gateway
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "point-gateway.name" -}}
{{- printf "%s-%s" .root.Release.Name .component | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The programs that are on, as {name: {port, command, settings, …}}. */}}
{{- define "point-gateway.components" -}}
{{- $all := dict "gateway" (dict "port" 8080 "probes" 9101 "live" "/health/live" "command" (list "/usr/bin/point-gateway" "serve" "--strict")) }}
{{- if .Values.portal.enabled }}
{{- $_ := set $all "portal" (dict "port" 8081 "probes" 8081 "live" "/health" "command" (list "/usr/bin/point-gateway-portal" "--config" "/etc/point-gateway/portal.toml")) }}
{{- end }}
{{- if .Values.municipal.enabled }}
{{- $_ := set $all "municipal" (dict "port" 8082 "probes" 8082 "live" "/health" "command" (list "/usr/bin/point-gateway-municipal" "--config" "/etc/point-gateway/municipal.toml")) }}
{{- end }}
{{- toYaml $all }}
{{- end }}

{{- define "point-gateway.image" -}}
{{ required "image.repository: name the image that deploy/oci/Containerfile makes" .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "point-gateway.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .Values.user }}
  runAsGroup: {{ .Values.user }}
  fsGroup: {{ .Values.user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "point-gateway.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Settings and secrets as one folder, laid out as the package's: a gateway.toml says secrets/NAME here too. */}}
{{- define "point-gateway.settings" -}}
name: settings
projected:
  defaultMode: 0440
  sources:
    - configMap: {name: {{ .configMap }}}
    - secret:
        name: {{ required "secret.name: name the Secret with the keys that values.yaml lists" .root.Values.secret.name }}
        items:
          {{- range .files }}
          - {key: {{ . }}, path: secrets/{{ . }}}
          {{- end }}
{{- end }}
