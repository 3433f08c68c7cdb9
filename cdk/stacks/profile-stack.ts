import { CfnOutput, type CfnResource, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, Billing, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct } from 'constructs';
import { ResilienceTable } from '../constructs/resilience-table.ts';
import { ResilientFunction, type ResilientFunctionProps } from '../constructs/resilient-function.ts';
import { downstreamOf } from './downstream.ts';
import { profileApi } from './profile-api.ts';
import { ProfileEvents } from './profile-events.ts';
import { forbidDeployment, type Stage } from './stage.ts';

export interface ProfileStackProps extends StackProps {
  readonly stage: Stage;
}

/** Tells the local run something about a resource; CloudFormation carries it and does nothing with it. */
function tellLocalRun(construct: IConstruct, metadata: Readonly<Record<string, unknown>>): void {
  const resource = construct.node.defaultChild as CfnResource;
  for (const [key, value] of Object.entries(metadata)) resource.addMetadata(`fibrin:${key}`, value);
}

/** The profile workload: users in DynamoDB, posts and a friend count from elsewhere, behind one HTTP API. */
export class ProfileStack extends Stack {
  constructor(scope: Construct, id: string, { stage, ...props }: ProfileStackProps) {
    super(scope, id, props);
    if (stage.local) forbidDeployment(this);

    const kept = stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const resilience = new ResilienceTable(this, 'Resilience', { removalPolicy: kept });
    const table = (name: string, removalPolicy: RemovalPolicy, stream?: StreamViewType) =>
      new TableV2(this, name, {
        ...(stream && { dynamoStream: stream }),
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        timeToLiveAttribute: 'expiresAt',
        billing: Billing.onDemand(),
        pointInTimeRecoverySpecification: {
          pointInTimeRecoveryEnabled: removalPolicy === RemovalPolicy.RETAIN,
        },
        removalPolicy,
      });
    const users = table('Users', kept, StreamViewType.NEW_AND_OLD_IMAGES);
    const cache = table('Cache', RemovalPolicy.DESTROY);
    const views = table('Views', RemovalPolicy.DESTROY);

    const fn = (name: string, props: ResilientFunctionProps & { reservedConcurrency: number }) => {
      const { reservedConcurrency, ...rest } = props;
      return new ResilientFunction(this, name, {
        ...rest,
        ...(stage.reserveConcurrency && { reservedConcurrency }),
      });
    };

    const downstream = downstreamOf(stage.downstreamUrl, () => {
      const standIn = fn('Downstream', {
        entry: 'functions/downstream.ts',
        timeout: Duration.seconds(10),
        memorySizeMb: 256,
        reservedConcurrency: 40,
        // A constant in the bundle, so that a deployed one does not even contain the switches.
        define: { 'process.env.FIBRIN_FAULT_SWITCHES': JSON.stringify(stage.local ? 'on' : 'off') },
      });
      const url = standIn.alias.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
      tellLocalRun(url, { fault: { posts: '/posts/', social: '/social/' } });
      return url;
    });

    // A constant too: a deployed bundle takes no caller whom the authorizer does not name.
    const openApi = {
      'process.env.FIBRIN_OPEN_API': JSON.stringify(stage.authorization.kind === 'none' ? 'on' : 'off'),
    };
    const environment = { USERS_TABLE: users.tableName, ...downstream.environment };
    const getProfile = fn('GetProfile', {
      entry: 'functions/get-profile.ts',
      timeout: Duration.seconds(5),
      reservedConcurrency: 40,
      resilience: { table: resilience, uses: ['breakers'] },
      environment,
    });
    const getProfileNaive = fn('GetProfileNaive', {
      entry: 'functions/get-profile-naive.ts',
      timeout: Duration.seconds(29),
      reservedConcurrency: 40,
      environment,
    });
    const putProfile = fn('PutProfile', {
      entry: 'functions/put-profile.ts',
      timeout: Duration.seconds(10),
      reservedConcurrency: 25,
      resilience: { table: resilience, uses: ['idempotency'] },
      environment: { USERS_TABLE: users.tableName },
      define: openApi,
    });
    const health = fn('Health', {
      entry: 'functions/health.ts',
      timeout: Duration.seconds(5),
      memorySizeMb: 256,
      reservedConcurrency: 5,
      environment: { ...environment, FIBRIN_TABLE: resilience.table.tableName },
      define: openApi,
    });
    resilience.grantRead(health.function);

    for (const reader of [getProfile, getProfileNaive, health]) {
      users.grant(reader.function, 'dynamodb:GetItem');
      downstream.grantCall(reader.function);
    }
    users.grant(putProfile.function, 'dynamodb:GetItem', 'dynamodb:PutItem');

    new ProfileEvents(this, 'Events', { users, views, cache, fn });

    const api = profileApi(this, 'Api', stage.authorization, {
      getProfile: getProfile.alias,
      getProfileNaive: getProfileNaive.alias,
      putProfile: putProfile.alias,
      health: health.alias,
    });
    new CfnOutput(this, 'ApiUrl', { value: api.api.apiEndpoint });

    tellLocalRun(users, { fault: 'users', seed: 'functions/shared/seed.ts' });
    tellLocalRun(cache, { fault: 'cache' });
    tellLocalRun(resilience.table, { fault: 'resilience' });
  }
}
