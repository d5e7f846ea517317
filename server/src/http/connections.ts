import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** Requests that are still unanswered so long after the server was told to stop are cut off. */
const LAST_ANSWER_MS_MAX = 15_000;

/**
 * Lets go of connections when the server closes: at once of those without a request (Node would
 * wait a minute if none was ever sent on them: clients open some in advance), and of the others as
 * soon as they are answered.
 */
export function closeConnectionsAtTheEnd(app: FastifyInstance): void {
  const { server } = app;
  /** How many unanswered requests each open connection has. */
  const waiting = new Map<Socket, number>();
  let isClosing = false;
  const count = (socket: Socket, change: 1 | -1): void => {
    const before = waiting.get(socket);
    if (before === undefined) return;
    waiting.set(socket, before + change);
    if (isClosing && before + change === 0) socket.end();
  };
  server.on("connection", (socket: Socket) => {
    waiting.set(socket, 0);
    socket.once("close", () => waiting.delete(socket));
    if (isClosing) socket.destroy();
  });
  server.on("request", ({ socket }, response) => {
    count(socket, 1);
    response.once("close", () => count(socket, -1));
  });
  app.addHook("preClose", (done) => {
    isClosing = true;
    for (const [socket, requests] of waiting) if (requests === 0) socket.destroy();
    setTimeout(() => server.closeAllConnections(), LAST_ANSWER_MS_MAX).unref();
    done();
  });
}
