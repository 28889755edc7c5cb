/**
 * Passes input that cannot be decoded to our parser, which refuses it. Reason: a Signal of broken
 * JSON would fail its workflow task permanently, before any handler gets it (R18).
 */
import { DefaultPayloadConverter, type Payload } from '@temporalio/common';

class Lenient extends DefaultPayloadConverter {
  override fromPayload<T>(payload: Payload): T {
    try {
      return super.fromPayload(payload);
    } catch (error) {
      // The interface promises any T; our parsers take unknown and check this field.
      return { undecodable: String(error) } as T;
    }
  }
}

export const payloadConverter = new Lenient();
