/**
 * What cannot be decoded reaches our parser, which says no. Without this a Signal of broken JSON
 * would fail its workflow task for ever, before any handler sees it (R18).
 */
import { DefaultPayloadConverter, type Payload } from '@temporalio/common';

class Lenient extends DefaultPayloadConverter {
  override fromPayload<T>(payload: Payload): T {
    try {
      return super.fromPayload(payload);
    } catch (error) {
      // The interface promises any T; our parsers take unknown and look for this field.
      return { undecodable: String(error) } as T;
    }
  }
}

export const payloadConverter = new Lenient();
