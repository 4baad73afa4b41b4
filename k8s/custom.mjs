// Judge objects of custom resources by their definitions' schemas: node k8s/custom.mjs FILE.json
// FILE holds a JSON array of objects, as k8s/check.py leaves them out.
import { readFileSync } from "node:fs";
import * as secrets from "@kubernetes-models/external-secrets/external-secrets.io/v1";
import * as gateway from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1";
import * as keda from "@kubernetes-models/keda/keda.sh/v1alpha1";
import * as monitoring from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";

const versions = {
  "external-secrets.io/v1": secrets,
  "gateway.networking.k8s.io/v1": gateway,
  "keda.sh/v1alpha1": keda,
  "monitoring.coreos.com/v1": monitoring,
};
const objects = JSON.parse(readFileSync(process.argv[2], "utf8"));
let faults = 0;
for (const { apiVersion, kind, ...content } of objects) {
  try {
    const known = versions[apiVersion]?.[kind];
    if (!known) throw new Error(`unknown kind of ${apiVersion}`);
    new known(content).validate();
  } catch (error) {
    faults += 1;
    console.log(`${kind} ${content.metadata?.name}: ${error.message}`);
  }
}
console.log(`${objects.length} objects, ${faults || "no"} faults`);
process.exit(faults || objects.length === 0 ? 1 : 0);
