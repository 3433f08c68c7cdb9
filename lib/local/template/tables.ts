import type { StreamViewType } from '../streams/source.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';

export interface TableModel {
  readonly logicalId: string;
  readonly tableName: string;
  /** The properties that CreateTable takes too. */
  readonly definition: Properties;
  readonly ttlAttribute: string | undefined;
  readonly streamViewType: StreamViewType | undefined;
  readonly faultTarget: string | undefined;
  /** Module, relative to the project, whose default export yields the items to start with. */
  readonly seed: string | undefined;
}

const DEFINITION = ['AttributeDefinitions', 'KeySchema', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes'];
const textOr = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export function readTables(reader: TemplateReader): readonly TableModel[] {
  const names = [...DEFINITION, 'TimeToLiveSpecification', 'StreamSpecification'];
  return reader.ofType(['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'], names).map((resource) => {
    const { logicalId, metadata, properties } = resource;
    const ttl = properties['TimeToLiveSpecification'] as Properties | undefined;
    const stream = properties['StreamSpecification'] as Properties | undefined;
    return {
      logicalId,
      tableName: reader.nameOf(logicalId),
      definition: Object.fromEntries(
        Object.entries(properties).filter(([name]) => DEFINITION.includes(name)),
      ),
      ttlAttribute: ttl?.['Enabled'] === true ? String(ttl['AttributeName']) : undefined,
      streamViewType: stream?.['StreamViewType'] as StreamViewType | undefined,
      faultTarget: textOr(metadata['fibrin:fault']),
      seed: textOr(metadata['fibrin:seed']),
    };
  });
}
