package io.mcpsecurity.invocation;

import java.util.concurrent.CompletionStage;

import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.authorization.AccessDecision;

/**
 * The HTTP response that an invocation is to be answered with, as far as the tool
 * boundary may know it.
 */
public interface PendingResponse {

	/**
	 * What is known of the request.
	 */
	RequestRecord record();

	/**
	 * Answer like the HTTP gate denies, unless something has been sent already. What is
	 * written afterwards is dropped then.
	 * @param decision why the invocation is denied
	 */
	void deny(AccessDecision decision);

	/**
	 * There is no such method: answer with HTTP status 404 where the revision of MCP that
	 * the request follows wants that, unless something has been sent already.
	 */
	void unknownMethod();

	/**
	 * The answer is about to be sent.
	 * @return completes when it may be, exceptionally if it must not because the event of
	 * the invocation could not be written
	 */
	CompletionStage<Void> answer();

}
