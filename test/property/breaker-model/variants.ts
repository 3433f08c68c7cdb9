import { BreakerOpenError } from '../../../lib/core/errors.ts';
import type { Item } from '../../../lib/core/store.ts';
import { currentCall } from './call.ts';
import {
  changed,
  closed,
  closesForAll,
  closesLate,
  isClosing,
  isTrip,
  keepsLostClaims,
  reads,
  reports,
  rereads,
  type Sabotage,
  slotBefore,
  unconditional,
  without,
  writes,
} from './sabotage.ts';
import type { Invariant } from './violation.ts';

interface Variant {
  readonly by: Sabotage;
  /** What the model must see of it: one of these. */
  readonly breaks: readonly Invariant[];
}

const ABOUT_CLAIMS: readonly Invariant[] = [
  'versions grow by one',
  'changes are those of the protocol',
  'one probe under a claim',
  'only the holder of a claim records its probe',
  'a probe waits as long as the state says',
  'an environment acts on the newest state that it knows',
];

/** Variants of the breaker that are broken each in one way. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  'claims without a condition': {
    by: writes((item, options) => (item['isProbing'] ? unconditional(item, options) : undefined)),
    breaks: ABOUT_CLAIMS,
  },
  'closes without a condition': {
    by: writes((item, options) => (isClosing(item) ? unconditional(item, options) : undefined)),
    breaks: [...ABOUT_CLAIMS, 'overrides win while they last'],
  },
  'opens without a condition': {
    by: writes((item, options) => (isTrip(item) ? unconditional(item, options) : undefined)),
    breaks: [...ABOUT_CLAIMS, 'overrides win while they last'],
  },
  'does not compare when a state began': {
    by: writes((item, options) => without('since', item, options)),
    breaks: ABOUT_CLAIMS,
  },
  'writes over what another version has written': {
    by: writes((item, options) => without('v', item, options)),
    breaks: ['what another version has written is left as it is'],
  },
  'claims for no time': {
    by: writes((item, options) => (item['isProbing'] ? changed({ until: 0 })(item, options) : undefined)),
    breaks: ['changes are those of the protocol', 'late probers do not call'],
  },
  'claims a probe before its time': {
    by: reads((item) => (item['state'] === 'open' ? { ...item, until: 0 } : item)),
    breaks: ['a probe waits as long as the state says', 'no call is made while it is open'],
  },
  'keeps a claim that got no answer': {
    by: keepsLostClaims,
    breaks: ['no call is made while it is open', ...ABOUT_CLAIMS],
  },
  'makes two calls under one claim': {
    by: {
      execute: (execute) => (call, options) =>
        execute((context) => {
          if (currentCall.getStore()?.claim) void Promise.resolve(call(context)).catch(() => undefined);
          return call(context);
        }, options),
    },
    breaks: ['one probe under a claim'],
  },
  'closes after one success': {
    by: writes((item, options) =>
      item['successes'] === 1 && !item['isProbing'] ? [closed(item), options] : undefined,
    ),
    breaks: ['as many successes close it as are needed'],
  },
  'takes a failed probe for a success': {
    by: writes((item, options) =>
      isTrip(item) && item['successes'] === 0 && item['cause'] === '' ? [closed(item), options] : undefined,
    ),
    breaks: ['as many successes close it as are needed', 'changes are those of the protocol'],
  },
  'takes a late success for one in time': {
    by: closesLate,
    breaks: ['late probers do not close', 'as many successes close it as are needed', ...ABOUT_CLAIMS],
  },
  'closes the shared state by the outcomes of its own breaker': {
    by: closesForAll,
    breaks: ABOUT_CLAIMS,
  },
  'believes an end as it is stored': {
    by: reads((item) => (item['state'] === 'open' ? { ...item, state: 'forced-open' } : item)),
    breaks: [
      'calls are rejected only while the known state allows it',
      'all calls are admitted again within the bound',
    ],
  },
  'waits longer each time that it reads the same state': {
    by: rereads(),
    breaks: [
      'calls are rejected only while the known state allows it',
      'all calls are admitted again within the bound',
    ],
  },
  'takes no opening for a relapse': {
    by: writes((item, options) =>
      item['isRelapse'] ? changed({ isRelapse: false })(item, options) : undefined,
    ),
    breaks: ['changes are those of the protocol'],
  },
  'ignores overrides': {
    by: reads((item) => (String(item['state']).startsWith('forced-') ? { ...item, state: 'closed' } : item)),
    breaks: ['overrides win while they last'],
  },
  'reads the state no second time': {
    by: {
      store(store) {
        let first: Promise<Item | undefined> | undefined;
        return {
          ...store,
          get(key, options) {
            first ??= store.get(key, options);
            return first;
          },
        };
      },
    },
    breaks: [
      'an override reaches all environments',
      'no call is made while it is open',
      'all calls are admitted again within the bound',
    ],
  },
  'never claims': {
    by: writes((item, options) =>
      item['isProbing']
        ? [item, { ...options, when: [[{ attribute: 'version', is: '<', value: 0 }]] }]
        : undefined,
    ),
    breaks: ['all calls are admitted again within the bound'],
  },
  'never reports': {
    by: reports(() => () => Promise.resolve({})),
    breaks: ['failures open it when all is well'],
  },
  'reports twice': {
    by: reports((store) => async (...args) => {
      await store.add(...args);
      return store.add(...args);
    }),
    breaks: ['an outcome is counted once, as what it was and in its epoch'],
  },
  'reports in no epoch': {
    by: reports(
      (store) =>
        (key, ...rest) =>
          store.add(key.replace(/#\d+#/, '#0#'), ...rest),
    ),
    breaks: ['an outcome is counted once, as what it was and in its epoch'],
  },
  'reports in the epoch before': {
    by: reports(
      (store) =>
        (key, ...rest) =>
          store.add(
            key.replace(/#(\d+)#/, (_, epoch) => `#${Number(epoch) - 1}#`),
            ...rest,
          ),
    ),
    breaks: ['an outcome is counted once, as what it was and in its epoch'],
  },
  'opens of counts that were not reported': {
    by: reports((store) => async (...args) => {
      const sums = Object.entries(await store.add(...args));
      return Object.fromEntries(
        sums.map(([name, sum]) => [name, name.startsWith('f') ? Number(sum) * 10 : sum]),
      );
    }),
    breaks: ['it opens of failures of its own epoch'],
  },
  'removes counts of the window': {
    by: reports((store) => (key, amounts, options) => {
      const remove = Object.keys(amounts).map((name) => `f${slotBefore(name)}`);
      return store.add(key, amounts, { ...options, remove: [...(options.remove ?? []), ...remove] });
    }),
    breaks: ['counts of the window are kept'],
  },
  'publishes any rate': {
    by: writes((item, options) =>
      Number(item['rate']) > 0 ? changed({ rate: Number(item['rate']) * 1e6 })(item, options) : undefined,
    ),
    breaks: ['what is written can be read'],
  },
  'hands errors of the store to its callers': {
    by: {
      execute: (execute, store) => async (call, options) => {
        await store.get('another item');
        return execute(call, options);
      },
    },
    breaks: ['callers see no error of the store'],
  },
  'leaves errors of the store unhandled': {
    by: reports((store) => (...args) => {
      const item = store.add(...args);
      void item.then(Object.keys);
      return item;
    }),
    breaks: ['no rejection is unhandled'],
  },
  'rejects calls for no reason': {
    by: {
      execute: (execute) => {
        let calls = 0;
        return (call, options) =>
          ++calls % 7 === 0 ? Promise.reject(new BreakerOpenError('posts', 1)) : execute(call, options);
      },
    },
    breaks: [
      'calls are rejected only while the known state allows it',
      'overrides win while they last',
      'all calls are admitted again within the bound',
    ],
  },
};
