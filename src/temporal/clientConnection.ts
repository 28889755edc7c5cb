/** A client's connection to Temporal that a process may close at any time. */
import { InterceptingCall, status, type Interceptor } from '@grpc/grpc-js';
import {
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { errorText } from '../domain/primitives/errorText.js';

/**
 * Ends a call whose connection was closed while the call waited for its next try. Reason: the SDK
 * makes the next try in a timer, where the closed connection throws, and this ends the process.
 */
const endIfClosed: Interceptor = (options, nextCall) => {
  try {
    return new InterceptingCall(nextCall(options));
  } catch (error) {
    return endedCall(errorText(error));
  }
};

const nothing = (): void => undefined;
const endedCall = (details: string): InterceptingCall =>
  new InterceptingCall({
    start: (metadata, listener) => {
      // A cancelled call is not tried again.
      listener?.onReceiveStatus?.({ code: status.CANCELLED, details, metadata });
    },
    sendMessage: nothing,
    sendMessageWithContext: nothing,
    startRead: nothing,
    halfClose: nothing,
    cancelWithStatus: nothing,
    getPeer: () => 'closed',
    getAuthContext: () => null,
  });

const interceptors = [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), endIfClosed];

/** Connects as `Connection.connect` does. Calls that wait for their next try end with `close`. */
export const connectClient = (options: ConnectionOptions): Promise<Connection> =>
  Connection.connect({ ...options, interceptors });
