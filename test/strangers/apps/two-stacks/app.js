/* One stack with what is kept, another with what uses it. */
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const app = new App();
const env = { account: '123456789012', region: 'eu-central-1' };

class DataStack extends Stack {
  constructor() {
    super(app, 'Data', { env });
    this.names = new Table(this, 'Names', {
      partitionKey: { name: 'name', type: AttributeType.STRING },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.taken = new Topic(this, 'Taken');
    this.taken.addSubscription(new SqsSubscription(new Queue(this, 'News', { queueName: 'news' })));
  }
}

class ApiStack extends Stack {
  constructor({ names, taken }) {
    super(app, 'Api', { env });
    const take = new LambdaFunction(this, 'Take', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'take.handler',
      code: Code.fromAsset('handlers'),
      environment: { TABLE: names.tableName, TOPIC_ARN: taken.topicArn },
    });
    names.grantWriteData(take);
    taken.grantPublish(take);
    new HttpApi(this, 'Http').addRoutes({
      path: '/names/{name}',
      methods: [HttpMethod.PUT],
      integration: new HttpLambdaIntegration('TakeIntegration', take),
    });
  }
}

new ApiStack(new DataStack());
