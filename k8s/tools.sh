#!/bin/sh
# Install what checks manifests, templates and Dockerfiles into .venv-deploy, at pinned versions.
# kubectl (with kustomize 5) and node are taken from the machine where it has them.
set -eu
cd "$(dirname "$0")/.."
bin=.venv-deploy/bin

"$bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes -r k8s/tools.lock
if kubectl version --client 2>/dev/null | grep -q 'Kustomize Version: v5'; then
    # Called by one name everywhere, whatever it comes from.
    printf '#!/bin/sh\nexec kubectl kustomize "$@"\n' > "$bin/kustomize"
    chmod +x "$bin/kustomize"
else
    echo "kubectl with kustomize 5 is missing; building kustomize (two minutes, once)"
    "$bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes -r k8s/go.lock
    if ! GOBIN=$PWD/$bin GOFLAGS=-trimpath "$bin/go" install sigs.k8s.io/kustomize/kustomize/v5@v5.5.0; then
        # Everything else can be tested all the same; what renders manifests says that it cannot.
        echo "kustomize could not be built: tests of the manifests are skipped, deployments refused." >&2
        echo "Install kubectl 1.27 or later, remove .venv-deploy and try again." >&2
        exit 0
    fi
    mv "$bin/kustomize" "$bin/kustomize-binary"
    printf '#!/bin/sh\nexec "%s/%s/kustomize-binary" build "$@"\n' "$PWD" "$bin" > "$bin/kustomize"
    chmod +x "$bin/kustomize"
fi
