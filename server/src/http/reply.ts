import type { FastifyReply } from "fastify";

/**
 * The four kinds of answers. Their content types are exact because the SDKs parse by them: an empty
 * answer has none, else one of them takes it for an empty object (rest-api.md 1.2).
 */
export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", "application/json").serializer(asIs).send(text);
}

/** With a serializer of ours, fastify leaves the content type alone. */
function asIs(text: unknown): string {
  return text as string;
}

export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", "text/plain;charset=UTF-8").send(text);
}

/** 200 without a body. */
export function sendEmpty(reply: FastifyReply): FastifyReply {
  return reply.code(200).send();
}

/** 204. */
export function sendNoContent(reply: FastifyReply): FastifyReply {
  return reply.code(204).send();
}
