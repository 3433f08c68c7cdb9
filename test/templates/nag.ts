/* Loaded before a CDK app: has cdk-nag look at the app when it is synthesized, whatever the app is made of. */
import { App, type Stage, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

const { synth } = App.prototype;
const looked = new WeakSet<Stage>();

App.prototype.synth = function (this: App, ...args) {
  if (!looked.has(this)) {
    looked.add(this);
    Validations.of(this).addPlugins(new AwsSolutionsChecks(this), new ServerlessChecks(this));
  }
  return synth.apply(this, args);
};
