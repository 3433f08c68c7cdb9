import { type Stack, TimeZone } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import { Days } from '../../cdk/constructs/warm-window.ts';
import type { WarmedAlias } from '../../cdk/constructs/warmed-alias.ts';
import { Warmer } from '../../cdk/constructs/warmer.ts';

/** An alias of which a warmer is to keep ten environments warm. */
export function warmedAlias(stack: Stack): WarmedAlias {
  const code = Code.fromInline('exports.handler = async () => undefined;');
  const { alias } = new ResilientFunction(stack, 'Charge', { code });
  return new Warmer(stack, 'Warmer').keepWarm(alias, {
    windows: [
      { days: Days.EVERY_DAY, from: '00:00', to: '24:00', environments: 10, timeZone: TimeZone.ETC_UTC },
    ],
  });
}
