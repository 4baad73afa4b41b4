#!/bin/bash
# Create or update a stage's AWS side, and write what it is called into the stage's overlay.
#
# STAGE       dev, qa or prod
# PARAMETERS  further parameters of template.yaml: "OidcProviderArn=… AllowedOrigins=…"; those given
#             before keep their values
# Needs the AWS command line (version 2) with credentials of the account.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ ! -d "k8s/overlays/${STAGE:-}" ] || [ -z "${STAGE:-}" ]; then
    echo "STAGE must be one of: $(cd k8s/overlays && echo *)" >&2
    exit 2
fi
read -ra more <<< "${PARAMETERS:-}"

aws cloudformation deploy --stack-name "mentor-upload-$STAGE" --template-file infra/template.yaml \
    --capabilities CAPABILITY_NAMED_IAM --no-fail-on-empty-changeset \
    --parameter-overrides "Stage=$STAGE" "${more[@]+"${more[@]}"}"
aws cloudformation describe-stacks --stack-name "mentor-upload-$STAGE" --output json \
    | .venv/bin/python infra/settings.py "k8s/overlays/$STAGE"
