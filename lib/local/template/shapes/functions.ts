import type { PropertyShapes, Shape } from '../shape.ts';
import { CORS } from './cors.ts';

const ON: Shape = { Destination: 'text!' };
const ASSET_BUCKET = 'unnoticed: the key alone says which asset it is';

export const FUNCTION_SHAPES: Readonly<Record<string, PropertyShapes>> = {
  'AWS::Lambda::Alias': {
    FunctionName: 'text!',
    Name: 'text!',
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 'number!' },
  },
  'AWS::Lambda::EventInvokeConfig': {
    DestinationConfig: { OnFailure: ON, OnSuccess: ON },
    FunctionName: 'text!',
    MaximumEventAgeInSeconds: 'number',
    MaximumRetryAttempts: 'number',
  },
  'AWS::Lambda::EventSourceMapping': {
    BatchSize: 'number',
    BisectBatchOnFunctionError: 'boolean',
    DestinationConfig: { OnFailure: ON },
    Enabled: 'boolean',
    EventSourceArn: 'text!',
    FilterCriteria: { Filters: [{ Pattern: 'text!' }] },
    FunctionName: 'text!',
    FunctionResponseTypes: 'texts',
    MaximumBatchingWindowInSeconds: 'number',
    MaximumRecordAgeInSeconds: 'number',
    MaximumRetryAttempts: 'number',
    ScalingConfig: { MaximumConcurrency: 'number' },
    StartingPosition: 'text',
    TumblingWindowInSeconds: 'number',
  },
  'AWS::Lambda::Function': {
    CapacityProviderConfig: {
      LambdaManagedInstancesCapacityProviderConfig: {
        CapacityProviderArn: 'unnoticed: sandboxes are processes of this machine',
        ExecutionEnvironmentMemoryGiBPerVCpu: 'number',
        PerExecutionEnvironmentMaxConcurrency: 'number',
      },
    },
    Code: { ImageUri: 'text', S3Bucket: ASSET_BUCKET, S3Key: 'text', ZipFile: 'text' },
    DeadLetterConfig: { TargetArn: 'text' },
    Environment: { Variables: 'map' },
    Handler: 'text',
    Layers: 'texts',
    MemorySize: 'number',
    ReservedConcurrentExecutions: 'number',
    Runtime: 'text',
    Timeout: 'number',
  },
  'AWS::Lambda::LayerVersion': { Content: { S3Bucket: ASSET_BUCKET, S3Key: 'text' } },
  'AWS::Lambda::Url': {
    AuthType: 'text!',
    Cors: CORS,
    InvokeMode: 'text',
    Qualifier: 'text',
    TargetFunctionArn: 'text!',
  },
};
