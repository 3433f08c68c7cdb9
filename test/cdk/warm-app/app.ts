/* An app of which two functions are to have ten warm environments each: one may have them, the other eight. */
import { App, Stack, TimeZone } from 'aws-cdk-lib';
import {
  Days,
  Prewarm,
  ResilienceAlarms,
  ResilientFunction,
  type ResilientFunctionProps,
  Warmer,
} from 'fibrin/cdk';

const stack = new Stack(new App(), 'warm');
const fn = (id: string, props: ResilientFunctionProps = {}) =>
  new ResilientFunction(stack, id, {
    entry: 'handler.ts',
    bundling: { conditions: ['fibrin-source'] },
    ...props,
  });
const functions = [fn('Wide'), fn('Narrow', { reservedConcurrency: 8 })];

const prewarm = new Prewarm(stack, 'Prewarm');
const warmer = new Warmer(stack, 'Warmer');
const warmed = functions.map(({ alias }) => {
  prewarm.add(alias);
  return warmer.keepWarm(alias, {
    windows: [
      { days: Days.EVERY_DAY, from: '00:00', to: '24:00', environments: 10, timeZone: TimeZone.ETC_UTC },
    ],
  });
});
new ResilienceAlarms(stack, 'Alarms', { namespace: 'fibrin', warmed });
