"""Says what is wrong with files for Kubernetes and for Docker Compose; exits 1 if anything is.

Kubernetes's own kinds are held against its published schemas, in which no field may be that is not
there; those of operators against custom-resources.yaml; and a Compose file is read by a parser of
the Compose Specification.
"""

import re
import sys
from pathlib import Path

import compose_spec
import jsonschema
import kubernetes_validate
import yaml

# The version of Kubernetes.
VERSION = "1.33"

CUSTOM = yaml.safe_load(
    Path(__file__).with_name("custom-resources.yaml").read_text()
)


def main():
    wrong = [
        f"{path}: {problem}" for path in sys.argv[1:] for problem in problems(Path(path))
    ]
    print("\n".join(wrong) or "ok")
    sys.exit(1 if wrong else 0)


def problems(path):
    text = path.read_text()
    if path.name.startswith("compose"):
        return of_compose(text)
    return [
        f"{manifest.get('kind')}: {problem}"
        for manifest in yaml.safe_load_all(text)
        for problem in of_manifest(manifest)
    ]


def of_compose(text):
    # What Compose itself does first: variables get values, and doubled dollars become single ones.
    text = re.sub(r"\$\{(\w+)[^}]*\}", "1000:1000", text).replace("$$", "$")
    try:
        compose_spec.PyCompose.from_yaml(text)
    except ValueError as error:
        return [str(error)]
    return []


def of_manifest(manifest):
    kind = manifest.get("kind")
    if kind not in CUSTOM:
        return of_kubernetes(manifest)
    schema = {"additionalProperties": False, **CUSTOM[kind], "$defs": CUSTOM["$defs"]}
    validator = jsonschema.Draft202012Validator(schema)
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(manifest)]
    if found:
        return found
    return [problem for inner in within(manifest) for problem in of_kubernetes(inner)]


def of_kubernetes(manifest):
    try:
        kubernetes_validate.validate(manifest, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message}"]
    return []


def within(manifest):
    """The parts of a custom resource that are Kubernetes's own, in manifests of their own."""
    spec = manifest["spec"]
    metadata = {"name": "part"}
    if manifest["kind"] == "RabbitmqCluster":
        override = spec.get("override", {}).get("statefulSet", {}).get("spec", {})
        pod = override.get("template", {}).get("spec", {"containers": []})
        pod = {**pod, "affinity": spec.get("affinity", {})}
        labels = {"part": "pod"}
        yield {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        }
    if manifest["kind"] == "ScaledObject":
        scaling = spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
        yield {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": metadata,
            "spec": {
                "maxReplicas": 1,
                "scaleTargetRef": {"kind": "Deployment", "name": "part"},
                **scaling,
            },
        }


main()
