"""Templates: what is refused before anything is done, parameters, and the intrinsic functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from cloud import TEMPLATE, given, refused
from orgkit.sandbox import cloudformation as pretend
from orgkit.sandbox.cloudformation import template as templates

ORGKITS_OWN = Path(__file__).parents[2] / "cloudformation" / "iam.yaml"
GROUP = "{Type: AWS::IAM::Group}"


@pytest.fixture(autouse=True)
def no_waiting(cloud):
    pretend.settle_reads(0)


def outputs(cloud, values: str, **more) -> dict[str, str]:
    """What a template with these outputs says."""
    template = f"""
        Parameters:
          Team: {{Type: String, Default: one}}
          Items: {{Type: CommaDelimitedList, Default: "a, b,c"}}
          Nothing: {{Type: CommaDelimitedList, Default: ""}}
        Mappings: {{Sizes: {{one: {{Small: "1", Large: "9"}}}}}}
        Conditions:
          IsOne: !Equals [!Ref Team, one]
          IsOther: !Not [!Condition IsOne]
          Both: !And [!Condition IsOne, !Equals ["1", 1]]
          Either: !Or [!Condition IsOther, !Equals [!Ref "AWS::Region", us-east-1]]
        Resources:
          Group: {{Type: AWS::IAM::Group, Properties: {{GroupName: Admins, Path: /team/}}}}
        Outputs: {{{values}}}
    """
    stack = cloud.created(template, **more)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


VALUES = {
    "!Ref Team": "one",
    "!Ref Group": "Admins",
    "!Ref AWS::AccountId": "123456789012",
    "!Ref AWS::Partition": "aws",
    "!Ref AWS::StackName": "people",
    "!Ref AWS::URLSuffix": "amazonaws.com",
    "!GetAtt Group.Arn": "arn:aws:iam::123456789012:group/team/Admins",
    "{'Fn::GetAtt': [Group, Arn]}": "arn:aws:iam::123456789012:group/team/Admins",
    "!Sub '${Team}-${Group}-${AWS::Region}'": "one-Admins-us-east-1",
    "!Sub '${Group.Arn}'": "arn:aws:iam::123456789012:group/team/Admins",
    "!Sub 'user/${!aws:username}'": "user/${aws:username}",
    "!Sub ['${Own}/${Team}', {Own: !Ref Group}]": "Admins/one",
    "!Join ['-', [a, !Ref Team, c]]": "a-one-c",
    "!Join ['+', !Ref Items]": "a+b+c",
    "!Join ['+', !Ref Nothing]": "",
    "!Join ['-', [a, !If [IsOther, b, !Ref 'AWS::NoValue'], c]]": "a-c",
    "!If [IsOne, first, second]": "first",
    "!If [IsOther, first, second]": "second",
    "!If [Both, first, second]": "first",
    "!If [Either, first, second]": "first",
    "!Select [1, !Ref Items]": "b",
    "!Select [0, !Split [':', 'x:y']]": "x",
    "!FindInMap [Sizes, !Ref Team, Large]": "9",
    "!Base64 hello": "aGVsbG8=",
    "true": "true",
    "2012-10-17": "2012-10-17",
}


def test_functions_give_their_values(cloud):
    found = outputs(cloud, ", ".join(f"Out{number}: {{Value: {value}}}" for number, value in enumerate(VALUES)))
    assert dict(zip(VALUES, found.values(), strict=True)) == VALUES


def test_an_output_depends_on_its_condition(cloud):
    values = "Shown: {Condition: IsOne, Value: x}, Hidden: {Condition: IsOther, Value: x}"
    assert outputs(cloud, values) == {"Shown": "x"}


def test_json_is_a_template_too(cloud):
    template = {
        "Resources": {"Group": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": {"Ref": "AWS::StackName"}}}}
    }
    assert cloud.created(json.dumps(template))["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.iam.get_group(GroupName="people")


def test_a_resource_without_a_name_gets_one(cloud):
    template = f"Resources: {{Group: {GROUP}}}"
    assert refused(cloud.create, template=template, Capabilities=[]).endswith("[CAPABILITY_IAM]")
    cloud.created(template, Capabilities=["CAPABILITY_IAM"])
    (group,) = cloud.iam.list_groups()["Groups"]
    assert group["GroupName"].startswith("people-Group-")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Resources: {", "Template format error: YAML not well-formed. (line "),
        ("just text", "Template format error: unsupported structure."),
        ("Resources: {}", "Template format error: At least one Resources member must be defined."),
        (f"Resource: {{G: {GROUP}}}", "Invalid template property or properties [Resource]"),
        ("Resources: {G: {}}", "[/Resources/G] Every Resources object must contain a Type member."),
        (f"Resources: {{G-1: {GROUP}}}", "Template format error: Resource name G-1 is non alphanumeric."),
        ("Resources: {G: {Type: AWS::IAM::Group, Property: {}}}", "Invalid template resource property 'Property'"),
        (
            "Resources: {A: {Type: AWS::S3::Bucket}, B: {Type: AWS::IAM::Grop}}",
            "Template format error: Unrecognized resource types: [AWS::S3::Bucket, AWS::IAM::Grop]",
        ),
        (
            "Resources: {G: {Type: AWS::IAM::Group, Properties: {Path: !Ref Nowhere}}}",
            "Unresolved resource dependencies [Nowhere] in the Resources block of the template",
        ),
        (
            "Resources: {G: {Type: AWS::IAM::Group, Properties: {Path: !Sub '${Nowhere}'}}}",
            "Unresolved resource dependencies [Nowhere] in the Resources block of the template",
        ),
        (
            "Resources: {G: {Type: AWS::IAM::Group, DependsOn: Nowhere}}",
            "Unresolved resource dependencies [Nowhere] in the Resources block of the template",
        ),
        (
            f"{{Resources: {{G: {GROUP}}}, Outputs: {{O: {{Value: !GetAtt Nowhere.Arn}}}}}}",
            "Unresolved resource dependencies [Nowhere] in the Outputs block of the template",
        ),
        (
            f"{{Resources: {{G: {GROUP}}}, Outputs: {{O: {{Value: !GetAtt G.Owner}}}}}}",
            "Template error: resource G does not support attribute type Owner in Fn::GetAtt",
        ),
        (
            f"{{Resources: {{G: {GROUP}}}, Conditions: {{C: !Equals [!Ref G, x]}}}}",
            "Unresolved dependencies [G]. Cannot reference resources in the Conditions block of the template",
        ),
        (
            "Resources: {G: {Type: AWS::IAM::Group, Condition: Nowhere}}",
            "Template error: unresolved condition dependency Nowhere",
        ),
        (
            "Resources: {G: {Type: AWS::IAM::Group, Properties: {Path: !If [Nowhere, /a/, /b/]}}}",
            "Template error: unresolved condition dependency Nowhere",
        ),
        (
            "Resources: {A: {Type: AWS::IAM::Group, DependsOn: B}, B: {Type: AWS::IAM::Group, DependsOn: [A]}}",
            "Circular dependency between resources: [",
        ),
        (
            "{Conditions: {No: !Equals [a, b]}, Resources: {A: {Type: AWS::IAM::Group, Condition: No}, "
            "B: {Type: AWS::IAM::Group, DependsOn: A}}}",
            "Unresolved resource dependencies [A] in the Resources block of the template",
        ),
        (f"{{Resources: {{G: {GROUP}}}, Outputs: {{O: {{Value: !GetAZs x}}}}}}", "does not know Fn::GetAZs"),
        (f"Resources: {{G: {GROUP}}}" + " " * 51_200, "Member must have length less than or equal to 51200"),
    ],
)
def test_a_template_is_refused_before_anything_is_done(cloud, template, said):
    answer = refused(cloud.create, template=template)
    assert answer.startswith("ValidationError: ")
    assert said in answer
    assert "does not exist" in refused(cloud.stack)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("{GroupNam: Admins}", "#: extraneous key [GroupNam] is not permitted"),
        ("{GroupName: Admins, Arn: x}", "#: extraneous key [Arn] is not permitted"),
    ],
)
def test_a_property_that_the_type_does_not_have_fails_the_resource(cloud, properties, said):
    cloud.created(f"Resources: {{G: {{Type: AWS::IAM::Group, Properties: {properties}}}}}")
    assert cloud.reasons("CREATE_FAILED") == {"G": f"Properties validation failed for resource G with message: {said}"}


def test_a_property_that_the_type_needs_is_missed(cloud):
    template = "Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: P}}}"
    cloud.created(template, DisableValidation=True)
    assert "#: required key [PolicyDocument] not found" in cloud.reasons("CREATE_FAILED")["P"]


# Parameters


def parameter(declared: str) -> str:
    return f"{{Parameters: {{P: {declared}}}, Resources: {{G: {GROUP}}}}}"


@pytest.mark.parametrize(
    ("declared", "value", "said"),
    [
        ("{Type: String}", None, "Parameters: [P] must have values"),
        ("{Type: String, AllowedValues: [a, b]}", "c", "Parameter 'P' must be one of AllowedValues"),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "a1", "Parameter 'P' must match pattern [a-z]+"),
        ("{Type: String, MinLength: 2}", "a", "Parameter 'P' must contain at least 2 characters"),
        ("{Type: String, MaxLength: 2}", "aaa", "Parameter 'P' must contain at most 2 characters"),
        ("{Type: Number}", "one", "Parameter 'P' must be a number."),
        ("{Type: Number, MinValue: 2}", "1", "Parameter 'P' must be a number not less than 2"),
        ("{Type: Number, MaxValue: 2}", "3", "Parameter 'P' must be a number not greater than 2"),
        ("{Type: CommaDelimitedList, AllowedPattern: '[a-z]+'}", "a,1", "Parameter 'P' must match pattern [a-z]+"),
        ("{Type: List<Number>}", "1,two", "Parameter 'P' must be a number."),
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: must be small letters}",
            "A",
            "Parameter P failed to satisfy constraint: must be small letters",
        ),
    ],
)
def test_a_value_is_refused(cloud, declared, value, said):
    values = given(P=value) if value is not None else []
    assert refused(cloud.create, template=parameter(declared), Parameters=values) == f"ValidationError: {said}"


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("{Type: String, AllowedValues: [true, 1]}", "true"),
        ("{Type: String, AllowedPattern: '[a-z]*'}", ""),
        ("{Type: Number, MinValue: 2, MaxValue: 2}", "2"),
        ("{Type: CommaDelimitedList, AllowedPattern: '[a-z]+'}", ""),
        ("{Type: CommaDelimitedList, AllowedPattern: '[a-z]+'}", "a,b, c"),
    ],
)
def test_a_value_is_taken(cloud, declared, value):
    stack = cloud.created(parameter(declared), Parameters=given(P=value))
    assert stack["Parameters"] == given(P=value)


def test_a_parameter_that_the_template_does_not_have_is_refused(cloud):
    answer = refused(cloud.create, Parameters=given(Nope="x", Never="y"))
    assert answer == "ValidationError: Parameters: [Nope, Never] do not exist in the template"


@pytest.mark.parametrize(
    ("given_again", "said"),
    [
        ({"ParameterKey": "Admin", "ParameterValue": "x", "UsePreviousValue": True}, "non empty value"),
        ({"ParameterKey": "New", "UsePreviousValue": True}, "not in the previous template"),
    ],
)
def test_a_previous_value_is_there_and_alone(cloud, given_again, said):
    cloud.create()
    template = TEMPLATE.replace("Parameters:", "Parameters:\n  New: {Type: String, Default: x}")
    assert said in refused(cloud.update, template=template, Parameters=[given_again])


def test_without_libyaml_a_template_reads_the_same():
    class Slow(yaml.SafeLoader):
        yaml_implicit_resolvers = templates._Loader.yaml_implicit_resolvers
        yaml_multi_constructors = templates._Loader.yaml_multi_constructors

    body = ORGKITS_OWN.read_text(encoding="utf-8")
    assert templates._Loader(body).get_single_data() == Slow(body).get_single_data()
