"""Users, keys, roles and sessions as boto3 sees them; prints what the test compares, as JSON.

The endpoint of every service is the same server. A refusal is written `Code status`.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv[1]
ONCE = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


def client(service, keys=None, token=None):
    named = {}
    if keys:
        named = {"aws_access_key_id": keys[0], "aws_secret_access_key": keys[1]}
    if token:
        named["aws_session_token"] = token
    return boto3.client(
        service, endpoint_url=URL, region_name="us-east-1", config=ONCE, **named
    )


def refusal(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{error.response['Error']['Code']} {status}"
    return "done"


def session(answer):
    keys = answer["Credentials"]
    return (keys["AccessKeyId"], keys["SecretAccessKey"]), keys["SessionToken"]


iam, sts, said = client("iam"), client("sts"), {}
joe = {"UserName": "joe"}
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*"}]}

user = iam.create_user(Path="/people/", Tags=[{"Key": "runtime:role", "Value": "viewer"}], **joe)
said["user"] = user["User"]["Arn"]
said["date"] = type(user["User"]["CreateDate"]).__name__
said["taken"] = refusal(iam.create_user, **joe)
said["users"] = [u["UserName"] for p in iam.get_paginator("list_users").paginate() for u in p["Users"]]
made = iam.create_access_key(**joe)["AccessKey"]
keys = (made["AccessKeyId"], made["SecretAccessKey"])
said["listed"] = [k["Status"] for k in iam.list_access_keys(**joe)["AccessKeyMetadata"]]
iam.put_user_policy(PolicyName="p", PolicyDocument=json.dumps(policy), **joe)
said["policies"] = iam.list_user_policies(**joe)["PolicyNames"]
said["document"] = iam.get_user_policy(PolicyName="p", **joe)["PolicyDocument"] == policy
said["attached"] = iam.list_attached_user_policies(**joe)["AttachedPolicies"]
said["groups"] = iam.list_groups_for_user(**joe)["Groups"]
said["attach"] = refusal(iam.attach_user_policy, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", **joe)
said["missing"] = refusal(iam.get_user, UserName="nobody")
said["conflict"] = refusal(iam.delete_user, **joe)
said["malformed"] = refusal(iam.put_user_policy, PolicyName="p", PolicyDocument="{", **joe)

said["who"] = client("sts", keys).get_caller_identity()["Arn"]
said["me"] = client("iam", keys).get_user()["User"]["UserName"]
said["others"] = refusal(client("iam", keys).list_users)
role = {"RoleArn": "arn:aws:iam::000000000000:role/deployer", "RoleSessionName": "ci"}
said["above"] = refusal(client("sts", keys).assume_role, **role)

assumed, token = session(sts.assume_role(DurationSeconds=900, **role))
said["session"] = client("sts", assumed, token).get_caller_identity()["Arn"]
s3 = client("s3", assumed, token)
s3.put_object(Bucket="bundles", Key="k", Body=b"content")
said["object"] = s3.get_object(Bucket="bundles", Key="k")["Body"].read().decode()
said["no token"] = refusal(client("s3", assumed).get_object, Bucket="bundles", Key="k")
said["wrong token"] = refusal(client("s3", assumed, token[:-4] + "AAAA").list_objects_v2, Bucket="bundles")
said["json"] = client("codedeploy", assumed, token).list_applications()["applications"]
said["json, no token"] = refusal(client("codedeploy", assumed).list_applications)

own, own_token = session(client("sts", keys).get_session_token())
viewer = client("s3", own, own_token)
said["viewer writes"] = refusal(viewer.put_object, Bucket="bundles", Key="k", Body=b"x")
iam.update_access_key(AccessKeyId=keys[0], Status="Inactive", **joe)
said["inactive"] = refusal(client("sts", keys).get_caller_identity)
said["its session"] = refusal(client("sts", own, own_token).get_caller_identity)
iam.delete_access_key(AccessKeyId=keys[0], **joe)
iam.delete_user_policy(PolicyName="p", **joe)
iam.delete_user(**joe)
said["left"] = [u["UserName"] for u in iam.list_users()["Users"]]

# The admin's key is replaced by another one, and cannot be lost.
said["last"] = refusal(
    iam.delete_access_key,
    AccessKeyId=iam.list_access_keys(UserName="admin")["AccessKeyMetadata"][0]["AccessKeyId"],
    UserName="admin",
)
second = iam.create_access_key(UserName="admin")["AccessKey"]
said["second"] = client("sts", (second["AccessKeyId"], second["SecretAccessKey"])).get_caller_identity()["Arn"]
print(json.dumps(said))
