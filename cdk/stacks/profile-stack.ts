import {
  CfnOutput,
  type CfnResource,
  Duration,
  RemovalPolicy,
  Stack,
  type StackProps,
  Validations,
} from 'aws-cdk-lib';
import { AttributeType, Billing, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct } from 'constructs';
import { CacheTable, ResilienceTable } from 'fibrin/cdk';
import { deadLetterQueuesOf, showDeadLetters, showWarmCapacity } from './deep-health.ts';
import { downstreamOf } from './downstream.ts';
import { leaveOutWhatEmulatorsLack } from './emulator.ts';
import { functionsOf } from './functions.ts';
import { ProfileAlarms } from './profile-alarms.ts';
import { profileApi } from './profile-api.ts';
import { ProfileEvents } from './profile-events.ts';
import { ProfileWarmth } from './profile-warmth.ts';
import { forbidDeployment, type Stage } from './stage.ts';

export interface ProfileStackProps extends StackProps {
  readonly stage: Stage;
}

/** As the functions name them. */
const CACHES = ['users', 'posts', 'social'];

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

    const kept = stage.keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
    const resilience = new ResilienceTable(this, 'Resilience', { removalPolicy: kept });
    const table = (name: string, removalPolicy: RemovalPolicy, stream?: StreamViewType) =>
      new TableV2(this, name, {
        ...(stream && { dynamoStream: stream }),
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        timeToLiveAttribute: 'expiresAt',
        billing: Billing.onDemand(),
        pointInTimeRecoverySpecification: {
          pointInTimeRecoveryEnabled: removalPolicy !== RemovalPolicy.DESTROY,
        },
        removalPolicy,
      });
    const users = table('Users', kept, StreamViewType.NEW_AND_OLD_IMAGES);
    const cache = new CacheTable(this, 'Cache');
    const views = table('Views', RemovalPolicy.DESTROY);
    const contacts = table('Contacts', RemovalPolicy.DESTROY);

    const fn = functionsOf(this, stage);

    const downstream = downstreamOf(stage.downstreamUrl, () => {
      const standIn = fn('Downstream', 'downstream', {
        timeout: Duration.seconds(10),
        memorySize: 256,
        reservedConcurrency: 40,
        // A constant in the bundle, so that a deployed one does not even contain the switches.
        define: { 'process.env.FIBRIN_FAULT_SWITCHES': JSON.stringify(stage.local ? 'on' : 'off') },
      });
      Validations.of(standIn.function).acknowledge({
        id: 'Serverless::Serverless-LambdaDLQ',
        reason: 'Its caller waits for it and gets its error.',
      });
      const url = standIn.alias.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
      tellLocalRun(url, { fault: { posts: '/posts/', social: '/social/' } });
      return url;
    });

    // A constant too: a deployed bundle takes no caller whom the authorizer does not name.
    const openApi = {
      'process.env.FIBRIN_OPEN_API': JSON.stringify(stage.authorization.kind === 'none' ? 'on' : 'off'),
    };
    const cacheEnvironment = { CACHE_TABLE: cache.table.tableName };
    const environment = { USERS_TABLE: users.tableName, ...downstream.environment };
    const getProfile = fn('GetProfile', 'get-profile', {
      timeout: Duration.seconds(5),
      reservedConcurrency: 40,
      resilience: { table: resilience, breakers: ['posts', 'users'] },
      environment: { ...environment, ...cacheEnvironment },
    });
    cache.grantCaches(getProfile, CACHES);
    const getProfileNaive = fn('GetProfileNaive', 'get-profile-naive', {
      timeout: Duration.seconds(29),
      reservedConcurrency: 40,
      environment,
    });
    const putProfile = fn('PutProfile', 'put-profile', {
      timeout: Duration.seconds(10),
      reservedConcurrency: 25,
      resilience: { table: resilience, operations: ['put-profile'] },
      environment: { USERS_TABLE: users.tableName, ...cacheEnvironment },
      define: openApi,
    });
    cache.grantCaches(putProfile, ['users']);
    const health = fn('Health', 'health', {
      timeout: Duration.seconds(5),
      memorySize: 256,
      reservedConcurrency: 5,
      resilience: { table: resilience },
      environment,
      define: openApi,
    });
    resilience.grantReadBreakers(health, ['posts', 'users']);
    resilience.grantHealthCheck(health);

    for (const reader of [getProfile, getProfileNaive, health]) {
      users.grant(reader, 'dynamodb:GetItem');
      downstream.grantCall(reader);
    }
    users.grant(putProfile, 'dynamodb:GetItem', 'dynamodb:PutItem');

    const events = new ProfileEvents(this, 'Events', { users, views, cache, contacts, fn });
    // On this machine there is no version before this one, and no request waits.
    const warmth = stage.local
      ? undefined
      : new ProfileWarmth(this, 'Warmth', {
          pinged: [getProfile, putProfile, health],
          batched: events.functions.filter((handler) => handler !== events.journal),
          getProfile,
        });
    showDeadLetters(health);
    showWarmCapacity(health, getProfile);

    const api = profileApi(this, 'Api', stage.authorization, {
      getProfile: getProfile.alias,
      getProfileNaive: getProfileNaive.alias,
      putProfile: putProfile.alias,
      health: health.alias,
    });
    new CfnOutput(this, 'ApiUrl', { value: api.api.apiEndpoint });
    // This machine keeps no metrics.
    if (!stage.local)
      new ProfileAlarms(this, 'Alarms', {
        ...{ api, unrelayed: events.relay.unrelayed, warmed: warmth?.warmed ?? [] },
        functions: [getProfile, getProfileNaive, putProfile, health, ...events.functions],
        deadLetterQueues: deadLetterQueuesOf(this).map(([, queue]) => queue),
      });

    tellLocalRun(users, { fault: 'users', seed: 'functions/shared/seed.ts' });
    tellLocalRun(cache.table, { fault: 'cache' });
    tellLocalRun(resilience.table, { fault: 'resilience' });
    if (stage.emulator) leaveOutWhatEmulatorsLack(this);
  }
}
