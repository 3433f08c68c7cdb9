/**
 * The context that the local run sets when it synthesizes an app: `true`. The CDK's command does not, so that an app can
 * refuse what must not be deployed.
 */
export const LOCAL_RUN_CONTEXT = 'fibrin:localRun';
