/** One member and one proof are one, however they are spelt (R3, R13, R15). */
import { expect } from 'vitest';
import { isIdentity } from '../../../src/domain/primitives/ids.js';
import { c, m, must, p } from '../../support/scenario.js';
import { Life, type Check } from './life.js';

const ID = 'ACoAAAS7RzQB5MFgx7URQOOa7dShFKQhfdIWxms';
/** The member's id in Sales Navigator: another one, that holds the same number. */
const SALES = 'ACwAAAS7RzQBGsNYBcS2NERCgi0j_f7_oYqCSbT';
/** Longer than what an account keeps of an id. */
const ADDRESS = `https://www.linkedin.com/sales/lead/${SALES},NAME_SEARCH,NqOz?_ntb=AbCdEfGh`;

const see = (life: Life, recipient: string, chat = 'chat', message = 'message'): unknown =>
  life.when(life.domain.observe, {
    chatId: c(chat),
    messageId: m(message),
    recipientId: p(recipient),
    sentAt: life.now,
  });

const recipients: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a', { recipientId: p(ID) });
  expect(see(life, ` urn:li:fsd_profile:${ID}`)).toEqual({ matched: 'a', counted: false });
  expect([life.counter, life.states]).toEqual([1, ['delivered']]);
};

const products: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a', { recipientId: p(ADDRESS) });
  expect(see(life, ID)).toEqual({ matched: 'a', counted: false });
  life.reserve('b', { recipientId: p(`${ID.slice(0, -1)}t`), again: true });
  expect(see(life, ID, 'another')).toEqual({ matched: null, counted: true });
};

const asks: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a', { recipientId: p(ID) });
  const again = life.reserve('a', { recipientId: p(`https://www.linkedin.com/in/${ID}/`) });
  expect(again).toMatchObject({ granted: true, repeated: true });
  expect(life.reserve('a', { recipientId: p(`${ID.slice(0, -1)}t`) })).toMatchObject({
    refused: 'ReservationConflict',
  });
};

const proofs: Check = (domain) => {
  const life = new Life(domain);
  expect(see(life, ID, '2-ZDQ=', '2-MTcx')).toEqual({ matched: null, counted: true });
  expect(see(life, ID, '2-ZDQ%3D ', 'urn:li:messagingMessage:2-MTcx')).toMatchObject({
    counted: false,
  });
  expect(life.counter).toBe(1);
  life.reserve('a');
  life.deliver('a', '2-ZDR=');
  expect(see(life, ID, ' 2-ZDR%3D', '2-MTcy')).toEqual({ matched: 'a', counted: false });
};

const reconnected: Check = (domain) => {
  const life = new Life(domain, { identity: must(isIdentity, ID) });
  const again = (identity: string): unknown =>
    life.when(domain.connect, {
      accountId: life.account.accountId,
      connect: true,
      identity: must(isIdentity, identity),
    });
  expect(again(`urn:li:fsd_profile:${ID}`)).toEqual({ state: 'active' });
  expect(life.account.policy.identity).toBe(ID);
  expect(again(`${ID.slice(0, -1)}t`)).toMatchObject({ refused: 'InvalidInput' });
};

export const spellingChecks = {
  'an observed InMail belongs to its recipient, in any spelling': recipients,
  'two products give one member two ids, and one product does not': products,
  'the same request in another spelling is granted once': asks,
  'a proof counts once, in any spelling': proofs,
  'an account may be connected again by another spelling of its member': reconnected,
} satisfies Readonly<Record<string, Check>>;
