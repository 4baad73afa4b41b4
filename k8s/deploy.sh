#!/bin/bash
# Roll one service out, or look first, or go back: k8s/deploy.sh render|diff|apply|rollback
#
# STAGE    dev, qa or prod: an overlay
# SERVICE  api, transcoder, transcriber or notifier; the others stay as they are
# TAG      image tag, of which the registry's digest is deployed, or digest (sha256:…); not for rollback
# KUBECTL  default: kubectl, with the current context
#
# Before anything that runs is changed, a pod of the new version has to prove itself (preflight.py).
# A version that does not become ready all the same is taken back.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
verb=${1:-}
kubectl=${KUBECTL:-kubectl}
tools=../.venv-deploy/bin
patience=900 # seconds; the Jobs' own deadline is shorter

fail() {
    echo "$1" >&2
    exit "${2:-2}"
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

# Print the digest that a tag has in the registry now: a tag may move.
digest_of() {
    local image=$1 tag=$2 host=${1%%/*} region
    case $host in
        *.dkr.ecr.*)
            region=${host#*.dkr.ecr.}
            aws ecr describe-images --registry-id "${host%%.*}" --region "${region%%.*}" \
                --repository-name "${image#*/}" --image-ids "imageTag=$tag" \
                --query 'imageDetails[0].imageDigest' --output text
            ;;
        *)
            if command -v skopeo >/dev/null; then
                skopeo inspect --no-tags --format '{{.Digest}}' "docker://$image:$tag"
            else
                docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image:$tag"
            fi
            ;;
    esac
}

render() {
    local folder image digest=$TAG failed=0
    image=$(sed -n "s#^ *newName: \(.*/$SERVICE\)\$#\1#p" "overlays/$STAGE/kustomization.yaml")
    case $TAG in sha256:*) ;; *) digest=$(digest_of "$image" "$TAG") || digest= ;; esac
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] \
        || fail "the registry knows no image $image:$TAG: push it (make images), or mend the tag"
    folder=$(mktemp -d "overlays/.$STAGE-XXXXXX")
    printf '%s\n' 'apiVersion: kustomize.config.k8s.io/v1beta1' 'kind: Kustomization' \
        "resources: [../$STAGE]" "images: [{name: $image, digest: \"$digest\"}]" \
        > "$folder/kustomization.yaml"
    "$tools/kustomize" "$folder" || failed=$?
    rm -rf "$folder" # not by a trap: a subshell whose last command is another program runs none
    return $failed
}

in_namespace() { "$kubectl" -n "$namespace" "$@"; }

# Start the new version's pods once with --preflight, and wait for what they find.
preflight() {
    local each unproven=""
    for each in $deployments; do
        in_namespace delete job "preflight-$each" --ignore-not-found
    done
    "$tools/python" preflight.py "$SERVICE" <<< "$rendered" | "$kubectl" apply -f -
    for each in $deployments; do
        await "preflight-$each" || unproven="$unproven $each"
    done
    [ -z "$unproven" ] || fail "cannot work here:$unproven; what runs was not changed" 1
}

# Wait for a Job's end and print what it has found; fail where that is not well.
await() {
    local job=$1 ended="" logs until=$((SECONDS + patience))
    while [ -z "$ended" ] && [ $SECONDS -lt $until ]; do
        ended=$(in_namespace get job "$job" \
            -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
        case $ended in *Complete* | *Failed*) ;; *) ended="" && sleep 2 ;; esac
    done
    echo "$job:"
    logs=$(in_namespace logs "job/$job" --tail=-1 2>/dev/null || true)
    if [ -n "$logs" ]; then
        grep -E '^(preflight|configuration): ' <<< "$logs" || tail -n 5 <<< "$logs"
    else # It was never started, or is gone since its deadline.
        in_namespace get events --sort-by=.lastTimestamp | grep "/$job" | tail -n 10 || true
    fi
    case $ended in *Complete*) ;; *) return 1 ;; esac
}

revision_of() {
    in_namespace get deployment "$1" --ignore-not-found \
        -o 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}'
}

# Apply what was rendered, and wait until it is ready.
roll_out() {
    local each
    "$kubectl" apply -f - -l "$label" <<< "$rendered" || return 1
    for each in $deployments; do
        in_namespace rollout status "deployment/$each" --timeout=10m || return 1
    done
}

# Bring back the Deployments as they were, by lines of name and revision on standard input.
take_back() {
    local each revision
    while read -r each revision; do
        if [ -z "$revision" ]; then
            echo "$each ran nothing before: there is nothing to go back to" >&2
        elif [ "$revision" != "$(revision_of "$each")" ]; then
            in_namespace rollout undo "deployment/$each" --to-revision="$revision" < /dev/null
            in_namespace rollout status "deployment/$each" --timeout=10m < /dev/null
            echo "$each runs what it ran before" >&2
        fi
    done
}

case $verb in
    render) render ;;
    diff)
        rendered=$(render)
        # 1 means that there are differences
        "$kubectl" diff -f - -l "$label" <<< "$rendered" || [ $? -eq 1 ]
        ;;
    apply)
        rendered=$(render)
        "$kubectl" get namespace "$namespace" >/dev/null 2>&1 \
            || "$kubectl" apply -f "overlays/$STAGE/namespace.yaml"
        preflight
        before=$(for each in $deployments; do echo "$each $(revision_of "$each")"; done)
        if ! roll_out; then
            take_back <<< "$before"
            fail "$SERVICE did not become ready" 1
        fi
        ;;
    rollback)
        for each in $deployments; do
            in_namespace rollout undo "deployment/$each"
            in_namespace rollout status "deployment/$each" --timeout=10m
        done
        ;;
    *) fail "usage: k8s/deploy.sh render|diff|apply|rollback" ;;
esac
