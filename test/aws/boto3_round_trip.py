"""Every operation of CodeDeploy through an unchanged boto3: round trips, paginators, waiters, errors.

Arguments: the server's URL, and bucket and key of a bundle whose hosts are tagged role=web. Credentials
and region come from the environment, as for any program. Ends with 0 when all was as it should be.
"""

import datetime
import hashlib
import json
import sys

import boto3
from botocore.config import Config

URL, BUCKET, KEY = sys.argv[1:4]
client = boto3.client(
    "codedeploy",
    endpoint_url=URL,
    config=Config(retries={"max_attempts": 1}, parameter_validation=True),
)
called = set()


def call(operation, **members):
    """Calls an operation by its method's name and answers what it answered."""
    called.add(operation)
    return getattr(client, operation)(**members)


def refused(error, operation, **members):
    """The exception must be the one that the client has by this name."""
    try:
        call(operation, **members)
    except getattr(client.exceptions, error) as refusal:
        assert refusal.response["Error"]["Message"], error
        assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 400, refusal.response
        return refusal.response["Error"]["Message"]
    raise AssertionError(f"{operation} was not refused with {error}")


def is_time(value):
    return isinstance(value, datetime.datetime)


ROLE = "arn:aws:iam::000000000000:role/none"
S3 = {"revisionType": "S3", "s3Location": {"bucket": BUCKET, "key": KEY, "bundleType": "tgz"}}
FILTERS = [{"Key": "role", "Value": "web", "Type": "KEY_AND_VALUE"}]


def applications():
    created = call("create_application", applicationName="shop", computePlatform="Server")
    call("create_application", applicationName="fn", computePlatform="Lambda")
    info = call("get_application", applicationName="shop")["application"]
    assert info["applicationId"] == created["applicationId"] and is_time(info["createTime"])
    assert info["linkedToGitHub"] is False and info["computePlatform"] == "Server"
    both = call("batch_get_applications", applicationNames=["shop", "fn"])["applicationsInfo"]
    assert [one["applicationName"] for one in both] == ["shop", "fn"]
    call("update_application", applicationName="fn", newApplicationName="functions")
    for number in range(120):
        call("create_application", applicationName=f"page-{number:03}")
    called.add("list_applications")
    pages = list(client.get_paginator("list_applications").paginate())
    names = [name for page in pages for name in page["applications"]]
    assert len(pages) > 1 and len(names) == 122 and len(set(names)) == 122, len(names)
    for number in range(120):
        call("delete_application", applicationName=f"page-{number:03}")
    call("delete_application", applicationName="was-never-there")
    refused("ApplicationAlreadyExistsException", "create_application", applicationName="shop")
    refused("ApplicationDoesNotExistException", "get_application", applicationName="nobody")
    refused("InvalidApplicationNameException", "get_application", applicationName="a b")
    refused("InvalidNextTokenException", "list_applications", nextToken="mine")


def configs():
    call(
        "create_deployment_config",
        deploymentConfigName="three",
        minimumHealthyHosts={"type": "HOST_COUNT", "value": 3},
    )
    info = call("get_deployment_config", deploymentConfigName="three")["deploymentConfigInfo"]
    assert info["minimumHealthyHosts"] == {"type": "HOST_COUNT", "value": 3}
    assert info["computePlatform"] == "Server" and is_time(info["createTime"])
    canary = {
        "type": "TimeBasedCanary",
        "timeBasedCanary": {"canaryPercentage": 20, "canaryInterval": 7},
    }
    call(
        "create_deployment_config",
        deploymentConfigName="ten-percent",
        computePlatform="Lambda",
        trafficRoutingConfig=canary,
    )
    info = call("get_deployment_config", deploymentConfigName="ten-percent")["deploymentConfigInfo"]
    assert info["trafficRoutingConfig"] == canary
    called.add("list_deployment_configs")
    pages = client.get_paginator("list_deployment_configs").paginate()
    names = [name for page in pages for name in page["deploymentConfigsList"]]
    assert "three" in names and sum(name.startswith("CodeDeployDefault.") for name in names) == 17
    call("delete_deployment_config", deploymentConfigName="ten-percent")
    refused(
        "DeploymentConfigDoesNotExistException",
        "get_deployment_config",
        deploymentConfigName="ten-percent",
    )
    refused(
        "InvalidOperationException",
        "delete_deployment_config",
        deploymentConfigName="CodeDeployDefault.OneAtATime",
    )


def groups():
    group = dict(applicationName="shop", deploymentGroupName="web")
    created = call(
        "create_deployment_group",
        **group,
        serviceRoleArn=ROLE,
        onPremisesInstanceTagFilters=FILTERS,
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        tags=[{"Key": "team", "Value": "one"}],
    )
    info = call("get_deployment_group", **group)["deploymentGroupInfo"]
    assert info["deploymentGroupId"] == created["deploymentGroupId"]
    assert info["onPremisesInstanceTagFilters"] == FILTERS
    assert info["ec2TagFilters"] == [] and info["autoScalingGroups"] == []
    assert info["deploymentStyle"]["deploymentType"] == "IN_PLACE"
    assert info["outdatedInstancesStrategy"] == "UPDATE"
    call(
        "update_deployment_group",
        applicationName="shop",
        currentDeploymentGroupName="web",
        newDeploymentGroupName="production",
        deploymentConfigName="CodeDeployDefault.AllAtOnce",
    )
    group["deploymentGroupName"] = "production"
    info = call("get_deployment_group", **group)["deploymentGroupInfo"]
    assert info["deploymentConfigName"] == "CodeDeployDefault.AllAtOnce"
    assert info["onPremisesInstanceTagFilters"] == FILTERS
    batch = call(
        "batch_get_deployment_groups",
        applicationName="shop",
        deploymentGroupNames=["production", "absent"],
    )
    assert len(batch["deploymentGroupsInfo"]) == 1 and "absent" in batch["errorMessage"]
    for number in range(105):
        call(
            "create_deployment_group",
            applicationName="shop",
            deploymentGroupName=f"g-{number:03}",
            serviceRoleArn=ROLE,
        )
    called.add("list_deployment_groups")
    paginator = client.get_paginator("list_deployment_groups")
    pages = list(paginator.paginate(applicationName="shop"))
    names = {name for page in pages for name in page["deploymentGroups"]}
    assert len(pages) > 1 and len(names) == 106
    for number in range(105):
        answer = call(
            "delete_deployment_group",
            applicationName="shop",
            deploymentGroupName=f"g-{number:03}",
        )
        assert answer.get("hooksNotCleanedUp", []) == []
    refused(
        "DeploymentGroupDoesNotExistException",
        "get_deployment_group",
        applicationName="shop",
        deploymentGroupName="g-000",
    )
    refused(
        "InvalidAutoRollbackConfigException",
        "update_deployment_group",
        applicationName="shop",
        currentDeploymentGroupName="production",
        autoRollbackConfiguration={"enabled": True, "events": []},
    )


def tags():
    arn = "arn:aws:codedeploy:us-east-1:000000000000:application:shop"
    pairs = [{"Key": f"k{number}", "Value": str(number)} for number in range(3)]
    call("tag_resource", ResourceArn=arn, Tags=pairs)
    kept = call("list_tags_for_resource", ResourceArn=arn)["Tags"]
    assert sorted(kept, key=lambda tag: tag["Key"]) == pairs
    call("untag_resource", ResourceArn=arn, TagKeys=["k1"])
    kept = call("list_tags_for_resource", ResourceArn=arn)["Tags"]
    assert sorted(tag["Key"] for tag in kept) == ["k0", "k2"]
    group = "arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:shop/production"
    assert call("list_tags_for_resource", ResourceArn=group)["Tags"] == [
        {"Key": "team", "Value": "one"}
    ]
    refused("InvalidArnException", "list_tags_for_resource", ResourceArn="nonsense")
    refused("InvalidArnException", "list_tags_for_resource", ResourceArn=arn + "x")
    refused(
        "ApplicationDoesNotExistException",
        "tag_resource",
        ResourceArn=arn + "x",
        Tags=pairs,
    )


def revisions():
    call("register_application_revision", applicationName="shop", description="1", revision=S3)
    got = call("get_application_revision", applicationName="shop", revision=S3)
    assert got["revision"] == S3 and got["revisionInfo"]["description"] == "1"
    assert is_time(got["revisionInfo"]["registerTime"])
    batch = call("batch_get_application_revisions", applicationName="shop", revisions=[S3])
    assert batch["revisions"][0]["revisionLocation"] == S3
    for number in range(110):
        location = {"bucket": "b", "key": f"{number:03}", "bundleType": "zip"}
        call(
            "register_application_revision",
            applicationName="functions",
            revision={"revisionType": "S3", "s3Location": location},
        )
    called.add("list_application_revisions")
    paginator = client.get_paginator("list_application_revisions")
    pages = list(
        paginator.paginate(
            applicationName="functions", sortBy="registerTime", sortOrder="descending"
        )
    )
    keys = [one["s3Location"]["key"] for page in pages for one in page["revisions"]]
    assert len(pages) > 1 and len(set(keys)) == 110
    missing = {**S3, "s3Location": {**S3["s3Location"], "key": "absent"}}
    refused(
        "RevisionDoesNotExistException",
        "get_application_revision",
        applicationName="shop",
        revision=missing,
    )
    refused(
        "BucketNameFilterRequiredException",
        "list_application_revisions",
        applicationName="shop",
        s3KeyPrefix="a",
    )


def instances():
    arn = "arn:aws:iam::000000000000:user/boto"
    call("register_on_premises_instance", instanceName="boto", iamUserArn=arn)
    pair = [{"Key": "zone", "Value": "one"}]
    call("add_tags_to_on_premises_instances", instanceNames=["boto"], tags=pair)
    info = call("get_on_premises_instance", instanceName="boto")["instanceInfo"]
    assert info["iamUserArn"] == arn and info["tags"] == pair and is_time(info["registerTime"])
    batch = call("batch_get_on_premises_instances", instanceNames=["boto", "web-1"])
    assert {one["instanceName"] for one in batch["instanceInfos"]} == {"boto", "web-1"}
    for number in range(105):
        name = f"i_{number:03}"
        call("register_on_premises_instance", instanceName=name, iamUserArn=f"{arn}-{number}")
    # boto3 has no paginator for this one; its token is followed by hand.
    names, token = set(), {}
    while True:
        page = call("list_on_premises_instances", **token)
        names.update(page["instanceNames"])
        if not page.get("nextToken"):
            break
        token = {"nextToken": page["nextToken"]}
    assert len(names) == 107, len(names)
    zone = [{"Key": "zone", "Value": "one", "Type": "KEY_AND_VALUE"}]
    found = call("list_on_premises_instances", registrationStatus="Registered", tagFilters=zone)
    assert found["instanceNames"] == ["boto"]
    call("remove_tags_from_on_premises_instances", instanceNames=["boto"], tags=pair)
    assert call("list_on_premises_instances", tagFilters=zone)["instanceNames"] == []
    call("deregister_on_premises_instance", instanceName="boto")
    assert is_time(
        call("get_on_premises_instance", instanceName="boto")["instanceInfo"]["deregisterTime"]
    )
    refused(
        "IamUserArnAlreadyRegisteredException",
        "register_on_premises_instance",
        instanceName="other",
        iamUserArn=f"{arn}-1",
    )
    refused("IamArnRequiredException", "register_on_premises_instance", instanceName="other")


def deployments():
    group = dict(applicationName="shop", deploymentGroupName="production")
    made = call("create_deployment", **group, revision=S3, description="by boto3")["deploymentId"]
    refusal = refused("DeploymentLimitExceededException", "create_deployment", **group, revision=S3)
    assert f"already has an active Deployment '{made}'" in refusal, refusal
    waiter = client.get_waiter("deployment_successful")
    waiter.wait(deploymentId=made, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    info = call("get_deployment", deploymentId=made)["deploymentInfo"]
    assert info["status"] == "Succeeded" and info["creator"] == "user", info
    assert info["deploymentOverview"]["Succeeded"] == 1 and info["description"] == "by boto3"
    assert all(is_time(info[name]) for name in ("createTime", "startTime", "completeTime"))
    assert "deploymentMode" not in info
    assert call("batch_get_deployments", deploymentIds=[made, "d-ABCDEFGHI"])["deploymentsInfo"][0][
        "deploymentId"
    ] == made
    called.add("list_deployments")
    pages = client.get_paginator("list_deployments").paginate(
        **group,
        includeOnlyStatuses=["Succeeded"],
        createTimeRange={"start": info["createTime"] - datetime.timedelta(seconds=1)},
    )
    assert [one for page in pages for one in page["deployments"]] == [made]
    called.add("list_deployment_targets")
    pages = client.get_paginator("list_deployment_targets").paginate(
        deploymentId=made, targetFilters={"TargetStatus": ["Succeeded"]}
    )
    assert [one for page in pages for one in page["targetIds"]] == ["web-1"]
    target = call("get_deployment_target", deploymentId=made, targetId="web-1")["deploymentTarget"]
    assert target["deploymentTargetType"] == "InstanceTarget"
    events = target["instanceTarget"]["lifecycleEvents"]
    assert len(events) == 7 and all(is_time(event["endTime"]) for event in events)
    batch = call("batch_get_deployment_targets", deploymentId=made, targetIds=["web-1"])
    assert batch["deploymentTargets"] == [target]
    # The deprecated three.
    called.add("list_deployment_instances")
    pages = client.get_paginator("list_deployment_instances").paginate(deploymentId=made)
    assert [one for page in pages for one in page["instancesList"]] == ["web-1"]
    summary = call("get_deployment_instance", deploymentId=made, instanceId="web-1")
    assert summary["instanceSummary"]["status"] == "Succeeded"
    batch = call("batch_get_deployment_instances", deploymentId=made, instanceIds=["web-1"])
    assert batch["instancesSummary"] == [summary["instanceSummary"]]
    info = call("get_deployment_group", **group)["deploymentGroupInfo"]
    assert info["lastSuccessfulDeployment"]["deploymentId"] == made
    assert info["targetRevision"]["s3Location"]["key"] == KEY
    refused("DeploymentAlreadyCompletedException", "stop_deployment", deploymentId=made)
    in_place = "UnsupportedActionForDeploymentTypeException"
    refused(in_place, "continue_deployment", deploymentId=made)
    refused(
        in_place,
        "skip_wait_time_for_instance_termination",
        deploymentId=made,
    )
    refused("DeploymentDoesNotExistException", "get_deployment", deploymentId="d-ABCDEFGHI")
    refused("InvalidDeploymentIdException", "get_deployment", deploymentId="nonsense")
    return made


def failures(made):
    """A deployment that finds no bundle fails with a cause, and its waiter says so."""
    group = dict(applicationName="shop", deploymentGroupName="production")
    content = json.dumps({"version": 0.0})
    text = {"content": content, "sha256": hashlib.sha256(content.encode()).hexdigest()}
    refused(
        "InvalidRevisionException",
        "create_deployment",
        **group,
        revision={"revisionType": "AppSpecContent", "appSpecContent": text},
    )
    absent = {**S3, "s3Location": {**S3["s3Location"], "key": "absent.tgz"}}
    failed = call("create_deployment", **group, revision=absent)["deploymentId"]
    waiter = client.get_waiter("deployment_successful")
    try:
        waiter.wait(deploymentId=failed, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except Exception as error:
        assert type(error).__name__ == "WaiterError", error
    else:
        raise AssertionError("the waiter took a failed deployment for a successful one")
    info = call("get_deployment", deploymentId=failed)["deploymentInfo"]
    assert info["status"] == "Failed" and info["errorInformation"]["code"], info
    assert info["rollbackInfo"]["rollbackDeploymentId"], info
    back = info["rollbackInfo"]["rollbackDeploymentId"]
    waiter.wait(deploymentId=back, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    info = call("get_deployment", deploymentId=back)["deploymentInfo"]
    assert info["creator"] == "codeDeployRollback"
    assert info["rollbackInfo"]["rollbackTriggeringDeploymentId"] == failed
    assert made != back


def the_rest():
    assert call("delete_resources_by_external_id", externalId="stack")["ResponseMetadata"]
    assert call("list_git_hub_account_token_names")["tokenNameList"] == []
    refused(
        "GitHubAccountTokenDoesNotExistException",
        "delete_git_hub_account_token",
        tokenName="nobody",
    )
    refused(
        "DeploymentDoesNotExistException",
        "put_lifecycle_event_hook_execution_status",
        deploymentId="d-ABCDEFGHI",
        lifecycleEventHookExecutionId="nonsense",
        status="Succeeded",
    )


applications()
configs()
groups()
tags()
revisions()
instances()
failures(deployments())
the_rest()
left = sorted(set(client.meta.method_to_api_mapping) - called)
assert left == [], f"never called: {left}"
print(f"{len(called)} operations")
