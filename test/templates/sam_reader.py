"""What `sam local` makes of a template, by SAM's own classes: they need no Docker. Prints JSON.

Arguments: the template and, where there is one, the file for --env-vars.
"""

import json
import sys

from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

template, *files = sys.argv[1:]
values = json.load(open(files[0])) if files else {}
stacks, _ = SamLocalStackProvider.get_stacks(template)
provider = SamFunctionProvider(stacks)
runner = LocalLambdaRunner(local_runtime=None, function_provider=provider, cwd=".", real_path=".", env_vars_values=values)
runner.get_aws_creds = lambda: {}

functions = [
    {
        "id": function.full_path,
        "handler": function.handler,
        "variables": runner._make_env_vars(function).resolve(),
    }
    for function in provider.get_all()
]
routes = [
    {"method": method, "path": route.path, "function": route.function_name}
    for route in ApiProvider(stacks).api.routes
    for method in sorted(route.methods)
]
print(json.dumps({"functions": functions, "routes": routes}))
