"""Kubernetes' rules for what is written into pods, so that a fault is found before a pod is made.

From its own validation (staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go and
apis/core/validation), and Argo's one addition: KFP hands labels and annotations to Argo as
parameters, in which `{{` begins a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?", re.ASCII)
_VALUE = re.compile(r"([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?", re.ASCII)
_DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")
_LONGEST_DOMAIN = 253
_ANNOTATION_BYTES = 256 * 1024  # of all together
_OWN = re.compile(
    r"(.*\.)?(kubernetes|k8s)\.io|(workflows\.)?argoproj\.io|pipelines\.kubeflow\.org"
)
POLICIES = ("Always", "IfNotPresent", "Never")
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
_PLACEHOLDER = "has '{{' in it, which Argo would take for the beginning of a placeholder"


def key_problem(key: str) -> str:
    """Says what is wrong with the key of a label, an annotation or a taint; "" if nothing is."""
    domain, slash, name = key.rpartition("/")
    if not _NAME.fullmatch(name):
        return f"'{key}' is not a key such as team or example.com/team, of at most 63 characters"
    if slash and not (_DOMAIN.fullmatch(domain) and len(domain) <= _LONGEST_DOMAIN):
        return f"'{domain}', before the slash of '{key}', is not a domain in small letters"
    return ""


def own_problem(key: str) -> str:
    """Says that a key is not the user's to give to a pod; "" if it is."""
    domain = key.rpartition("/")[0]
    if not _OWN.fullmatch(domain):
        return ""
    return f"'{key}' belongs to {domain}, which gives it itself"


def label_problem(key: str, value: str) -> str:
    """Says what is wrong with a label; "" if nothing is."""
    if not _VALUE.fullmatch(value):
        return (
            f"'{value}' is not the value of a label: use letters, digits, '-', '_' and '.', at "
            "most 63, with a letter or digit at either end"
        )
    return key_problem(key)


def annotation_problem(key: str, value: str) -> str:
    """Says what is wrong with an annotation; "" if nothing is."""
    if "{{" in value:
        return f"the value of '{key}' {_PLACEHOLDER}"
    return key_problem(key)


def annotations_problem(annotations: Mapping[str, str]) -> str:
    """Says that annotations are too long together; "" if they are not."""
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size <= _ANNOTATION_BYTES:
        return ""
    return f"annotations have {size:,} bytes together; Kubernetes takes {_ANNOTATION_BYTES:,}"


def sub_path_problem(path: str) -> str:
    """Says what is wrong with a folder of a volume; "" if nothing is."""
    if path.startswith("/") or ".." in path.split("/"):
        return f"'{path}' is not a folder of the volume, such as team/triptych, without '..'"
    return f"'{path}' {_PLACEHOLDER}" if "{{" in path else ""


def affinity_problem(key: str, operator: str, values: tuple[str, ...]) -> str:
    """Says what is wrong with a condition on the labels of a cluster's node; "" if nothing is."""
    if problem := key_problem(key):
        return problem
    if operator not in OPERATORS:
        return f"'{operator}' is not one of {', '.join(OPERATORS)}"
    if operator in ("Exists", "DoesNotExist") and values:
        return f"{operator} takes no values"
    if operator in ("In", "NotIn") and not values:
        return f"{operator} needs values"
    if operator in ("Gt", "Lt") and not (len(values) == 1 and re.fullmatch(r"-?\d+", values[0])):
        return f"{operator} needs one whole number"
    return next(filter(None, (label_problem(key, value) for value in values)), "")
