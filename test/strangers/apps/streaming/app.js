/* Function URLs whose answers are sent while they are made. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import {
  Code,
  FunctionUrlAuthType,
  InvokeMode,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'Streaming');
for (const name of ['Lines', 'Broken'])
  new LambdaFunction(stack, name, {
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${name.toLowerCase()}`,
    code: Code.fromAsset('handlers'),
    timeout: Duration.seconds(10),
  }).addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: InvokeMode.RESPONSE_STREAM });
