/* Dependencies go one way; see docs/architecture.md. */

const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^(lib|functions|cdk)/', pathNot: allowed },
});

const INSIDE =
  '^lib/(core|policy|breaker|cache|chaos|deadline|http|idempotency|store|events|shedding|telemetry|middleware)/';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@opentelemetry/api$' },
    },
    {
      name: 'opentelemetry-in-its-place',
      comment: 'an optional peer that is looked for at run time, by one file',
      severity: 'error',
      from: { pathNot: '^lib/telemetry/otel\\.ts$' },
      to: { path: '@opentelemetry/' },
    },
    only('core-alone', '^lib/core/', '^lib/core/', 'core imports nothing of the project'),
    only('breaker', '^lib/breaker/', '^lib/(core|breaker)/', 'breakers know the store by its interface only'),
    only(
      'idempotency',
      '^lib/idempotency/',
      '^lib/(core|idempotency)/',
      'idempotency knows the store by its interface only',
    ),
    only(
      'policy',
      '^lib/policy/',
      '^lib/((core|policy)/|breaker/(local|options|permit)\\.ts$)',
      'a policy makes breakers of this environment only: a shared one is handed to it',
    ),
    only('cache', '^lib/cache/', '^lib/(core|cache)/', 'a cache is handed to a policy, and knows none'),
    only('chaos', '^lib/chaos/', '^lib/(core|policy|chaos)/', 'injected faults are a layer of a policy'),
    only('deadline', '^lib/deadline/', '^lib/(core|deadline)/', 'the time of an invocation needs core alone'),
    only('http', '^lib/http/', '^lib/(core|http)/', 'a call over HTTP knows nothing of what protects it'),
    only(
      'store',
      '^lib/store/',
      '^lib/((core|store)/|http/(agents|exchange|read-body)\\.ts$)',
      'stores implement the interface in core, and know no user of it; without the SDK they send as boundedFetch does',
    ),
    only(
      'events',
      '^lib/events/',
      '^lib/((core|events)/|policy/(resilient|retry-budget|retry-options)\\.ts$)',
      'events know nothing of stores; the publisher retries as every call does',
    ),
    only(
      'shedding',
      '^lib/shedding/',
      '^lib/((core|shedding)/|policy/waiting-line\\.ts$)',
      'requests wait in the line in which calls do',
    ),
    only(
      'telemetry',
      '^lib/telemetry/',
      '^lib/(core|telemetry)/',
      'what telemetry observes is handed its listeners',
    ),
    only(
      'middleware',
      '^lib/middleware/',
      '^lib/(core|policy|breaker|chaos|deadline|idempotency|shedding|telemetry|middleware)/',
      'middlewares wrap what works without Middy',
    ),
    only(
      'testing',
      '^lib/testing/',
      '^lib/((core|chaos|testing)/|store/memory\\.ts$)',
      'the test kit needs no SDK, no Middy and no table',
    ),
    only(
      'simulation',
      '^lib/simulation/',
      '^lib/((core|breaker|cache|policy|simulation)/|store/memory\\.ts$)',
      'the simulation runs the shipped breaker and policies, and nothing of the machine',
    ),
    only(
      'terminal',
      '^lib/terminal/',
      '^lib/(core|terminal)/',
      'what is printed knows nothing of who prints it',
    ),
    only(
      'functions',
      '^functions/',
      '^(functions/|lib/(index\\.ts|(breaker|cache|events|idempotency|store|store/lean|telemetry)/index\\.ts|middleware/))',
      'functions use the package as its users do',
    ),
    only(
      'constructs',
      '^cdk/constructs/',
      '^(cdk/constructs|lib/core)/',
      'constructs are for every app: they take the layout of the table from core, and know nothing of this app',
    ),
    only(
      'app',
      '^cdk/(app\\.ts$|stacks/)',
      '^(cdk/(stacks/|constructs/index\\.ts$)|lib/core/local-run\\.ts$)',
      'the app uses the constructs as others do; functions come as bundled assets',
    ),
    {
      name: 'no-infrastructure-at-run-time',
      comment: 'what runs in Lambda must not drag the CDK along',
      severity: 'error',
      from: { path: ['^functions/', '^lib/'] },
      to: { path: ['node_modules/(aws-cdk-lib|constructs)/', '^cdk/'] },
    },
    {
      name: 'sdk-in-its-places',
      comment: 'one file a client: who does not import it pays for no SDK',
      severity: 'error',
      from: {
        path: '^lib/',
        pathNot: '^lib/(store/transport/(sdk|refused-condition)|events/publisher)\\.ts$',
      },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'lean-without-the-sdk',
      comment: 'who imports fibrin/dynamodb-lean pays for no SDK',
      severity: 'error',
      from: { path: '^lib/store/lean/' },
      to: { path: '^lib/store/(dynamodb|scan|index)\\.ts$|transport/sdk\\.ts$' },
    },
    {
      name: 'no-test-kit-in-the-toolkit',
      comment: 'what is deployed, and the tools, stand without the test kit',
      severity: 'error',
      from: { path: '^(lib|functions|cdk)/', pathNot: '^lib/testing/' },
      to: { path: '^lib/testing/' },
    },
    {
      name: 'no-tools-in-the-toolkit',
      comment: 'the local run and the command line are not part of what a function imports',
      severity: 'error',
      from: { path: INSIDE },
      to: { path: '^lib/(local|cli|simulation|terminal)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      importsFields: ['imports'],
      conditionNames: ['fibrin-source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
};
