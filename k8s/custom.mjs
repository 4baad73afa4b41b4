// Judge KEDA's objects by KEDA's schemas: node k8s/keda.mjs FILE.json
// FILE holds a JSON array of objects, as k8s/check.py leaves them out.
import { readFileSync } from "node:fs";
import { ScaledObject, TriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1";

const kinds = { ScaledObject, TriggerAuthentication };
const objects = JSON.parse(readFileSync(process.argv[2], "utf8"));
let faults = 0;
for (const object of objects) {
  const { apiVersion, kind, ...content } = object;
  try {
    if (apiVersion !== "keda.sh/v1alpha1" || !kinds[kind]) throw new Error("unknown kind");
    new kinds[kind](content).validate();
  } catch (error) {
    faults += 1;
    console.log(`${kind} ${object.metadata?.name}: ${error.message}`);
  }
}
console.log(`${objects.length} objects, ${faults || "no"} faults`);
process.exit(faults || objects.length === 0 ? 1 : 0);
