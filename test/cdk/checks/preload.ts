/* Loaded before a CDK app: has the package's checks look at the app when it is synthesized, whatever the app is made of. */
import { App, type Stage, Validations } from 'aws-cdk-lib';
import { ResilienceChecks } from 'fibrin/cdk';

const { synth } = App.prototype;
const looked = new WeakSet<Stage>();

App.prototype.synth = function (this: App, ...args) {
  if (!looked.has(this)) {
    looked.add(this);
    Validations.of(this).addPlugins(new ResilienceChecks());
  }
  return synth.apply(this, args);
};
