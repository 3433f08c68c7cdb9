/* The lives of a stack with a resilience table: each stack of this app is one of them. */
import { App, ArnFormat, Stack } from 'aws-cdk-lib';
import { AttributeType, type TablePropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type FunctionOptions, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import {
  ResilienceTable,
  type ResilienceTableProps,
  ResilientFunction,
} from '../../../cdk/constructs/index.ts';
import { asSingleTables } from './single-table.ts';

const app = new App();
const paymentsUrl = String(app.node.tryGetContext('paymentsUrl'));
const keptTable: unknown = app.node.tryGetContext('keptTable');

interface Shop {
  readonly stackName: string;
  readonly release: string;
  readonly table?: (stack: Stack) => ResilienceTableProps;
  readonly functionProps?: FunctionOptions;
}

function shop(id: string, { stackName, release, table, functionProps }: Shop): Stack {
  const stack = new Stack(app, id, { stackName });
  new ResilientFunction(stack, 'Charge', {
    entry: 'test/cdk/kept-app/charge.ts',
    bundling: { conditions: ['fibrin-source'] },
    resilience: { table: new ResilienceTable(stack, 'Resilience', table?.(stack)), operations: ['charge'] },
    environment: { PAYMENTS_URL: paymentsUrl, RELEASE: release },
    ...(functionProps && { functionProps }),
  });
  return stack;
}

/** A function that Lambda refuses when all else is there, and a table of the user's own, which stays by default. */
function thatFails(stack: Stack): Stack {
  new TableV2(stack, 'Own', { partitionKey: { name: 'pk', type: AttributeType.STRING } });
  const made = [...stack.node.children];
  const missing = stack.formatArn({
    ...{ service: 'lambda', resource: 'layer', resourceName: 'missing:1' },
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const refused = new ResilientFunction(stack, 'Refused', {
    entry: 'test/cdk/kept-app/charge.ts',
    bundling: { conditions: ['fibrin-source'] },
    functionProps: { layers: [LayerVersion.fromLayerVersionArn(stack, 'Missing', missing)] },
  });
  refused.node.addDependency(...made);
  return stack;
}

/** Defaults of which it is said that they are not given. */
const UNDEFINED_OF_TABLE = {
  ...{ partitionKey: undefined, timeToLiveAttribute: undefined, deletionProtection: undefined },
  ...{ removalPolicy: undefined, billing: undefined, pointInTimeRecoverySpecification: undefined },
} as unknown as TablePropsV2;
const UNDEFINED_OF_FUNCTION: FunctionOptions = {
  ...{ timeout: undefined, memorySize: undefined, tracing: undefined, logGroup: undefined, role: undefined },
  environment: { FIBRIN_TABLE: undefined as unknown as string },
};

asSingleTables(shop('First', { stackName: 'Kept', release: '1' }));
asSingleTables(
  shop('Second', {
    ...{ stackName: 'Kept', release: '2', functionProps: UNDEFINED_OF_FUNCTION },
    table: () => ({ tableProps: UNDEFINED_OF_TABLE }),
  }),
);
asSingleTables(shop('Anew', { stackName: 'Anew', release: '1' }));
asSingleTables(thatFails(shop('Failing', { stackName: 'Failing', release: '1' })));
asSingleTables(shop('Mended', { stackName: 'Failing', release: '1' }));
if (typeof keptTable === 'string') {
  shop('Existing', {
    ...{ stackName: 'Kept', release: '3' },
    table: (stack) => ({ existingTable: TableV2.fromTableName(stack, 'Kept', keptTable) }),
  });
  shop('ImportedAsItIs', { stackName: 'Kept', release: '4' });
  asSingleTables(shop('Imported', { stackName: 'Kept', release: '4' }));
}
