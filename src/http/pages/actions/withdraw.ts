/** The action that takes an ask out of the waiting line (R21). */
import type { Action } from './action.js';

export const withdraw: Action = {
  title: 'Withdraw an ask',
  will: () => [
    'The ask leaves the waiting line and gets no slot. The asks behind it move up.',
    'Its program learns this when it reads the reservation: the state is then “withdrawn”.',
    'If its slot is granted in the meantime, nothing changes: its program may already send.',
  ],
  fields: (_, form) => [
    {
      name: 'reservationId',
      label: 'Reservation',
      isRequired: true,
      ...(form['reservationId'] ? { value: form['reservationId'] } : {}),
    },
  ],
  button: 'Withdraw the ask',
  isDangerous: true,
  run: async (client, { accountId, form }) => {
    const { reservationId } = await client.withdraw(accountId, form['reservationId'] ?? '');
    return `${reservationId} no longer waits.`;
  },
};
