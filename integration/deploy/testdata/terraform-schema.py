"""Cuts terraform-schema.json out of what the CDK for Terraform publishes of the providers' schemas.

  pip download --no-deps cdktf-cdktf-provider-aws==21.22.1 cdktf-cdktf-provider-google==16.12.1
  python3 terraform-schema.py *.whl > terraform-schema.json

Only the types that deploy/terraform uses are kept: the whole is 230 MB.
"""

import io
import json
import re
import sys
import tarfile
import zipfile

USED = {
    "aws": [
        "resource/cloudwatch_log_group",
        "resource/cloudwatch_log_metric_filter",
        "resource/cloudwatch_metric_alarm",
        "resource/iam_role",
        "resource/iam_role_policy",
        "resource/lambda_function",
        "resource/lambda_function_event_invoke_config",
        "resource/s3_bucket",
        "resource/s3_bucket_lifecycle_configuration",
        "resource/s3_bucket_ownership_controls",
        "resource/s3_bucket_policy",
        "resource/s3_bucket_public_access_block",
        "resource/s3_bucket_server_side_encryption_configuration",
        "resource/s3_bucket_versioning",
        "resource/scheduler_schedule",
        "resource/secretsmanager_secret",
        "resource/secretsmanager_secret_version",
        "resource/sqs_queue",
        "data/caller_identity",
        "data/iam_policy_document",
        "data/partition",
    ],
    "google": [
        "resource/iam_workload_identity_pool",
        "resource/iam_workload_identity_pool_provider",
        "resource/project_service",
        "resource/service_account",
        "resource/service_account_iam_member",
    ],
}
# What all resources have: https://developer.hashicorp.com/terraform/language/meta-arguments
META = {"connection", "count", "dependsOn", "forEach", "lifecycle", "provider", "provisioners"}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def members(types, fqn):
    """The settable members of a struct: attributes with a type, blocks with their members."""
    attributes, blocks = {}, {}
    for p in types[fqn].get("properties", []):
        if p["name"] in META:
            continue
        text = json.dumps(p["docs"])
        name = (re.search(r"#([a-z0-9_]+) ", text) or [None, snake(p["name"])])[1]
        required = not p.get("optional", False)
        many, of = kind(p["type"])
        if of in types:
            a, b = members(types, of)
            if f"{name} block" in text:
                blocks[name] = {"required": required, "many": many, "attributes": a, "blocks": b}
                continue
            many, of = many, "object"
        attributes[name] = {"type": f"list({of})" if many == "list" else f"map({of})" if many == "map" else of}
        if required:
            attributes[name]["required"] = True
    return attributes, blocks


def kind(t):
    """Whether it is a list, a map or neither, and of what."""
    if "union" in t:
        for u in t["union"]["types"]:
            if u.get("fqn") != "cdktf.IResolvable":
                return kind(u)
    if "collection" in t:
        return ("list" if t["collection"]["kind"] == "array" else "map"), kind(t["collection"]["elementtype"])[1]
    return "", t.get("fqn") or {"boolean": "bool", "any": "dynamic"}.get(t["primitive"], t["primitive"])


def jsii(wheel):
    with zipfile.ZipFile(wheel) as z:
        (name,) = [n for n in z.namelist() if n.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(z.read(name))) as t:
            return json.load(t.extractfile("package/.jsii"))


def main(wheels):
    out = {}
    for wheel in wheels:
        assembly = jsii(wheel)
        provider = assembly["name"].rsplit("-", 1)[1]
        types = assembly["types"]
        version = re.search(r"/providers/hashicorp/\w+/([0-9.]+)/docs", json.dumps(assembly["types"]))[1]
        schema = {"version": version, "resource": {}, "data": {}}
        by_docs = {}
        for fqn, t in types.items():
            m = re.search(rf"docs/(resources|data-sources)/([a-z0-9_]+) {provider}_", json.dumps(t.get("docs", {})))
            if t["kind"] == "class" and m:
                by_docs[("data" if m[1] == "data-sources" else "resource") + "/" + m[2]] = fqn
        for used in USED[provider]:
            kind_, name = used.split("/")
            fqn = by_docs[used]
            attributes, blocks = members(types, fqn + "Config")
            given = set(attributes) | set(blocks)
            for p in types[fqn]["properties"]:
                n = snake(p["name"])
                if p.get("immutable") and not p.get("static") and not n.endswith("_input") and n not in given and "fqn" not in p["type"]:
                    attributes[n] = {"type": kind(p["type"])[1], "computed": True}
            attributes.setdefault("id", {"type": "string", "computed": True})
            schema[kind_][f"{provider}_{name}"] = {"attributes": attributes, "blocks": blocks}
        out[provider] = schema
    json.dump(out, sys.stdout, indent=1, sort_keys=True)
    print()


main(sys.argv[1:])
