/* Loaded before a CDK app: has cdk-nag and the package's own checks look at the app when it is synthesized, whatever the app is made of. */
import { App, type Stage, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { ResilienceChecks } from 'fibrin/cdk';

const { synth } = App.prototype;
const looked = new WeakSet<Stage>();

App.prototype.synth = function (this: App, ...args) {
  if (!looked.has(this)) {
    looked.add(this);
    const plugins = [new AwsSolutionsChecks(this), new ServerlessChecks(this), new ResilienceChecks()];
    Validations.of(this).addPlugins(...plugins);
  }
  return synth.apply(this, args);
};
