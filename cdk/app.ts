import { App, Tags, Validations } from 'aws-cdk-lib';
import { ResilienceChecks } from 'fibrin/cdk';
import { ProfileStack } from './stacks/profile-stack.ts';
import { stageOf } from './stacks/stage.ts';

const app = new App();
Validations.of(app).addPlugins(new ResilienceChecks());
const stage = stageOf(app.node);
const stack = new ProfileStack(app, `fibrin-profile-${stage.name}`, {
  stage,
  description: 'The profile workload on fibrin: degrades instead of dying',
});
Tags.of(stack).add('app', 'fibrin-profile');
