import { Stack, Validations } from 'aws-cdk-lib';
import type { HttpRoute } from 'aws-cdk-lib/aws-apigatewayv2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** An ARN as cdk-nag writes it in the names of its findings. */
function flat(part: unknown): string {
  if (typeof part === 'string') return part;
  const { Ref, 'Fn::Join': join } = part as {
    readonly Ref?: string;
    readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
  };
  return join ? join[1].map(flat).join(join[0]) : `<${Ref}>`;
}

/**
 * Lets a role call a route.
 * @param stage The one stage that it may call it on. The CDK's own grant is for all.
 */
export function grantRoute(route: HttpRoute, stage: string, grantee: IGrantable): void {
  const arn = route.routeArn.replace('/*/', `/${stage}/`);
  Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: [arn] });
  const { grantPrincipal } = grantee;
  if (Construct.isConstruct(grantPrincipal) && arn.includes('*'))
    Validations.of(grantPrincipal).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${flat(Stack.of(route).resolve(arn))}]`,
      reason:
        'The right to call a route covers every value of its parameters, every method of ANY, every stage of an existing API',
    });
}
