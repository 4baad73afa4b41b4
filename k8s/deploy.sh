#!/bin/bash
# Roll one service out, or look first, or go back: k8s/deploy.sh render|diff|apply|rollback
#
# STAGE    dev, qa or prod: an overlay
# SERVICE  api, transcoder, transcriber or notifier; the others stay as they are
# TAG      image tag, or digest (sha256:…); not for rollback
# KUBECTL  default: kubectl, with the current context
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
verb=${1:-}
kubectl=${KUBECTL:-kubectl}
kustomize=../.venv-deploy/bin/kustomize

fail() {
    echo "$1" >&2
    exit 2
}
if [ ! -f "overlays/${STAGE:-}/kustomization.yaml" ]; then
    fail "STAGE must be one of: $(cd overlays && echo *)"
fi
case ${SERVICE:-} in
    api) deployments="api-web api-ingest" ;;
    transcoder | transcriber | notifier) deployments=$SERVICE ;;
    *) fail "SERVICE must be one of: api transcoder transcriber notifier" ;;
esac
if [ "$verb" != rollback ] && [ -z "${TAG:-}" ]; then
    fail "TAG must name the image to run: a tag, or sha256:…"
fi
namespace=mentor-upload-$STAGE
# Each object carries the service it belongs to, so one overlay serves for one service alone. What
# all of them need (components/external-secrets) is applied with each.
label="app.kubernetes.io/component in ($SERVICE, shared)"

render() {
    local folder image field
    image=$(sed -n "s#^ *newName: \(.*/$SERVICE\)\$#\1#p" "overlays/$STAGE/kustomization.yaml")
    field=newTag
    case $TAG in sha256:*) field=digest ;; esac
    folder=$(mktemp -d "overlays/.$STAGE-XXXXXX")
    # shellcheck disable=SC2064 # the folder's name is known now
    trap "rm -rf '$folder'" EXIT
    printf '%s\n' 'apiVersion: kustomize.config.k8s.io/v1beta1' 'kind: Kustomization' \
        "resources: [../$STAGE]" "images: [{name: $image, $field: \"$TAG\"}]" \
        > "$folder/kustomization.yaml"
    "$kustomize" "$folder"
}

case $verb in
    render) render ;;
    diff)
        # 1 means that there are differences
        render | "$kubectl" diff -f - -l "$label" || [ $? -eq 1 ]
        ;;
    apply)
        rendered=$(render)
        "$kubectl" get namespace "$namespace" >/dev/null 2>&1 \
            || "$kubectl" apply -f "overlays/$STAGE/namespace.yaml"
        "$kubectl" apply -f - -l "$label" <<< "$rendered"
        for each in $deployments; do
            "$kubectl" -n "$namespace" rollout status "deployment/$each" --timeout=10m || {
                echo "$each did not become ready; back to what ran before: make rollback" \
                    "SERVICE=$SERVICE STAGE=$STAGE" >&2
                exit 1
            }
        done
        ;;
    rollback)
        for each in $deployments; do
            "$kubectl" -n "$namespace" rollout undo "deployment/$each"
            "$kubectl" -n "$namespace" rollout status "deployment/$each" --timeout=10m
        done
        ;;
    *) fail "usage: k8s/deploy.sh render|diff|apply|rollback" ;;
esac
