"""Stacks that take their time, as CloudFormation's do: a change goes on after its call and may fail then.

moto makes, changes and deletes a stack within the call. Told by POST /moto-api/pace, for example
{"seconds": 1, "failures": {"CREATE": "Distribution: no rights"}}, each change takes that long and the next one of that kind
fails for that reason, once; with 0 seconds what is going on ends at once. Statuses, events and refusals are those that AWS documents.
"""

import functools
import json
import threading

import moto.moto_api._internal.urls as control_urls
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Event, Stack, cloudformation_backends

pace = {"seconds": 0, "failures": {}}
# Set: no change takes any more time.
hurry = threading.Event()

# A name is given once, whoever asks at the same moment; moto's server answers with many threads and looks before it makes.
one_at_a_time = threading.RLock()


def alone(method):
    @functools.wraps(method)
    def call(*args, **kwargs):
        with one_at_a_time:
            return method(*args, **kwargs)

    return call


def set_pace(request, full_url, headers):
    pace.update(json.loads(request.get_data() or "{}"))
    if pace["seconds"] == 0:
        global hurry
        hurry.set()
        hurry = threading.Event()
    return 200, {}, ""


control_urls.url_paths["{0}/moto-api/pace$"] = set_pace


def is_there(stack):
    """`False`: everything was reset meanwhile, or the stack is gone."""
    stacks = cloudformation_backends[stack.account_id][stack.region_name].stacks
    return stacks.get(stack.stack_id) is stack


def later(stack, status, act):
    """Acts when its time has come, unless something else has begun with the stack."""
    stack.status = status

    @alone
    def go_on():
        if is_there(stack) and stack.status == status:
            act()

    def wait(seconds=pace["seconds"], hurry=hurry):
        hurry.wait(seconds)
        go_on()

    threading.Thread(target=wait, daemon=True).start()


def tell_failure(stack, change, failure):
    name, reason = failure.split(": ", 1)
    kind = stack.template_dict["Resources"][name]["Type"]
    stack.events.append(Event(stack.stack_id, stack.name, name, "", kind, f"{change}_FAILED", reason, None))


def end_as(stack, status):
    stack.status = status
    stack._add_stack_event(status)


create_resources = Stack.create_resources


def create_later(stack):
    failure = pace["failures"].pop("CREATE", None)

    def go_on():
        if failure is None:
            return create_resources(stack)
        tell_failure(stack, "CREATE", failure)
        stack._add_stack_event("ROLLBACK_IN_PROGRESS")
        later(stack, "ROLLBACK_IN_PROGRESS", lambda: end_as(stack, "ROLLBACK_COMPLETE"))

    later(stack, "CREATE_IN_PROGRESS", go_on)


outputs = Stack.outputs


def outputs_if_made(stack):
    # To look at them would make what they name.
    return None if stack.status.startswith(("CREATE_IN", "ROLLBACK")) else outputs.fget(stack)


update = Stack.update


def update_later(stack, *args, **kwargs):
    if not stack.status.endswith("_COMPLETE"):
        refusal = f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        raise ValidationError(stack.stack_id, message=refusal)
    failure = pace["failures"].pop("UPDATE", None)
    stack._add_stack_event("UPDATE_IN_PROGRESS", resource_status_reason="User Initiated")

    def go_on():
        if failure is None:
            return update(stack, *args, **kwargs)
        tell_failure(stack, "UPDATE", failure)
        stack._add_stack_event("UPDATE_ROLLBACK_IN_PROGRESS")
        later(stack, "UPDATE_ROLLBACK_IN_PROGRESS", lambda: end_as(stack, "UPDATE_ROLLBACK_COMPLETE"))

    later(stack, "UPDATE_IN_PROGRESS", go_on)


delete_stack = CloudFormationBackend.delete_stack


def find_use(backend, stack):
    """What another stack imports of this one, in CloudFormation's words."""
    for name in [export.name for export in stack.exports]:
        for other in backend.stacks.values():
            if json.dumps({"Fn::ImportValue": name}) in json.dumps(other.template_dict):
                return f"Delete canceled. Cannot delete export {name} as it is in use by {other.name}."
    return None


def delete_later(backend, name_or_id):
    for stack in list(backend.stacks.values()):
        if name_or_id not in (stack.name, stack.stack_id) or stack.status == "DELETE_IN_PROGRESS":
            continue
        failure = pace["failures"].pop("DELETE", None)
        before = stack.status
        stack._add_stack_event("DELETE_IN_PROGRESS", resource_status_reason="User Initiated")

        def go_on(stack=stack, failure=failure, before=before):
            use = find_use(backend, stack)
            if use is not None:
                stack.status = before
                return stack._add_stack_event(before, resource_status_reason=use)
            if failure is None:
                return delete_stack(backend, stack.stack_id)
            tell_failure(stack, "DELETE", failure)
            end_as(stack, "DELETE_FAILED")

        later(stack, "DELETE_IN_PROGRESS", go_on)


def unless_at_once(at_once, slowly):
    def act(*args, **kwargs):
        return (slowly if pace["seconds"] > 0 else at_once)(*args, **kwargs)

    return act


Stack.create_resources = unless_at_once(create_resources, create_later)
Stack.outputs = property(outputs_if_made)
Stack.update = unless_at_once(update, update_later)
CloudFormationBackend.delete_stack = unless_at_once(delete_stack, delete_later)
