import { App } from 'aws-cdk-lib';
import { OrdersStack } from './orders-stack.ts';

const app = new App();
const paymentsUrl: unknown = app.node.tryGetContext('paymentsUrl');
if (typeof paymentsUrl !== 'string' || !URL.canParse(paymentsUrl))
  throw new Error('Say where the payment service is: -c paymentsUrl=https://payments.example.com');
new OrdersStack(app, 'Orders', { paymentsUrl, description: 'Orders that are paid once' });
