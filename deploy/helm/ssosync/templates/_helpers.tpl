{{/* The name of all that is made. */}}
{{- define "ssosync.name" -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "ssosync.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "ssosync.name" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "ssosync.claim" -}}
{{- .Values.state.volume.existingClaim | default (printf "%s-state" (include "ssosync.name" .)) -}}
{{- end -}}

{{- define "ssosync.selector" -}}
app.kubernetes.io/name: ssosync
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ssosync.labels" -}}
{{ include "ssosync.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}
