import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType, StreamViewType, type TablePropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import {
  EventConsumer,
  OutboxRelay,
  ResilienceTable,
  ResilientFunction,
  ResilientHttpApi,
  Sensitivity,
  SensitivityBus,
} from 'fibrin/cdk';

export interface OrdersStackProps extends StackProps {
  readonly paymentsUrl: string;
}

const TABLE: TablePropsV2 = {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
};

/** PUT /orders/{id} → payment service and table → stream → bus → queue → shipments. */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, { paymentsUrl, ...props }: OrdersStackProps) {
    super(scope, id, props);
    const orders = new TableV2(this, 'Orders', { ...TABLE, dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES });
    // Can be made again from the orders.
    const shipments = new TableV2(this, 'Shipments', { ...TABLE, removalPolicy: RemovalPolicy.DESTROY });

    const putOrder = new ResilientFunction(this, 'PutOrder', {
      entry: 'functions/put-order.ts',
      resilience: {
        table: new ResilienceTable(this, 'Resilience'),
        breakers: ['payments'],
        operations: ['put-order'],
      },
      environment: { ORDERS_TABLE: orders.tableName, PAYMENTS_URL: paymentsUrl },
    });
    orders.grant(putOrder, 'dynamodb:GetItem', 'dynamodb:PutItem');

    const { bus } = new SensitivityBus(this, 'Events', { sensitivity: Sensitivity.INTERNAL });
    new OutboxRelay(this, 'Outbox', {
      table: orders,
      buses: { BUS: bus },
      resilientFunction: new ResilientFunction(this, 'Relay', { entry: 'functions/relay.ts' }),
    });

    const ship = new ResilientFunction(this, 'Ship', {
      entry: 'functions/ship.ts',
      environment: { SHIPMENTS_TABLE: shipments.tableName },
    });
    shipments.grant(ship, 'dynamodb:PutItem');
    new EventConsumer(this, 'Shipping', {
      bus,
      eventPattern: { source: ['orders'], detailType: ['order.placed'] },
      resilientFunction: ship,
    });

    const { api } = new ResilientHttpApi(this, 'Api', {
      routes: [{ method: HttpMethod.PUT, path: '/orders/{id}', handler: putOrder.alias }],
    });
    new CfnOutput(this, 'ApiUrl', { value: api.apiEndpoint });
  }
}
