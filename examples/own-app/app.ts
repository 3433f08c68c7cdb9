import { App } from 'aws-cdk-lib';
import { OrdersStack } from './orders-stack.ts';

const app = new App();
const paymentsUrl: unknown = app.node.tryGetContext('paymentsUrl');
if (typeof paymentsUrl !== 'string' || !URL.canParse(paymentsUrl))
  throw new Error('paymentsUrl is no URL; cdk.json sets it, and -c paymentsUrl=https://payments.example.com');
new OrdersStack(app, 'Orders', { paymentsUrl, description: 'Orders that are paid once' });
