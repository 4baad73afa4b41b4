#!/bin/sh
# Print the alert rules as the Prometheus operator takes them: k8s/observe/operator/rules.sh | kubectl apply -f -
cat <<'HEAD'
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: mentor-upload
  namespace: monitoring
  labels:
    app.kubernetes.io/part-of: mentor-upload
spec:
HEAD
sed 's/^./  &/' "$(dirname "$0")/../rules.yaml"
