/* The runbook and the guide say what the constructs do, and their commands are those of the command line. */
import { readFileSync } from 'node:fs';
import { Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { BURN_RATE_RULES, budgetSpent, detectionMinutes } from '../../../cdk/constructs/alarms/burn-rate.ts';
import { BurnRateAlarms } from '../../../cdk/constructs/alarms/burn-rate-alarms.ts';
import { RequestMetricsOf } from '../../../cdk/constructs/alarms/request-metrics.ts';
import { ResilienceAlarms } from '../../../cdk/constructs/alarms/resilience-alarms.ts';
import { RUNBOOK } from '../../../cdk/constructs/alarms/runbook.ts';
import { readArguments as breakersArguments } from '../../../lib/cli/breakers/arguments.ts';
import { readArguments as idempotencyArguments } from '../../../lib/cli/idempotency/arguments.ts';
import { compositeAlarmsOf, metricAlarmsOf } from '../../support/alarms/template-alarms.ts';
import { newFunction, newStack } from '../deliveries.ts';
import { warmedAlias } from '../warm-alias-of.ts';

const read = (file: string): string =>
  readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');
const runbook = read('runbook.md');
const guide = read('guides/alarms.md');

const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(' ', '-');
/** The sections of the runbook, by their anchors. */
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = ''] = section.split('\n');
      return [anchorOf(heading), section];
    }),
);

/** All alarms that the constructs make. */
function descriptions(): readonly string[] {
  const stack = newStack();
  const alias = newFunction(stack, 'Function').addAlias('live');
  new BurnRateAlarms(stack, 'Availability', {
    ...RequestMetricsOf.httpApi(new HttpApi(stack, 'Api')),
    availability: 0.999,
  });
  new ResilienceAlarms(stack, 'Resilience', {
    ...{ namespace: 'Shop', breakers: ['payments'], operations: ['charge'] },
    ...{ deadLetterQueues: [new Queue(stack, 'Failed')], functions: [alias], provisioned: [alias] },
    warmed: [warmedAlias(stack)],
  });
  const template = Template.fromStack(stack).toJSON();
  return [...metricAlarmsOf(template), ...compositeAlarmsOf(template)].map(({ description }) => description);
}

/** The commands of the command line in a text, without comments. */
const commandsIn = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/^npx --no-install fibrin (.+?)(?: +#.*)?$/gm)].map(([, command = '']) =>
    [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''),
  );

describe('the runbook', () => {
  test('has the section that each alarm names, and no other', () => {
    const named = descriptions().map(
      (description) => /Runbook: \S+docs\/runbook\.md#(\S+)$/.exec(description)?.[1],
    );
    expect(named).toHaveLength(6 + 3 + 7);
    expect(new Set(named)).toEqual(new Set(Object.values(RUNBOOK)));
    expect([...sections.keys()]).toEqual(Object.values(RUNBOOK));
  });

  test.each([...sections])(
    'says in %s what it means, what to look at, a command, and when it is over',
    (_anchor, text) => {
      const parts = ['**Means.**', '**Look at.**', '```sh', '**Over.**'].map((part) => text.indexOf(part));
      expect(parts).not.toContain(-1);
      expect(parts).toEqual(parts.toSorted((one, other) => one - other));
    },
  );

  test('has commands that the command line takes', () => {
    const commands = commandsIn(runbook);
    expect(commands.length).toBeGreaterThan(5);
    for (const [command = '', ...args] of commands) {
      const parse = { breakers: breakersArguments, idempotency: idempotencyArguments }[command];
      const request = parse?.([...args, '--table', 'resilience']);
      expect(request, command).toMatchObject({ action: args[0], table: 'resilience' });
    }
  });

  test('would be caught with a command that does not exist', () => {
    const [[command = '', ...args] = []] = commandsIn(
      'npx --no-install fibrin breakers reset posts  # not there',
    );
    expect([command, ...args]).toEqual(['breakers', 'reset', 'posts']);
    expect(() => breakersArguments(args)).toThrow('expected fibrin breakers list, show');
  });
});

describe('the guide', () => {
  test('has the promises that the windows keep', () => {
    const [, table = ''] = guide.split('<!-- promises -->');
    const rows = [...table.matchAll(/^\| ([\d.]+) % \| (.+) \| (.+) \| (.+) \|$/gm)];
    expect(rows).toHaveLength(8);
    for (const [, ratio, ...minutes] of rows)
      expect(minutes, `${ratio} %`).toEqual(
        Object.values(BURN_RATE_RULES).map((rule) => {
          const trouble = { availability: 0.999, errorRatio: Number(ratio) / 100 };
          return detectionMinutes(rule, trouble)?.toLocaleString('en-US') ?? 'never';
        }),
      );
  });

  test('has the burn rates and what they leave of the budget', () => {
    for (const { burnRate, ...rule } of Object.values(BURN_RATE_RULES)) {
      const spent = Math.round(budgetSpent({ burnRate, ...rule }) * 100);
      expect(guide).toMatch(new RegExp(`\\| ${burnRate} \\| [^|]+ \\| ${spent} % \\|`));
    }
  });
});
