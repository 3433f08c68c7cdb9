import { App, Tags } from 'aws-cdk-lib';
import { ProfileStack } from './stacks/profile-stack.ts';
import { stageOf } from './stacks/stage.ts';

const app = new App();
const stage = stageOf(app.node);
const stack = new ProfileStack(app, `fibrin-profile-${stage.name}`, {
  stage,
  description: 'The profile workload on fibrin: degrades instead of dying',
});
Tags.of(stack).add('app', 'fibrin-profile');
