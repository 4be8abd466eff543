"""moto's server with what its CloudFormation lacks for our template.

moto 5.2 knows CloudFront's own API, but no CloudFront type in CloudFormation, no CloudFront functions and no bucket
policy. This is a stand-in of ours for tests: it keeps what a template says, and where AWS refuses and moto does not,
it refuses as AWS documents it. It says nothing about how AWS really behaves.
"""

import copy
import hashlib
import json
import re
import sys

import moto.cloudfront.urls as cloudfront_urls
from moto.cloudformation import models as stacks
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudfront import models as cloudfront
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import cloudfront_backends
from moto.core.common_models import CloudFormationModel
from moto.server import main
from slow_stacks import alone


class Refused(CloudFrontException):
    def __init__(self, code, message):
        super().__init__(code, message)


def backend_of(account_id):
    backend = cloudfront_backends[account_id]["aws"]
    if not hasattr(backend, "functions"):
        backend.functions = {}
    return backend


class Function(CloudFormationModel):
    __module__ = "moto.cloudfront.cloudformation"  # moto asks a model's module for its service

    def __init__(self, account_id, properties):
        self.name = properties["Name"]
        self.code = properties["FunctionCode"]
        self.arn = f"arn:aws:cloudfront::{account_id}:function/{self.name}"
        self.physical_resource_id = self.arn

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::CloudFront::Function"

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "FunctionARN"

    def get_cfn_attribute(self, name):
        return self.arn

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        functions = backend_of(account_id).functions
        function = cls(account_id, cloudformation_json["Properties"])
        if function.name in functions:
            raise Refused("FunctionAlreadyExists", "The function exists already.")
        functions[function.name] = function
        return function

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        original_resource.code = cloudformation_json["Properties"]["FunctionCode"]
        return original_resource

    def delete(self, account_id, region_name):
        backend_of(account_id).functions.pop(self.name, None)


class BucketPolicy(CloudFormationModel):
    __module__ = "moto.cloudfront.cloudformation"  # moto asks a model's module for its service

    def __init__(self, bucket):
        self.bucket = bucket
        self.physical_resource_id = f"{bucket}-policy"

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::S3::BucketPolicy"

    @classmethod
    def has_cfn_attr(cls, attr):
        return False

    # The policy itself is not carried out: moto's S3 would refuse our own plain http by it.
    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        return cls(cloudformation_json["Properties"]["Bucket"])

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        return original_resource

    def delete(self, account_id, region_name):
        pass


class Distribution(CloudFormationModel):
    __module__ = "moto.cloudfront.cloudformation"  # moto asks a model's module for its service

    def __init__(self, made, oac_id):
        self.made = made
        self.oac_id = oac_id
        self.physical_resource_id = made.distribution_id

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::CloudFront::Distribution"

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr in ("DomainName", "Id")

    def get_cfn_attribute(self, name):
        return self.made.domain_name if name == "DomainName" else self.made.distribution_id

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = copy.deepcopy(cloudformation_json["Properties"])
        config = properties["DistributionConfig"]
        origins = config["Origins"]
        oac_id = origins[0]["OriginAccessControlId"]
        backend = backend_of(account_id)
        backend.get_origin_access_control(oac_id)
        config["Origins"] = {"Quantity": len(origins), "Items": origins}
        config["CallerReference"] = resource_name
        behavior = config["DefaultCacheBehavior"]
        behavior["AllowedMethods"] = {
            "Items": behavior["AllowedMethods"],
            "CachedMethods": {"Items": behavior.pop("CachedMethods")},
        }
        made, _, _ = backend.create_distribution_with_tags(config, properties.get("Tags", []))
        made.oac_id = oac_id
        # Known beforehand to a test, which has to lead the address to its own edge.
        made.domain_name = f"d{hashlib.sha1(config['Comment'].encode()).hexdigest()[:13]}.cloudfront.net"
        return cls(made, oac_id)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        return original_resource

    def delete(self, account_id, region_name):
        backend_of(account_id).distributions.pop(self.physical_resource_id, None)


def get_function(request, full_url, headers):
    """GetFunction of CloudFront's API: the code is the answer's body."""
    name = full_url.split("?")[0].rsplit("/", 1)[1]
    function = backend_of("123456789012").functions.get(name)
    if function is None:
        return 404, {}, "<ErrorResponse><Error><Code>NoSuchFunctionExists</Code></Error></ErrorResponse>"
    return 200, {"etag": "x", "content-type": "application/octet-stream"}, function.code


cloudfront_urls.url_paths["{0}/2020-05-31/function/(?P<name>[^/]+)$"] = get_function


# moto sees parameters that a resource names by Ref only, not by Sub.
references_of = parsing.get_references_from_template


def all_references_of(template):
    text = json.dumps(template)
    return references_of(template) + re.findall(r"\$\{([A-Za-z0-9]+)\}", text)


parsing.get_references_from_template = all_references_of

# What AWS refuses.
create_oac = cloudfront.CloudFrontBackend.create_origin_access_control
delete_oac = cloudfront.CloudFrontBackend.delete_origin_access_control


def create_named_oac(self, config):
    if any(one.name == config.get("Name") for one in self.origin_access_controls.values()):
        raise Refused("OriginAccessControlAlreadyExists", "An origin access control with this name exists.")
    return create_oac(self, config)


def delete_unused_oac(self, control_id):
    if any(getattr(one, "oac_id", None) == control_id for one in self.distributions.values()):
        raise Refused("OriginAccessControlInUse", "The origin access control is still in use.")
    if control_id not in self.origin_access_controls:
        raise Refused("NoSuchOriginAccessControl", "The origin access control does not exist.")
    return delete_oac(self, control_id)


cloudfront.CloudFrontBackend.create_origin_access_control = create_named_oac
cloudfront.CloudFrontBackend.delete_origin_access_control = delete_unused_oac

# moto knows Retain only.
delete_resources = parsing.ResourceMap.delete


def delete_but_retained(self):
    for resource in self._resource_json_map.values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"
    return delete_resources(self)


parsing.ResourceMap.delete = delete_but_retained

for name in ["create_stack", "update_stack", "delete_stack"]:
    setattr(stacks.CloudFormationBackend, name, alone(getattr(stacks.CloudFormationBackend, name)))
for name in ["create_origin_access_control", "delete_origin_access_control"]:
    setattr(cloudfront.CloudFrontBackend, name, alone(getattr(cloudfront.CloudFrontBackend, name)))

if __name__ == "__main__":
    main(sys.argv[1:])
