import type { BusModel, RuleModel, TargetModel } from '../events/model.ts';
import { readDeliveryPolicy } from './delivery.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';
import { refuse } from './refuse.ts';

export function readBuses(reader: TemplateReader): readonly BusModel[] {
  return reader.ofType(['AWS::Events::EventBus'], []).map(({ logicalId }) => ({
    name: reader.nameOf(logicalId),
    arn: reader.arnOf(logicalId),
  }));
}

function readTarget(target: Properties): TargetModel {
  const { Id, Arn, Input, InputPath, InputTransformer, SqsParameters } = target;
  const transformer = InputTransformer as Properties | undefined;
  const group = (SqsParameters as Properties | undefined)?.['MessageGroupId'];
  return {
    id: String(Id),
    arn: String(Arn),
    ...readDeliveryPolicy(target),
    ...(Input !== undefined && { input: String(Input) }),
    ...(InputPath !== undefined && { inputPath: String(InputPath) }),
    ...(transformer && {
      inputTransformer: {
        pathsMap: (transformer['InputPathsMap'] ?? {}) as Readonly<Record<string, string>>,
        template: String(transformer['InputTemplate']),
      },
    }),
    ...(group !== undefined && { messageGroupId: String(group) }),
  };
}

export function readRules(reader: TemplateReader): readonly RuleModel[] {
  const names = ['EventBusName', 'EventPattern', 'ScheduleExpression', 'State', 'Targets'];
  return reader.ofType(['AWS::Events::Rule'], names).map(({ logicalId, properties }) => {
    const { EventBusName, EventPattern, ScheduleExpression, State, Targets } = properties;
    const name = reader.nameOf(logicalId);
    // A bus is named by its name or its ARN.
    const busName = String(EventBusName ?? 'default').replace(/^arn:.*:event-bus\//, '');
    if (ScheduleExpression !== undefined && busName !== 'default')
      refuse(
        logicalId,
        `a schedule on the bus ${busName}`,
        'leave EventBusName out: AWS has them on the default bus only',
      );
    const path = busName === 'default' ? name : `${busName}/${name}`;
    return {
      name,
      arn: `arn:aws:events:${reader.region}:${reader.account}:rule/${path}`,
      busName,
      enabled: State !== 'DISABLED',
      pattern: EventPattern,
      ...(ScheduleExpression !== undefined && { schedule: String(ScheduleExpression) }),
      targets: ((Targets ?? []) as readonly Properties[]).map(readTarget),
    };
  });
}
