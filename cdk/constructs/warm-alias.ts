import { Token } from 'aws-cdk-lib';
import { type Alias, CfnAlias, CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';

/** Kinds of functions without provisioned concurrency, by the property that makes them such. */
function unsupportedKind(fn: CfnFunction): string | undefined {
  if (fn.snapStart !== undefined) return 'SnapStart';
  if (fn.tenancyConfig !== undefined) return 'tenant isolation';
  return fn.capacityProviderConfig === undefined ? undefined : 'a capacity provider (Managed Instances)';
}

/** Refuses an alias that can have no scheduled provisioned concurrency. @param most Environments asked for at any time. */
export function checkAlias(construct: Construct, alias: Alias, most: number): void {
  if (alias.version.version === '$LATEST')
    refuse(
      construct,
      `expected \`alias\` to name a published version, got $LATEST of ${alias.node.path}, which gets no provisioned concurrency; give it \`currentVersion\` of the function`,
    );
  const resource = alias.node.defaultChild;
  if (!(resource instanceof CfnAlias)) return;
  if (resource.routingConfig !== undefined)
    refuse(
      construct,
      `expected \`alias\` to name one version, got weights in ${alias.node.path}, beside which Lambda refuses provisioned concurrency; leave out \`additionalVersions\``,
    );
  if (resource.provisionedConcurrencyConfig !== undefined)
    refuse(
      construct,
      `expected \`alias\` without \`provisionedConcurrentExecutions\`, got it in ${alias.node.path}; leave it out, since the schedule sets it, and name it as \`floor\``,
    );
  if (alias.node.tryFindChild('AliasScaling'))
    refuse(
      construct,
      `expected \`alias\` without \`addAutoScaling\`, got it in ${alias.node.path}; leave it out, and give \`tracking\``,
    );
  if (alias.lambda instanceof LambdaFunction) checkFunction(construct, alias.lambda, most);
}

function checkFunction(construct: Construct, fn: LambdaFunction, most: number): void {
  const resource = fn.node.defaultChild;
  if (!(resource instanceof CfnFunction)) return;
  const kind = unsupportedKind(resource);
  if (kind !== undefined)
    refuse(
      construct,
      `expected a function that can have provisioned concurrency, got ${fn.node.path} with ${kind}; leave out one of them`,
    );
  const reserved = resource.reservedConcurrentExecutions;
  if (reserved !== undefined && !Token.isUnresolved(reserved) && reserved < most)
    refuse(
      construct,
      `expected at most the reserved concurrency of ${fn.node.path}, ${reserved}, to be kept ready, got ${most}; reserve ${most} or more`,
    );
}
