import { App, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { refuse, refuseBoth } from '../../cdk/constructs/refuse.ts';

const construct = () => new Construct(new Stack(new App(), 'Shop'), 'Orders');

describe('props that are refused', () => {
  test('are told with the path of the construct', () => {
    expect(() => refuse(construct(), 'expected `timeout` to be less')).toThrow(
      'Shop/Orders: expected `timeout` to be less',
    );
  });

  test('are those that say the same twice', () => {
    expect(() => refuseBoth(construct(), { existingTable: {}, tableProps: {} })).toThrow(
      'Shop/Orders: expected one of `existingTable` and `tableProps`, got both; leave out one of them',
    );
    expect(() => refuseBoth(construct(), { existingTable: {}, tableProps: undefined })).not.toThrow();
  });
});
