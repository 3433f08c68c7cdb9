/* Loaded before a CDK app: takes out of its stacks what emulators lack, whatever the app is made of. */
import { App, Stack } from 'aws-cdk-lib';
import { leaveOutWhatEmulatorsLack } from '../../cdk/stacks/emulator.ts';

const { synth } = App.prototype;

App.prototype.synth = function (this: App, ...args) {
  for (const stack of this.node.findAll().filter(Stack.isStack)) leaveOutWhatEmulatorsLack(stack);
  return synth.apply(this, args);
};
